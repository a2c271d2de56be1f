/** Orders and deliveries on a database and a role whose relevant settings all differ from PostgreSQL's defaults. */
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { checkPostgres } from '../../../src/db/connection/check-postgres.ts'
import { createWebhook, createOrder, changeOrderState, waitForSettled } from '../../api/support/fixtures.ts'
import { startTestServer } from '../../support/server.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { startReceiver } from '../../support/receiver.ts'
import { nullLog } from '../../support/null-log.ts'
import { createOwner, dropOwners, type OwnerKind } from '../support/owners.ts'

afterAll(dropOwners)

/** Every setting that a database or role may set and that changes the effect or result of a statement. */
const foreignSettings: Readonly<Record<string, string>> = {
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  timezone: 'Asia/Kathmandu',
  timezone_abbreviations: 'India',
  client_encoding: 'LATIN1',
  bytea_output: 'escape',
  extra_float_digits: '-10',
  standard_conforming_strings: 'off',
  escape_string_warning: 'on',
  backslash_quote: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  search_path: '',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  row_security: 'off',
  synchronous_commit: 'off',
  exit_on_error: 'on',
  statement_timeout: '40ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '50ms',
  plan_cache_mode: 'force_generic_plan',
  client_min_messages: 'debug5',
  check_function_bodies: 'off',
  quote_all_identifiers: 'on',
  xmlbinary: 'hex',
  xmloption: 'document',
  enable_indexscan: 'off',
  enable_partition_pruning: 'off',
  constraint_exclusion: 'off',
  gin_fuzzy_search_limit: '1',
  stats_fetch_consistency: 'snapshot',
}
/** The same for newer servers: server version, setting, value. */
const newerForeignSettings: readonly (readonly [number, string, string])[] = [
  [160_000, 'createrole_self_grant', 'set, inherit'],
  [160_000, 'debug_parallel_query', 'on'],
  [170_000, 'transaction_timeout', '400ms'],
  [170_000, 'restrict_nonsystem_relation_kind', 'view'],
]

/** Makes an owner of this kind the owner of the database, and sets all settings on both. Returns the owner's URL. */
async function setForeignDefaults(url: string, kind: OwnerKind): Promise<string> {
  const owned = await createOwner(url, kind)
  const database = new URL(url).pathname.slice(1)
  const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined })
  const [version] = await admin<{ number: number }[]>`
    select current_setting('server_version_num')::int as number`
  const newer = newerForeignSettings.filter(([since]) => (version?.number ?? 0) >= since)
  for (const [name, value] of [...Object.entries(foreignSettings), ...newer.map(([, ...each]) => each)]) {
    const list =
      value === ''
        ? "''"
        : value
            .split(', ')
            .map((each) => `'${each}'`)
            .join(', ')
    // The test's own connections use the other URL and do not know the server's version.
    if (name !== 'transaction_timeout') await admin.unsafe(`alter database ${database} set ${name} = ${list}`)
    if (kind !== 'SUPERUSER')
      await admin.unsafe(
        `alter role ${new URL(owned).username} in database ${database} set ${name} = ${list}`,
      )
  }
  await admin.end()
  return owned
}

const kinds: readonly OwnerKind[] = ['PLAIN', 'CREATEROLE', 'SUPERUSER']

test.each(kinds)(
  'orders are stored and deliveries are sent on a database with foreign settings, owned by %s',
  async (kind) => {
    const problems: string[] = []
    const note = (_: unknown, step: string): void => void problems.push(step)
    const log = { ...nullLog, warn: note, error: note }
    const server = await startTestServer({}, log, {}, (url) => setForeignDefaults(url, kind))
    const acme = await server.tenant('Café Ünïcode ☕ \\ "quoted"')
    const receiver = await startReceiver()
    const startedMs = Date.now()

    const webhook = await createWebhook(acme, receiver)
    const order = await createOrder(acme, { etaAt: '2026-03-04T05:06:07.089Z' })
    await changeOrderState(acme, order.id, 'ACCEPTED')

    const deliveries = await waitForSettled(acme, { webhookIds: [webhook.id] }, 2)
    for (const { state, attemptCount, createdAt, finishedAt, attempts } of deliveries) {
      expect({ state, attemptCount }).toEqual({ state: 'DELIVERED', attemptCount: 1 })
      for (const time of [createdAt, finishedAt, attempts.nodes[0]?.startedAt]) {
        expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
        expect(Date.parse(String(time))).toBeGreaterThanOrEqual(startedMs - 1)
        expect(Date.parse(String(time))).toBeLessThanOrEqual(Date.now())
      }
    }
    const stored = await acme.gql<{ order: unknown }>('query ($id: ID!) { order(id: $id) { etaAt } }', {
      id: order.id,
    })
    expect(stored.order).toMatchObject({ etaAt: '2026-03-04T05:06:07.089Z' })
    expect(receiver.requests).toHaveLength(2)
    expect(problems).toEqual([])
    await receiver.close()
    await server.close()
  },
)

describe('checkPostgres', () => {
  test.each(['SQL_ASCII', 'LATIN1'])(
    'checkPostgres refuses a database in %s, and names the encoding and the statement that creates one in UTF8',
    async (encoding) => {
      const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined })
      const name = `test_${randomBytes(6).toString('hex')}`
      await admin.unsafe(
        `create database ${name} encoding '${encoding}' template template0 locale 'C' locale_provider libc`,
      )
      const url = new URL(inject('postgresUrl'))
      url.pathname = `/${name}`

      await expect(checkPostgres(url.href)).rejects.toThrow(
        new RegExp(
          `has the encoding ${encoding}, expected UTF8: .*create database orderbell encoding 'UTF8'`,
        ),
      )
      await admin.unsafe(`drop database ${name} with (force)`)
      await admin.end()
    },
  )
})

test('checkPostgres refuses a database with session_replication_role = replica, which turns triggers and foreign keys off', async () => {
  const database = await freshDatabase()
  const admin = postgres(database.url, { max: 1, onnotice: () => undefined })
  const name = new URL(database.url).pathname.slice(1)
  await admin.unsafe(`alter database ${name} set session_replication_role = replica`)

  await expect(checkPostgres(database.url)).rejects.toThrow('has session_replication_role=replica by default')
  await admin.end()
  await database.drop()
})

describe('checkPostgres with default_transaction_read_only', () => {
  test.each(['the database', 'the role'])(
    'checkPostgres refuses default_transaction_read_only set for %s, and names the setting',
    async (whom) => {
      const database = await freshDatabase()
      const owned = await createOwner(database.url, 'PLAIN')
      const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => undefined })
      const target =
        whom === 'the role'
          ? `role ${new URL(owned).username}`
          : `database ${new URL(database.url).pathname.slice(1)}`
      await admin.unsafe(`alter ${target} set default_transaction_read_only = on`)

      await expect(checkPostgres(owned)).rejects.toThrow(
        `has default_transaction_read_only=on (set for ${whom}), so nothing can be written to it`,
      )
      await admin.end()
      await database.drop()
    },
  )
})
