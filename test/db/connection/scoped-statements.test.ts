/** Single statements in a scope, on real connections: what they see, and what is left on the connection afterwards. */
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { connect, type Connections } from '../../../src/db/connection/connect.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import {
  maxPreparedTexts,
  makePreparedTexts,
  preparedAtRun,
} from '../../../src/db/connection/prepared-texts.ts'
import { statementsInScope } from '../../../src/db/connection/scoped-statements.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

const projectIds = ['prj_1', 'prj_2'] as const
const statementsOf = (projectId: string) => statementsInScope(connections.db, wholeProject(projectId))
const scopeSeen = sql<{ scope: string }[]>`select current_setting('orderbell.project_id', true) as scope`

let database: FreshDatabase
let superuser: postgres.Sql
let connections: Connections

beforeAll(async () => {
  database = await migratedDatabase()
  superuser = postgres(database.url, { max: 1, onnotice: () => undefined })
  for (const id of projectIds)
    await superuser`insert into projects (id, name, sealed_data_key) values (${id}, ${id}, 'none')`
})
beforeEach(async () => {
  connections = connect(database.url, nullLog, await migrateDatabase(database.url))
  return () => connections.close()
})
afterAll(async () => {
  await superuser.end()
  await database.drop()
})

test('a statement sees the rows of its scope alone, and the connection has no scope afterwards', async () => {
  for (const projectId of projectIds) {
    const rows = await statementsOf(projectId).execute<{ id: string }>(sql`select id from projects`)
    expect(rows.map(({ id }) => id)).toEqual([projectId])
  }
  const left = await connections.db.$client`
    select current_setting('orderbell.project_id', true) as scope, (select count(*)::int from projects) as seen`
  expect([null, '']).toContain(left[0]?.['scope'])
  expect(left[0]?.['seen']).toBe(0)
})

test('200 simultaneous statements of two scopes over 12 connections each see their own scope', async () => {
  const wanted = Array.from({ length: 200 }, (_, index) => projectIds[index % 2] ?? '')
  const seen = await Promise.all(
    wanted.map((projectId) => statementsOf(projectId).execute<{ scope: string }>(scopeSeen)),
  )
  expect(seen.map(([row]) => row?.scope)).toEqual(wanted)
})

test('a statement that fails rejects with its own error, and the connections stay usable', async () => {
  const failing = Array.from({ length: 30 }, () => statementsOf('prj_1').execute(sql`select 1 / 0`))
  for (const result of await Promise.allSettled(failing))
    expect(result).toMatchObject({ status: 'rejected', reason: { cause: { code: '22012' } } })
  const [row] = await statementsOf('prj_2').execute<{ scope: string }>(scopeSeen)
  expect(row?.scope).toBe('prj_2')
  const open = await superuser`
    select count(*)::int as count from pg_stat_activity where datname = current_database() and state like 'idle in%'`
  expect(open[0]?.['count']).toBe(0)
})

test('statements whose connections are killed reject, and later statements run on new connections', async () => {
  const waiting = Array.from({ length: 20 }, () => statementsOf('prj_1').execute(sql`select pg_sleep(60)`))
  const results = Promise.allSettled(waiting)
  const sleeping = () => superuser<{ pid: number }[]>`
    select pid from pg_stat_activity where datname = current_database() and query like '%pg_sleep%' and pid <> pg_backend_pid()`
  let killed = 0
  await waitFor(
    async () => {
      for (const { pid } of await sleeping()) {
        await superuser`select pg_terminate_backend(${pid})`
        killed += 1
      }
      return killed >= waiting.length
    },
    { what: 'the end of 20 connections' },
  )
  expect((await results).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'))
  const [row] = await statementsOf('prj_2').execute<{ scope: string }>(scopeSeen)
  expect(row?.scope).toBe('prj_2')
})

test('after the pools were closed a statement rejects at once', async () => {
  await connections.close()
  await expect(statementsOf('prj_1').execute(scopeSeen)).rejects.toMatchObject({
    cause: { code: 'CONNECTION_ENDED' },
  })
})

test('a statement is prepared at its third run, up to 200 different ones', () => {
  const isPrepared = makePreparedTexts()
  expect([isPrepared('select 1'), isPrepared('select 1'), isPrepared('select 1')]).toEqual([
    false,
    false,
    true,
  ])
  for (let index = 1; index < maxPreparedTexts; index += 1)
    for (let run = 0; run < preparedAtRun; run += 1) isPrepared(`select ${index} as other`)
  const late = Array.from({ length: 5 }, () => isPrepared('select 0 as late'))
  expect(late).toEqual([false, false, false, false, false])
  expect(isPrepared('select 1')).toBe(true)
})
