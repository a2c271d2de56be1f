/** The second wall by itself: hand-written statements without any condition, as a store that forgot all of its own would send them. */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Connections, type Sql } from '../../src/db/connection/connect.ts'
import { migrateDatabase } from '../../src/db/connection/migrate.ts'
import { makeProjectStore } from '../../src/db/tenant/tenant-store.ts'
import { inRawScope } from '../../src/db/connection/tenant-scope.ts'
import { roleOf, type RlsMode } from '../../src/db/connection/row-level-security.ts'
import { wholeProject, type Scope } from '../../src/domain/access/scope.ts'
import { freshDatabase } from '../support/postgres.ts'
import { nullLog } from '../support/null-log.ts'
import { aWebhook } from '../support/samples.ts'
import { waitFor } from '../support/wait-for.ts'
import { anOwner, dropOwners, type OwnerKind } from './owners.ts'
import { rowsOf, seed, tablesOfProjects, type Rows } from './two-projects.ts'

interface Place {
  readonly rlsMode: RlsMode
  readonly url: string
  /** A superuser, who sees all: for what is there, not for what is shown. */
  readonly all: Sql
  readonly connections: Connections
  close(): Promise<void>
}

/** A database of two projects whose owner is of that kind, as the server finds it after its start. */
async function open(kind: OwnerKind): Promise<Place> {
  const database = await freshDatabase()
  const url = await anOwner(database.url, kind)
  const rlsMode = await migrateDatabase(url)
  const all = postgres(database.url, { max: 1, onnotice: () => undefined })
  await seed(all)
  const connections = connect(url, nullLog, rlsMode)
  return {
    ...{ rlsMode, url, all, connections },
    close: async () => {
      await Promise.all([connections.close(), all.end()])
      await database.drop()
    },
  }
}

const ofA: Scope = wholeProject('prj_a')
const ofPartner: Scope = { projectId: 'prj_a', partnerId: 'ptn_a1', keyId: null }
const ofNobody: Scope = { projectId: '', partnerId: null, keyId: null }

/** Of each table, whose rows a statement without a condition shows. */
async function seen(sql: postgres.ISql): Promise<Rows> {
  const found: Record<string, string[]> = {}
  for (const [table, whose] of Object.entries(tablesOfProjects)) {
    const rows = await sql<{ whose: string }[]>`
      select distinct ${sql.unsafe(whose)} as whose from ${sql(table)} order by 1`
    found[table] = rows.map((row) => row.whose)
  }
  return found
}

const nothing = rowsOf(() => [])
const allOfA = rowsOf((_, { ofProject }) => (ofProject ? ['a'] : ['a0', 'a1', 'a2']), {
  partners: ['a1', 'a2'],
})
const ownOfPartner = rowsOf((_, { ofProject }) => (ofProject ? [] : ['a1']), {
  ...{ projects: ['a'], sites: ['a'], topics: ['a'], webhook_change_feeds: ['a'] },
})

const refusal = /row-level security|permission denied/

afterAll(dropOwners)

describe.each([
  ['a superuser', 'SUPERUSER', 'ROLES'],
  ['an owner to whom the roles were granted', 'GRANTED', 'ROLES'],
  ['an owner who may make roles', 'CREATEROLE', 'ROLES'],
  ['an owner who may do nothing but own', 'PLAIN', 'SETTINGS'],
] as const)('on a database of %s', (_, kind, rlsMode) => {
  let place: Place
  let api: Sql
  beforeAll(async () => {
    place = await open(kind)
    api = place.connections.db.$client
  })
  afterAll(() => place.close())

  test('each pool is confined to its part, also at the next start', async () => {
    expect(place.rlsMode).toBe(rlsMode)
    await place.connections.verifyPoolRoles()
    expect(await migrateDatabase(place.url)).toBe(rlsMode)
  })

  test('and stays so when PostgreSQL has cut its connections', async () => {
    const cut = connect(place.url, nullLog, place.rlsMode)
    await cut.verifyPoolRoles()
    await place.all`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name like 'orderbell-%'`
    // Some of them find it out by a statement.
    const goesOn = (connections: Connections) => () =>
      connections.verifyPoolRoles().then(
        () => true,
        (error: unknown) => {
          if (String(error).includes('expected')) throw error
          return false
        },
      )
    await waitFor(goesOn(cut), { what: 'the pools to be connected again' })
    await waitFor(goesOn(place.connections), { what: 'the pools to be connected again' })
    expect(await seen(cut.db.$client)).toEqual(nothing)
    await cut.close()
  })

  test('the API sees no row of any table before it has said whose', async () => {
    expect(await seen(api)).toEqual(nothing)
    expect(await inRawScope(api, ofNobody, seen)).toEqual(nothing)
  })

  test('the API sees all of the project that it names and nothing of another, and afterwards nothing any more', async () => {
    expect(await inRawScope(api, ofA, seen)).toEqual(allOfA)
    const again = await Promise.all(Array.from({ length: 20 }, () => seen(api)))
    for (const each of again) expect(each).toEqual(nothing)
  })

  test('a partner sees what it owns and is owed, and of the project what webhooks name', async () => {
    expect(await inRawScope(api, ofPartner, seen)).toEqual(ownOfPartner)
  })

  test('a partner of another project sees nothing of either', async () => {
    const mixed = { ...ofPartner, partnerId: 'ptn_b1' }
    const ofProjects = { projects: ['a'], sites: ['a'], topics: ['a'], webhook_change_feeds: ['a'] }
    expect(await inRawScope(api, mixed, seen)).toEqual(rowsOf(() => [], ofProjects))
  })

  test.each([
    [
      'a site',
      `insert into sites (id, project_id, number, name, created_at, updated_at) values ('sit_x', 'prj_b', 2, '', now(), now())`,
    ],
    ['a webhook', webhook('prj_b', null)],
    ['a webhook of its own, given to a partner of another', webhook('prj_a', 'ptn_b1')],
    ['a key', key('prj_b', null)],
    ['a key of its own, given to a partner of another', key('prj_a', 'ptn_b1')],
    ['an event', `insert into events values ('evt_x', 'prj_b', 'a.b', null, null, '{}', 0, now())`],
    ['what is due to its webhook', `insert into due_deliveries values ('dlv_x', 'whk_b0', now())`],
    ['a line of its audit log', line('prj_b')],
    ['a site of its own, moved there', `update sites set project_id = 'prj_b'`],
    ['a webhook of its own, moved there', `update webhooks set project_id = 'prj_b'`],
    ['a partner of its own, moved there', `update partners set project_id = 'prj_b'`],
  ])('nothing is written for another project: %s', async (_, statement) => {
    await expect(inRawScope(api, ofA, (sql) => sql.unsafe(statement))).rejects.toThrow(refusal)
  })

  test.each([
    ['a webhook of the platform', webhook('prj_a', null)],
    ['a webhook of another partner', webhook('prj_a', 'ptn_a2')],
    ['its webhook, given to the platform', `update webhooks set partner_id = null`],
    ['its webhook, given to another partner', `update webhooks set partner_id = 'ptn_a2'`],
    [
      'what is due to a webhook of the platform',
      `insert into due_deliveries values ('dlv_x', 'whk_a0', now())`,
    ],
    ['a delivery', delivery('whk_a2')],
    ['a key of its own', key('prj_a', 'ptn_a1')],
    ['an event', `insert into events values ('evt_x', 'prj_a', 'a.b', null, null, '{}', 0, now())`],
    ['a topic', `insert into topics values ('prj_a', 'a.b', '', '{}', '{}', now())`],
    ['a site', `update sites set name = 'Mine'`],
    ['its name', `update partners set name = 'Mine'`],
    ["the project's name", `update projects set name = 'Mine'`],
    ['a number of an order', `insert into counters values ('prj_a', 'order', 1)`],
    ['an answer of a mutation', `insert into idempotency_keys values ('prj_a', 'm', 'k', 'h', '{}', now())`],
    ["a line of another project's audit log", line('prj_b')],
  ])('nothing is written by a partner that is not its own: %s', async (_, statement) => {
    await expect(inRawScope(api, ofPartner, (sql) => sql.unsafe(statement))).rejects.toThrow(refusal)
  })

  test('what is not seen is not changed', async () => {
    const others = async () => place.all`
      select (select string_agg(w::text, ',' order by id) from webhooks w where id not in ('whk_a1', 'whk_x')),
        (select string_agg(d::text, ',' order by id) from deliveries d where webhook_id <> 'whk_a1'),
        (select string_agg(d::text, ',' order by delivery_id) from due_deliveries d where webhook_id <> 'whk_a1')`
    const before = await others()
    const changed = await inRawScope(api, ofPartner, async (sql) => [
      (await sql`update webhooks set name = 'Mine'`).count,
      (await sql`update deliveries set state = 'CANCELLED'`).count,
      (await sql`delete from due_deliveries`).count,
      (await sql`update orders set redemption_code = 'Mine'`).count,
    ])
    expect(changed).toEqual([1, 1, 1, 0])
    expect(await others()).toEqual(before)
  })

  test('a partner writes what its mutations write, whatever it refers to', async () => {
    const store = makeProjectStore(place.connections.db, ofPartner)
    const counted = await store.transaction(async (tx) => {
      const { all } = await tx.countWebhooks()
      const made = aWebhook({ id: 'whk_x', partnerId: 'ptn_a1' })
      await tx.insertWebhook(made, { secrets: [], token: null })
      const line = { operation: 'webhookCreate', objectId: 'whk_x', before: null, after: null }
      await tx.insertAuditEntry({ id: 'aud_x', at: new Date(), ...line })
      expect(await tx.lockWebhook('whk_a0')).toBeNull()
      expect(await tx.lockWebhook('whk_x')).toMatchObject({ name: made.name })
      return all
    })
    // The limit is the project's, and so is what is counted for it.
    expect(counted).toBe(3)
    const [written] = await place.all`select count(*)::int from audit_log where id = 'aud_x'`
    expect(written).toEqual({ count: 1 })
    await place.all`delete from webhook_health where webhook_id = 'whk_x'`
    await place.all`delete from webhooks where id = 'whk_x'`
  })

  test('the dispatcher sees the deliveries of all projects, and neither keys nor who ordered', async () => {
    const { sql } = place.connections
    const [due] = await sql`select count(distinct project_id)::int from deliveries`
    expect(due).toEqual({ count: 2 })
    for (const table of ['keys', 'projects', 'customers', 'audit_log', 'idempotency_keys'])
      expect(await countOf(sql, table), table).toBe(rlsMode === 'ROLES' ? 'permission denied' : 0)
    // Of orders, by which an erasure finds its events, nothing but whose they are.
    if (rlsMode === 'ROLES') await expect(sql`select state from orders`).rejects.toThrow('permission denied')
  })

  test('the door sees keys and projects, and neither orders nor secrets', async () => {
    const sql = place.connections.adminPool.$client
    expect(await countOf(sql, 'keys')).toBe(6)
    for (const table of ['customers', 'orders', 'webhooks', 'attempt_contents'])
      expect(await countOf(sql, table), table).toBe(rlsMode === 'ROLES' ? 'permission denied' : 0)
  })

  test('a partition is not reached by its name', async () => {
    const [part] = await place.all<{ name: string }[]>`
      select c.relname as name from attempts a join pg_class c on c.oid = a.tableoid limit 1`
    for (const client of [api, place.connections.sql, place.connections.adminPool.$client])
      expect(await countOf(client, part?.name ?? '', ofA)).toBe(rlsMode === 'ROLES' ? 'permission denied' : 0)
  })

  test.runIf(rlsMode === 'ROLES')(
    "the API sees nothing of a project's data key, and changes no line of the audit log",
    async () => {
      const ask = (statement: string) => inRawScope(api, ofA, (sql) => sql.unsafe(statement))
      await expect(ask('select sealed_data_key from projects')).rejects.toThrow('permission denied')
      await expect(ask('select * from installation')).rejects.toThrow('permission denied')
      await expect(ask('select * from processes')).rejects.toThrow('permission denied')
      await expect(ask(`update audit_log set operation = ''`)).rejects.toThrow('permission denied')
      await expect(ask('delete from audit_log')).rejects.toThrow('permission denied')
    },
  )

  test('every table is behind the wall, and none of the roles bypasses it', async () => {
    const tables = await place.all<{ name: string; forced: boolean; policies: number; part: boolean }[]>`
      select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced, c.relispartition as part,
        (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
      from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')`
    expect(tables.length).toBeGreaterThan(20)
    expect(tables.filter(({ forced }) => !forced)).toEqual([])
    // A partition has none, so that who names it sees nothing.
    expect(tables.filter(({ part, policies }) => part !== (policies === 0))).toEqual([])
    expect(
      tables
        .map(({ name }) => name)
        .filter((name) => !(name in tablesOfProjects) && !['installation', 'processes'].includes(name)),
      'whose rows these are must be known to two-projects.ts',
    ).toEqual(tables.filter(({ part }) => part).map(({ name }) => name))
    const bypassing = await place.all`
      select rolname from pg_roles where rolname = any(${Object.values(roleOf)})
        and (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb)`
    expect(bypassing).toHaveLength(0)
  })
})

test('an owner to whom roles are granted takes them at the next start, and the installation goes on', async () => {
  const place = await open('PLAIN')
  const me = new URL(place.url).username
  for (const role of Object.values(roleOf)) await place.all.unsafe(`grant ${role} to ${me}`)
  expect(await migrateDatabase(place.url)).toBe('ROLES')
  const connections = connect(place.url, nullLog, 'ROLES')
  await connections.verifyPoolRoles()
  expect(await inRawScope(connections.db.$client, ofA, seen)).toEqual(allOfA)
  await connections.close()
  await place.close()
})

test('what a dump lacks that was restored where no such roles are is made at the next start', async () => {
  const place = await open('SUPERUSER')
  const rest = await place.all<{ name: string; policy: string }[]>`
    select tablename as name, policyname as policy from pg_policies where policyname like 'all_for_%'`
  for (const { name, policy } of rest) await place.all`drop policy ${place.all(policy)} on ${place.all(name)}`
  for (const role of Object.values(roleOf))
    await place.all.unsafe(`revoke all on all tables in schema public from ${role}`)
  expect(await countOf(place.connections.sql, 'deliveries')).toBe('permission denied')
  expect(await migrateDatabase(place.url)).toBe('ROLES')
  expect(await countOf(place.connections.sql, 'deliveries')).toBe(6)
  expect(await inRawScope(place.connections.db.$client, ofA, seen)).toEqual(allOfA)
  await place.close()
})

test('an owner who bypasses row-level security and may not take the roles is refused', async () => {
  const database = await freshDatabase()
  const url = await anOwner(database.url, 'BYPASSRLS')
  await expect(migrateDatabase(url)).rejects.toThrow(/bypasses row-level security .* grant them to it/)
  await database.drop()
})

test('many databases of one server are migrated at once', async () => {
  const fresh = await Promise.all(Array.from({ length: 4 }, () => freshDatabase()))
  const found = await Promise.all([...fresh, ...fresh].map(({ url }) => migrateDatabase(url)))
  expect(new Set(found)).toEqual(new Set(['ROLES']))
  for (const database of fresh) await database.drop()
})

test('a pool that is not confined is told apart', async () => {
  const place = await open('SUPERUSER')
  const bare = connect(place.url, nullLog)
  await expect(bare.verifyPoolRoles()).rejects.toThrow('a PgBouncer in between')
  await bare.close()
  await place.close()
})

/** How many rows of it are seen, or why none are. */
async function countOf(client: Sql, table: string, scope = ofNobody): Promise<number | string> {
  try {
    const [row] = await inRawScope(
      client,
      scope,
      (sql) => sql<{ count: number }[]>`select count(*)::int from ${sql(table)}`,
    )
    return row?.count ?? 'nothing'
  } catch (error) {
    return /permission denied/.exec(String(error))?.[0] ?? String(error)
  }
}

function webhook(projectId: string, partnerId: string | null): string {
  const partner = partnerId === null ? 'null' : `'${partnerId}'`
  return `insert into webhooks (id, project_id, partner_id, name, url, topics, preset, overrides, version, created_at, updated_at)
    values ('whk_x', '${projectId}', ${partner}, '', '', '{}', 'STANDARD', '{}', 1, now(), now())`
}

function key(projectId: string, partnerId: string | null): string {
  const partner = partnerId === null ? 'null' : `'${partnerId}'`
  return `insert into keys (id, project_id, partner_id, role, secret_hash) values ('key_x', '${projectId}', ${partner}, 'READER', '')`
}

function line(projectId: string): string {
  return `insert into audit_log (id, project_id, at, operation, object_id) values ('aud_y', '${projectId}', now(), '', '')`
}

function delivery(webhookId: string): string {
  return `insert into deliveries (id, project_id, webhook_id, event_id, topic, state, created_at)
    values ('dlv_x', 'prj_a', '${webhookId}', 'evt_a0', 'a.b', 'PENDING', now())`
}
