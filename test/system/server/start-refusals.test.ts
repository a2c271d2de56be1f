/** Real processes that refuse to start: each ends with one line that states the reason and the fix. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { clockAheadMs } from '../../../src/db/connection/check-postgres.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { patchNumber } from '../../../src/postgres/driver-patch.ts'
import {
  checkout,
  endAll,
  freshFolder,
  run,
  startServer,
  type Environment,
  type Exit,
} from '../support/process.ts'
import { refusedStart } from '../support/refused-start.ts'
import { createOwner, dropOwners } from '../../db/support/owners.ts'
import { freshDatabase, type FreshDatabase } from '../../support/postgres.ts'

const timeout = 120_000
const entries = { server: 'dist/main.js', command: 'dist/cli/main.js', demo: 'dist/demo/main.js' } as const
type Entry = keyof typeof entries
const names = Object.keys(entries) as Entry[]

let folder: Awaited<ReturnType<typeof freshFolder>>
let database: FreshDatabase
beforeAll(async () => {
  folder = await freshFolder()
  database = await freshDatabase()
})
afterAll(async () => {
  await endAll()
  await database.drop()
  await dropOwners()
  await folder.remove()
})

/** Runs an entry to its end, with a preloaded module. */
function ended(entry: Entry, environment: Environment, preload: string): Promise<Exit> {
  const preloaded = ['--import', `./test/system/preloads/${preload}.mjs`]
  const args = entry === 'command' ? ['migrate'] : entry === 'demo' ? ['--once'] : []
  const command = [process.execPath, ...preloaded, entries[entry], ...args]
  return run(command, {
    PORT: '0',
    DATA_DIR: join(folder.path, entry),
    DATABASE_URL: database.url,
    ...environment,
  }).ended
}

function expectOneLine({ code, stderr }: Exit, ...words: readonly (string | RegExp)[]): void {
  expect({ code, lines: stderr.trimEnd().split('\n').length, stderr }).toMatchObject({ code: 1, lines: 1 })
  expectWords(stderr.trimEnd(), ...words)
}

function expectWords(line: string, ...words: readonly (string | RegExp)[]): void {
  expect(line).not.toContain('\n')
  for (const word of words) expect(line).toMatch(word)
  expect(line).not.toContain(new URL(database.url).password)
}

describe.concurrent('patched driver', () => {
  test('the patch sets the number that the start expects', async () => {
    const patch = await readFile(join(checkout, 'patches/postgres+3.4.9.patch'), 'utf8')
    expect(patch).toContain(`+  orderbellPatch: ${patchNumber},`)
  })

  test.each(names)(
    'the %s refuses an unpatched driver with a line that says what to run',
    { timeout },
    async (entry) => {
      const copy = await mkdtemp(join(tmpdir(), 'orderbell-driver-'))
      await cp(join(checkout, 'node_modules/postgres'), copy, { recursive: true })
      const index = join(copy, 'src/index.js')
      const text = await readFile(index, 'utf8')
      await writeFile(index, text.replace(/ {2}orderbellPatch: \d+,\n/, ''))

      const exit = await ended(entry, { UNPATCHED_DRIVER: index }, 'unpatched-driver')

      expectOneLine(exit, 'is not patched', 'run npm ci, or npx patch-package')
      await rm(copy, { recursive: true })
    },
  )
})

describe.concurrent('unhandled error', () => {
  test.each(names.flatMap((entry) => ['THROWN', 'REJECTED'].map((how) => [how, entry] as const)))(
    'an unhandled error, %s in the %s, is logged with its cause before the process ends with 1',
    { timeout },
    async (how, entry) => {
      const data = join(folder.path, `fault-${how}-${entry}`)
      const { code, stderr } = await ended(entry, { FAULT: how, DATA_DIR: data }, 'unhandled-fault')

      const lines = stderr.split('\n').filter((line) => line.includes('process.crashed'))
      expect(code).toBe(1)
      expect(lines).toHaveLength(1)
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({
        level: 'fatal',
        step: 'process.crashed',
        origin: how === 'THROWN' ? 'uncaughtException' : 'unhandledRejection',
        cause: { message: 'a fault of the test', cause: { message: 'its cause' } },
      })
    },
  )
})

describe('clock check', () => {
  test.each([
    [{ sentMs: 1_000, roundTripMs: 100, databaseMs: 1_050 }, 0],
    [{ sentMs: 1_000, roundTripMs: 100, databaseMs: 1_100 }, 0],
    [{ sentMs: 9_000, roundTripMs: 100, databaseMs: 1_000 }, 8_000],
    [{ sentMs: 1_000, roundTripMs: 100, databaseMs: 9_000 }, -7_900],
    // A slow network does not make the clock wrong.
    [{ sentMs: 1_000, roundTripMs: 30_000, databaseMs: 29_000 }, 0],
  ])('clockAheadMs of %o is %i', (reading, ahead) => {
    expect(clockAheadMs(reading)).toBe(ahead)
  })

  test.each([
    ['6 s ahead of that', 6_000, /6\.\d s ahead/],
    ['a day behind that', -86_400_000, /864\d\d\.\d s behind/],
  ])(
    'a server whose clock is %s of the database refuses to start',
    { timeout },
    async (_what, offBy, words) => {
      const now = Date.now.bind(Date)
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + offBy)
      const message = await refusedStart({ DATABASE_URL: database.url })
      clock.mockRestore()
      expectWords(message, 'The database of DATABASE_URL', words, 'NTP')
    },
  )
})

describe('schema check', () => {
  test('a server refuses a schema that a newer version migrated', { timeout }, async () => {
    const newer = await freshDatabase()
    await migrateDatabase(newer.url)
    const sql = postgres(newer.url, { max: 1, onnotice: () => undefined })
    const at = Date.UTC(2031, 4, 6)
    await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of-the-future', ${at})`

    const message = await refusedStart({ DATABASE_URL: newer.url })

    expectWords(
      message,
      '1 migration that this version of Orderbell does not know',
      '2031-05-06',
      'start that one',
    )
    await sql.end()
    await newer.drop()
  })

  test("a failed migration prints PostgreSQL's reason and not the statement", { timeout }, async () => {
    const theirs = await freshDatabase()
    const url = await createOwner(theirs.url, 'PLAIN')
    const admin = postgres(theirs.url, { max: 1, onnotice: () => undefined })
    await admin.unsafe(`alter schema public owner to current_user`)

    const message = await refusedStart({ DATABASE_URL: url })

    expectWords(message, 'cannot be migrated: permission denied for schema public (42501)')
    expect(message).not.toMatch(/create table|Failed query/i)
    await admin.end()
    await theirs.drop()
  })
})

/** PG* variables as a machine may have them, each with a value that would break Orderbell. */
const hostile: Environment = {
  ...{
    PGHOST: '203.0.113.1',
    PGHOSTADDR: '203.0.113.1',
    PGPORT: '1',
    PGUSER: 'nobody',
    PGUSERNAME: 'nobody',
  },
  ...{ PGPASSWORD: 'x', PGPASSFILE: '/nope', PGDATABASE: 'nowhere', PGAPPNAME: 'x', PGSERVICE: 'x' },
  ...{
    PGSSLMODE: 'require',
    PGSSL: 'require',
    PGSSLNEGOTIATION: 'direct',
    PGSSLROOTCERT: '/nope',
    PGSSLCERT: '/nope',
  },
  ...{
    PGREQUIRESSL: '1',
    PGCHANNELBINDING: 'require',
    PGTARGETSESSIONATTRS: 'standby',
    PGREPLICATION: 'database',
  },
  ...{
    PGOPTIONS: '-c statement_timeout=1 -c search_path=nowhere',
    PGDATESTYLE: 'SQL, DMY',
    PGTZ: 'Asia/Kathmandu',
  },
  ...{ PGCLIENTENCODING: 'LATIN1', PGCLIENT_ENCODING: 'LATIN1', PGCONNECT_TIMEOUT: '1', PGBINARY: '1' },
  ...{
    PGMAX: '0',
    PGIDLE_TIMEOUT: '1',
    PGMAX_LIFETIME: '1',
    PGMAX_PIPELINE: '1',
    PGBACKOFF: '1',
    PGKEEP_ALIVE: '1',
  },
  ...{
    PGPREPARE: 'false',
    PGDEBUG: 'true',
    PGFETCH_TYPES: '',
    PGTYPES: 'x',
    USER: 'nobody',
    USERNAME: 'x',
    LOGNAME: 'x',
  },
}

test.each([
  ['the embedded database', {}],
  ['DATABASE_URL', 'SET'],
] as const)(
  'a server with %s ignores the PG* variables of the environment',
  { timeout },
  async (_what, databaseUrl) => {
    const server = await startServer({
      ...hostile,
      DATA_DIR: join(folder.path, `hostile-${String(databaseUrl === 'SET')}`),
      ...(databaseUrl === 'SET' && { DATABASE_URL: database.url }),
    })
    const ready = await fetch(new URL('/readyz', server.url))
    expect(ready.status).toBe(200)
    server.signal('SIGTERM')
    expect((await server.ended).code).toBe(0)
  },
)

test('package.json runs the entries that these tests start', async () => {
  const text = await readFile(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8')
  for (const entry of [entries.command, entries.demo])
    expect(text).toContain(entry.replace(/^dist(.*)\.js$/, 'src$1.ts'))
})
