/** Row-level security alone: statements without tenant conditions, as a store would send them that forgot its own. */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Connections, type Sql } from '../../../src/db/connection/connect.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { inRawScope } from '../../../src/db/connection/tenant-scope.ts'
import { roleOf, type RlsMode } from '../../../src/db/connection/pool-roles.ts'
import { wholeProject, type Scope } from '../../../src/domain/access/scope.ts'
import { freshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { buildWebhook } from '../../support/samples.ts'
import { waitFor } from '../../support/wait-for.ts'
import { createOwner, dropOwners, type OwnerKind } from '../support/owners.ts'
import { rowsOf, seed, tablesOfProjects, type Rows } from '../support/two-projects.ts'

interface Fixture {
  readonly rlsMode: RlsMode
  readonly url: string
  /** Bypasses row-level security. */
  readonly superuser: Sql
  readonly connections: Connections
  close(): Promise<void>
}

/** Creates a migrated database with two projects, owned by an owner of this kind. */
async function openDatabase(kind: OwnerKind): Promise<Fixture> {
  const database = await freshDatabase()
  const url = await createOwner(database.url, kind)
  const rlsMode = await migrateDatabase(url)
  const superuser = postgres(database.url, { max: 1, onnotice: () => undefined })
  await seed(superuser)
  const connections = connect(url, nullLog, rlsMode)
  return {
    ...{ rlsMode, url, superuser, connections },
    close: async () => {
      await Promise.all([connections.close(), superuser.end()])
      await database.drop()
    },
  }
}

const ofA: Scope = wholeProject('prj_a')
const ofPartner: Scope = { projectId: 'prj_a', partnerId: 'ptn_a1', keyId: null }
const noScope: Scope = { projectId: '', partnerId: null, keyId: null }

/** The owners of the rows that a statement without a condition returns, by table. */
async function visibleOwners(sql: postgres.ISql): Promise<Rows> {
  const found: Record<string, string[]> = {}
  for (const [table, whose] of Object.entries(tablesOfProjects)) {
    const rows = await sql<{ whose: string }[]>`
      select distinct ${sql.unsafe(whose)} as whose from ${sql(table)} order by 1`
    found[table] = rows.map((row) => row.whose)
  }
  return found
}

const noRows = rowsOf(() => [])
const allRowsOfA = rowsOf((_, { ofProject }) => (ofProject ? ['a'] : ['a0', 'a1', 'a2']), {
  partners: ['a1', 'a2'],
})
const visibleToPartner = rowsOf((_, { ofProject }) => (ofProject ? [] : ['a1']), {
  ...{ projects: ['a'], sites: ['a'], topics: ['a'], webhook_change_feeds: ['a'] },
})

const refusal = /row-level security|permission denied/

afterAll(dropOwners)

describe.each([
  ['a superuser', 'SUPERUSER', 'ROLES'],
  ['an owner with granted roles', 'GRANTED', 'ROLES'],
  ['an owner with CREATEROLE', 'CREATEROLE', 'ROLES'],
  ['a plain owner', 'PLAIN', 'SETTINGS'],
] as const)('row-level security of a database of %s', (owner, kind, rlsMode) => {
  let fixture: Fixture
  let api: Sql
  beforeAll(async () => {
    fixture = await openDatabase(kind)
    api = fixture.connections.db.$client
  })
  afterAll(() => fixture.close())

  test(`migrateDatabase returns ${rlsMode} twice and each pool has its role, on a database of ${owner}`, async () => {
    expect(fixture.rlsMode).toBe(rlsMode)
    await fixture.connections.verifyPoolRoles()
    expect(await migrateDatabase(fixture.url)).toBe(rlsMode)
  })

  test(`each pool has its role after PostgreSQL terminated its connections, on a database of ${owner}`, async () => {
    const connections = connect(fixture.url, nullLog, fixture.rlsMode)
    await connections.verifyPoolRoles()
    await fixture.superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name like 'orderbell-%'`
    // Some connections notice the termination only at their next statement.
    const isConnected = (pools: Connections) => () =>
      pools.verifyPoolRoles().then(
        () => true,
        (error: unknown) => {
          if (String(error).includes('expected')) throw error
          return false
        },
      )
    await waitFor(isConnected(connections), { what: 'the pools to be connected again' })
    await waitFor(isConnected(fixture.connections), { what: 'the pools to be connected again' })
    expect(await visibleOwners(connections.db.$client)).toEqual(noRows)
    await connections.close()
  })

  test(`the API sees no rows without a project in its scope, on a database of ${owner}`, async () => {
    expect(await visibleOwners(api)).toEqual(noRows)
    expect(await inRawScope(api, noScope, visibleOwners)).toEqual(noRows)
  })

  test(`the API sees all rows of the project in its scope, none of another, and none after the transaction, on a database of ${owner}`, async () => {
    expect(await inRawScope(api, ofA, visibleOwners)).toEqual(allRowsOfA)
    const again = await Promise.all(Array.from({ length: 20 }, () => visibleOwners(api)))
    for (const each of again) expect(each).toEqual(noRows)
  })

  test(`a partner sees its webhooks and their rows, and the project's name, sites, topics and change feed, on a database of ${owner}`, async () => {
    expect(await inRawScope(api, ofPartner, visibleOwners)).toEqual(visibleToPartner)
  })

  test(`a scope with a partner of another project sees no rows of either partner, on a database of ${owner}`, async () => {
    const mixed = { ...ofPartner, partnerId: 'ptn_b1' }
    const ofProjects = { projects: ['a'], sites: ['a'], topics: ['a'], webhook_change_feeds: ['a'] }
    expect(await inRawScope(api, mixed, visibleOwners)).toEqual(rowsOf(() => [], ofProjects))
  })

  test.each([
    [
      'a site',
      `insert into sites (id, project_id, number, name, created_at, updated_at) values ('sit_x', 'prj_b', 2, '', now(), now())`,
    ],
    ['a webhook', webhook('prj_b', null)],
    ["its own webhook, given to another project's partner", webhook('prj_a', 'ptn_b1')],
    ['a key', key('prj_b', null)],
    ["its own key, given to another project's partner", key('prj_a', 'ptn_b1')],
    ['an event', `insert into events values ('evt_x', 'prj_b', 'a.b', null, null, '{}', 0, now())`],
    ['a due delivery of its webhook', `insert into due_deliveries values ('dlv_x', 'whk_b0', now())`],
    ['an entry of its audit log', auditEntry('prj_b')],
    ['its own site, moved there', `update sites set project_id = 'prj_b'`],
    ['its own webhook, moved there', `update webhooks set project_id = 'prj_b'`],
    ['its own partner, moved there', `update partners set project_id = 'prj_b'`],
  ])(
    `PostgreSQL rejects a write for another project: %s, on a database of ${owner}`,
    async (_, statement) => {
      await expect(inRawScope(api, ofA, (sql) => sql.unsafe(statement))).rejects.toThrow(refusal)
    },
  )

  test.each([
    ['a webhook of the platform', webhook('prj_a', null)],
    ['a webhook of another partner', webhook('prj_a', 'ptn_a2')],
    ['its webhook, given to the platform', `update webhooks set partner_id = null`],
    ['its webhook, given to another partner', `update webhooks set partner_id = 'ptn_a2'`],
    [
      'a due delivery of a webhook of the platform',
      `insert into due_deliveries values ('dlv_x', 'whk_a0', now())`,
    ],
    ['a delivery', delivery('whk_a2')],
    ['its own key', key('prj_a', 'ptn_a1')],
    ['an event', `insert into events values ('evt_x', 'prj_a', 'a.b', null, null, '{}', 0, now())`],
    ['a topic', `insert into topics values ('prj_a', 'a.b', '', '{}', '{}', now())`],
    ['a site', `update sites set name = 'Mine'`],
    ['its name', `update partners set name = 'Mine'`],
    ["the project's name", `update projects set name = 'Mine'`],
    ['a counter of orders', `insert into counters values ('prj_a', 'order', 1)`],
    ['an idempotency key', `insert into idempotency_keys values ('prj_a', 'm', 'k', 'h', '{}', now())`],
    ["an entry of another project's audit log", auditEntry('prj_b')],
  ])(
    `PostgreSQL rejects a partner's write of a row that is not its own: %s, on a database of ${owner}`,
    async (_, statement) => {
      await expect(inRawScope(api, ofPartner, (sql) => sql.unsafe(statement))).rejects.toThrow(refusal)
    },
  )

  test(`a partner's update or delete without a condition changes only its own rows, on a database of ${owner}`, async () => {
    const others = async () => fixture.superuser`
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

  test(`a partner's transaction counts the project's webhooks, inserts its own and writes the audit log, on a database of ${owner}`, async () => {
    const store = makeProjectStore(fixture.connections.db, ofPartner)
    const counted = await store.transaction(async (tx) => {
      const { all } = await tx.countWebhooks()
      const created = buildWebhook({ id: 'whk_x', partnerId: 'ptn_a1' })
      await tx.insertWebhook(created, { secrets: [], token: null })
      const entry = { operation: 'webhookCreate', objectId: 'whk_x', before: null, after: null }
      await tx.insertAuditEntry({ id: 'aud_x', at: new Date(), ...entry })
      expect(await tx.lockWebhook('whk_a0')).toBeNull()
      expect(await tx.lockWebhook('whk_x')).toMatchObject({ name: created.name })
      return all
    })
    // The limit of webhooks is per project, so all webhooks of the project count.
    expect(counted).toBe(3)
    const [written] = await fixture.superuser`select count(*)::int from audit_log where id = 'aud_x'`
    expect(written).toEqual({ count: 1 })
    await fixture.superuser`delete from webhook_health where webhook_id = 'whk_x'`
    await fixture.superuser`delete from webhooks where id = 'whk_x'`
  })

  test(`the dispatcher sees the deliveries of all projects, and no keys or customers, on a database of ${owner}`, async () => {
    const { sql } = fixture.connections
    const [due] = await sql`select count(distinct project_id)::int from deliveries`
    expect(due).toEqual({ count: 2 })
    for (const table of ['keys', 'projects', 'customers', 'audit_log', 'idempotency_keys'])
      expect(await countOf(sql, table), table).toBe(rlsMode === 'ROLES' ? 'permission denied' : 0)
    // An erasure finds its events by the orders. The dispatcher reads no other columns of them.
    if (rlsMode === 'ROLES') await expect(sql`select state from orders`).rejects.toThrow('permission denied')
  })

  test(`the admin pool sees keys and projects, and no orders or secrets, on a database of ${owner}`, async () => {
    const sql = fixture.connections.adminPool.$client
    expect(await countOf(sql, 'keys')).toBe(6)
    for (const table of ['customers', 'orders', 'webhooks', 'attempt_contents'])
      expect(await countOf(sql, table), table).toBe(rlsMode === 'ROLES' ? 'permission denied' : 0)
  })

  test(`no pool reads a partition by its name, on a database of ${owner}`, async () => {
    const [part] = await fixture.superuser<{ name: string }[]>`
      select c.relname as name from attempts a join pg_class c on c.oid = a.tableoid limit 1`
    for (const client of [api, fixture.connections.sql, fixture.connections.adminPool.$client])
      expect(await countOf(client, part?.name ?? '', ofA)).toBe(rlsMode === 'ROLES' ? 'permission denied' : 0)
  })

  test.runIf(rlsMode === 'ROLES')(
    `the API cannot read data keys, the installation or processes, or change the audit log, on a database of ${owner}`,
    async () => {
      const run = (statement: string) => inRawScope(api, ofA, (sql) => sql.unsafe(statement))
      await expect(run('select sealed_data_key from projects')).rejects.toThrow('permission denied')
      await expect(run('select * from installation')).rejects.toThrow('permission denied')
      await expect(run('select * from processes')).rejects.toThrow('permission denied')
      for (const table of ['feeds', 'feed_projects', 'feed_ranges'])
        await expect(run(`select * from installation_${table}`)).rejects.toThrow('permission denied')
      await expect(run(`update audit_log set operation = ''`)).rejects.toThrow('permission denied')
      await expect(run('delete from audit_log')).rejects.toThrow('permission denied')
    },
  )

  test(`every table has forced row-level security and no role bypasses it, on a database of ${owner}`, async () => {
    const tables = await fixture.superuser<
      { name: string; forced: boolean; policies: number; part: boolean }[]
    >`
      select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced, c.relispartition as part,
        (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
      from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')`
    expect(tables.length).toBeGreaterThan(20)
    expect(tables.filter(({ forced }) => !forced)).toEqual([])
    // Partitions have no policy, so that a statement on a partition returns no rows.
    expect(tables.filter(({ part, policies }) => part !== (policies === 0))).toEqual([])
    expect(
      tables
        .map(({ name }) => name)
        .filter(
          (name) =>
            !(name in tablesOfProjects) &&
            !['installation', 'processes', 'sessions'].includes(name) &&
            !name.startsWith('installation_feed'),
        ),
      'two-projects.ts must contain every table',
    ).toEqual(tables.filter(({ part }) => part).map(({ name }) => name))
    const bypassing = await fixture.superuser`
      select rolname from pg_roles where rolname = any(${Object.values(roleOf)})
        and (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb)`
    expect(bypassing).toHaveLength(0)
  })
})

test('an owner to whom the roles are granted uses them from the next migration on', async () => {
  const fixture = await openDatabase('PLAIN')
  const user = new URL(fixture.url).username
  for (const role of Object.values(roleOf)) await fixture.superuser.unsafe(`grant ${role} to ${user}`)
  expect(await migrateDatabase(fixture.url)).toBe('ROLES')
  const connections = connect(fixture.url, nullLog, 'ROLES')
  await connections.verifyPoolRoles()
  expect(await inRawScope(connections.db.$client, ofA, visibleOwners)).toEqual(allRowsOfA)
  await connections.close()
  await fixture.close()
})

test('the next migration restores the policies and grants that a dump without the roles lacks', async () => {
  const fixture = await openDatabase('SUPERUSER')
  const policies = await fixture.superuser<{ name: string; policy: string }[]>`
    select tablename as name, policyname as policy from pg_policies where policyname ~ '^(admin|dispatcher|owner)_all$'`
  for (const { name, policy } of policies)
    await fixture.superuser`drop policy ${fixture.superuser(policy)} on ${fixture.superuser(name)}`
  for (const role of Object.values(roleOf))
    await fixture.superuser.unsafe(`revoke all on all tables in schema public from ${role}`)
  expect(await countOf(fixture.connections.sql, 'deliveries')).toBe('permission denied')
  expect(await migrateDatabase(fixture.url)).toBe('ROLES')
  expect(await countOf(fixture.connections.sql, 'deliveries')).toBe(6)
  expect(await inRawScope(fixture.connections.db.$client, ofA, visibleOwners)).toEqual(allRowsOfA)
  await fixture.close()
})

test('migrateDatabase refuses an owner with BYPASSRLS who cannot use the roles', async () => {
  const database = await freshDatabase()
  const url = await createOwner(database.url, 'BYPASSRLS')
  await expect(migrateDatabase(url)).rejects.toThrow(/bypasses row-level security .* grant them to it/)
  await database.drop()
})

test('4 databases of one server are migrated twice each at the same time', async () => {
  const fresh = await Promise.all(Array.from({ length: 4 }, () => freshDatabase()))
  const found = await Promise.all([...fresh, ...fresh].map(({ url }) => migrateDatabase(url)))
  expect(new Set(found)).toEqual(new Set(['ROLES']))
  for (const database of fresh) await database.drop()
})

test('verifyPoolRoles throws for a pool without its role', async () => {
  const fixture = await openDatabase('SUPERUSER')
  const connections = connect(fixture.url, nullLog)
  await expect(connections.verifyPoolRoles()).rejects.toThrow('a PgBouncer in between')
  await connections.close()
  await fixture.close()
})

/** The number of visible rows, or the error. */
async function countOf(client: Sql, table: string, scope = noScope): Promise<number | string> {
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

function auditEntry(projectId: string): string {
  return `insert into audit_log (id, project_id, at, operation, object_id) values ('aud_y', '${projectId}', now(), '', '')`
}

function delivery(webhookId: string): string {
  return `insert into deliveries (id, project_id, webhook_id, event_id, topic, state, created_at)
    values ('dlv_x', 'prj_a', '${webhookId}', 'evt_a0', 'a.b', 'PENDING', now())`
}
