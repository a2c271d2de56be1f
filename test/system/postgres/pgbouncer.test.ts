/** A real PgBouncer in transaction mode: the start refuses it before it writes anything, whichever parameters it ignores. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { readConfig } from '../../../src/config.ts'
import { nobody, runsAsRoot } from '../../../src/runtime/embedded-postgres/os-user.ts'
import { openStorage } from '../../../src/storage.ts'
import { freePort } from '../../support/database/own-cluster.ts'
import { freshDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

const isInstalled = ((): boolean => {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

let database: FreshDatabase
const children: ChildProcess[] = []
const folders: string[] = []
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(async () => {
  for (const child of children) {
    const over = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await over
  }
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
  await database.drop()
})

/** Starts PgBouncer, which ignores these startup parameters of a connection, and returns its URL. */
async function startPgBouncer(ignored: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbell-pgbouncer-'))
  folders.push(folder)
  await chmod(folder, 0o755)
  const target = new URL(database.url)
  const port = await freePort()
  const name = target.pathname.slice(1)
  const server = `host=127.0.0.1 port=${target.port} user=${target.username} password=${target.password}`
  await writeFile(
    join(folder, 'pgbouncer.ini'),
    [
      ...['[databases]', `${name} = ${server} dbname=${name}`, '[pgbouncer]', 'pool_mode = transaction'],
      ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir ='],
      ...['auth_type = any', `ignore_startup_parameters = ${ignored}`, 'logfile =', 'pidfile ='],
    ].join('\n'),
  )
  const account = runsAsRoot() ? await nobody() : undefined
  if (account) await chown(folder, account.uid, account.gid)
  children.push(spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], { ...account, stdio: 'ignore' }))
  const url = new URL(database.url)
  url.port = String(port)
  await waitFor(
    async () => {
      const sql = postgres(url.href, { max: 1, connect_timeout: 2, prepare: false })
      const isUp = await sql`select 1`.then(
        () => true,
        () => false,
      )
      await sql.end({ timeout: 1 })
      return isUp
    },
    { what: 'PgBouncer to answer' },
  )
  return url.href
}

const settings =
  'options,intervalstyle,bytea_output,extra_float_digits,backslash_quote,array_nulls,transform_null_equals,search_path,default_transaction_isolation,default_transaction_deferrable,row_security,synchronous_commit,exit_on_error,statement_timeout,lock_timeout,idle_in_transaction_session_timeout,idle_session_timeout,jit,plan_cache_mode,orderbell.pool'

test.skipIf(!isInstalled).each([
  ['that ignores no parameter', '', ''],
  ['that ignores every parameter', settings, ''],
  ['with the URL parameters of Prisma', settings, '?pgbouncer=true&connection_limit=1'],
])(
  'a PgBouncer %s is refused before the database is migrated, with one line that tells to use the direct URL',
  async (_what, ignored, query) => {
    const url = await startPgBouncer(ignored)
    const config = readConfig({ DATABASE_URL: `${url}${query}`, DATA_DIR: join(tmpdir(), 'orderbell-none') })

    const opening = openStorage(config, nullLog, 'server')

    await expect(opening).rejects.toThrow(/^[^\n]*PgBouncer in between does not keep[^\n]*direct URL[^\n]*$/)
    const direct = postgres(inject('postgresUrl').replace(/\/orderbell$/, new URL(database.url).pathname), {
      max: 1,
    })
    expect(await direct`select 1 from pg_namespace where nspname = 'drizzle'`).toHaveLength(0)
    await direct.end()
  },
)
