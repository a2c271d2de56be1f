/** `installation`: the projects with their figures, worst first, and the running processes. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { version } from '../../../src/runtime/version.ts'
import { makeApp } from '../../../src/app.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { createTestKey } from '../../support/keys.ts'
import { nullLog } from '../../support/null-log.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createOrder,
  createWebhook,
  documents,
  mutateOrThrow,
  quickRetries,
  waitForSettled,
} from '../support/fixtures.ts'

interface Answer {
  readonly installation: {
    readonly version: string
    readonly projects: {
      readonly nodes: readonly { readonly project: { readonly id: string } }[]
      readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean }
    }
    readonly processes: readonly { readonly id: string }[]
  }
}

let server: TestServer
let receiver: Receiver
let operator: Tenant
/** The projects in the order in which `installation` lists them. */
let worst: Tenant[]

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
  operator = tenantOf(server.url, '', (await createTestKey(server, '', { role: 'OPERATOR' })).text)
  const [idle, healthy, disabled, failing, late] = [
    await server.tenant('Idle'),
    await server.tenant('Healthy'),
    await server.tenant('Disabled'),
    await server.tenant('Failing'),
    await server.tenant('Late'),
  ]
  await createWebhook(healthy, receiver)
  for (let sent = 0; sent < 3; sent += 1) await createOrder(healthy)
  const off = await createWebhook(disabled, receiver, { name: 'Off' })
  await createOrder(disabled)
  await waitForSettled(healthy, {})
  await waitForSettled(disabled, {})
  await mutateOrThrow(disabled, 'WebhookDisable', { id: off.id })

  receiver.script(500)
  await createWebhook(failing, receiver, { policy: quickRetries(0) })
  await createOrder(failing)
  await waitForSettled(failing, {})
  const waiting = await createWebhook(late, receiver, { topics: ['order.created'], ratePerSecond: 1 })
  const held = await createWebhook(late, receiver, { topics: ['menu.updated'] })
  const { sql } = server.connections
  // Rows that no lane claims: what a stopped dispatcher leaves.
  await sql`
    insert into due_deliveries (delivery_id, webhook_id, due_at)
    values ('dlv_late1', ${waiting.id}, now() - interval '5 minutes'), ('dlv_late2', ${held.id}, now() - interval '1 day')`
  await mutateOrThrow(late, 'WebhookPause', { id: waiting.id })
  await sql`update webhooks set paused_since = null where id = ${waiting.id}`
  await mutateOrThrow(late, 'WebhookDisable', { id: held.id })
  worst = [late, failing, disabled, idle, healthy]
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

test('Installation lists the projects worst first with exact figures: overdue, failing, with disabled webhooks, and the others', async () => {
  const { installation } = await operator.gql<Answer>(documents.Installation)

  expect(installation.version).toBe(version)
  expect(installation.projects.nodes).toMatchObject([
    {
      project: { id: worst[0]?.projectId, name: 'Late' },
      ...{ attemptsLastMinute: expect.any(Number) as number, pendingCount: expect.any(Number) as number },
      disabledWebhooks: 1,
    },
    {
      project: { id: worst[1]?.projectId },
      ...{ attemptsLastMinute: 1, successShare: 0, pendingCount: 0, oldestDueAt: null, disabledWebhooks: 0 },
    },
    {
      project: { id: worst[2]?.projectId },
      ...{ attemptsLastMinute: 1, successShare: 1, pendingCount: 0, oldestDueAt: null, disabledWebhooks: 1 },
    },
    { project: { id: worst[3]?.projectId }, attemptsLastMinute: 0, successShare: null },
    { project: { id: worst[4]?.projectId }, attemptsLastMinute: 3, successShare: 1, pendingCount: 0 },
  ])
})

test('pages of the projects of an installation continue where the page before ended', async () => {
  const query = `query ($after: String) { installation { version projects(first: 2, after: $after) {
    nodes { project { id } } pageInfo { endCursor hasNextPage } } processes { id } } }`
  const found: string[] = []
  let after: string | null = null
  for (;;) {
    const page: Answer = await operator.gql<Answer>(query, { after })
    const { nodes, pageInfo } = page.installation.projects
    found.push(...nodes.map(({ project }) => project.id))
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor
  }
  expect(found).toEqual(worst.map(({ projectId }) => projectId))
  const wrong = await operator.post({ query, variables: { after: 'nonsense' } })
  expect(wrong.body.errors?.[0]?.extensions?.['code']).toBe('CURSOR_INVALID')
})

test('an installation lists each running process with its roles, version and start, and no longer after it has stopped', async () => {
  const read = async () => (await operator.gql<Answer>(documents.Installation)).installation.processes
  const [own] = await read()
  expect(own).toEqual({
    id: expect.any(String) as string,
    roles: ['api', 'dispatcher'],
    version,
    startedAt: expect.stringMatching(/Z$/) as string,
  })
  const second = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
  expect(await read()).toMatchObject([{ id: own?.id }, { roles: ['api'], version }])
  await second.stop()
  expect(await read()).toEqual([own])
})
