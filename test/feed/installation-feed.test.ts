/** The feeds of the whole installation, which an OPERATOR key follows without a project. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from 'graphql-ws'
import { makeApp, type App } from '../../src/app.ts'
import { makeRetentionSteps } from '../../src/db/maintenance/retention-statements.ts'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../support/server.ts'
import { createTestKey, withKey } from '../support/keys.ts'
import { nullLog } from '../support/null-log.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { redisAvailable, startRedis, warnSkipped, type TestRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait-for.ts'
import {
  createOrder,
  createWebhook,
  documents,
  mutateOrThrow,
  quickRetries,
  waitForSettled,
  type Input,
} from '../api/support/fixtures.ts'
import { followBy } from './support/feed-subscription.ts'

interface AttemptOfProject {
  readonly cursor: string
  readonly attempt: { readonly id: string; readonly outcome: string }
  readonly delivery: { readonly id: string; readonly webhook: { readonly id: string } }
  readonly project: { readonly id: string; readonly name: string }
}

const resumable = documents.AllAttempts.replace(
  'subscription AllAttempts { deliveryAttempts {',
  'subscription ($filter: DeliveryAttemptFilter, $after: String) { deliveryAttempts(filter: $filter, after: $after) {',
)
const followAll = followBy<AttemptOfProject>('deliveryAttempts', resumable)
const followChanges = followBy<{
  readonly cursor: string
  readonly change: { readonly kind: string }
  readonly webhook: { readonly id: string }
  readonly project: { readonly id: string }
}>(
  'webhookChanges',
  `subscription ($after: String) {
    webhookChanges(after: $after) { cursor change { kind } webhook { id } project { id } }
  }`,
)

warnSkipped('feeds of the installation over Redis')

describe.each(redisAvailable() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  'feeds of the installation over %s',
  (channel) => {
    let redis: TestRedis | undefined
    let server: TestServer
    let other: App
    let receiver: Receiver
    let operator: Tenant
    let operatorKey: string
    const sockets: Client[] = []
    const operatorAt = (url: string) => tenantOf(url, '', operatorKey, sockets)

    beforeAll(async () => {
      if (channel === 'Redis') redis = await startRedis()
      server = await startTestServer(redis === undefined ? {} : { REDIS_URL: redis.url })
      // Another process, which records no attempts and receives notifications of those of the first.
      other = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
      receiver = await startReceiver()
      operatorKey = (await createTestKey(server, '', { role: 'OPERATOR' })).text
      operator = operatorAt(server.url)
    })
    afterAll(async () => {
      for (const socket of sockets) await socket.dispose()
      await other.stop()
      await receiver.close()
      await server.close()
      await redis?.stop()
    })

    const cursor = async (filter: Input | null = null): Promise<string> => {
      const read = 'query ($filter: DeliveryAttemptFilter) { deliveryAttemptsCursor(filter: $filter) }'
      return (await operator.gql<{ deliveryAttemptsCursor: string }>(read, { filter })).deliveryAttemptsCursor
    }
    const recorded = async (projectIds: readonly string[]) => {
      const rows = await server.connections.sql<{ id: string }[]>`
        select id from attempts where project_id = any(${[...projectIds]}) order by project_id, position`
      return rows.map(({ id }) => id)
    }

    test(`AllAttempts sends an OPERATOR without x-project the attempts of all projects, also of one that is created meanwhile, over ${channel}`, async () => {
      const acme = await server.tenant('Acme')
      await createWebhook(acme, receiver)
      const following = [operator, operatorAt(other.address?.url ?? '')].map((each) => {
        const events: AttemptOfProject[] = []
        each.socket().subscribe<{ deliveryAttempts: AttemptOfProject }>(
          { query: documents.AllAttempts },
          {
            next: ({ data }) => data != null && events.push(data.deliveryAttempts),
            error: (error) => events.push({ ...({} as AttemptOfProject), cursor: JSON.stringify(error) }),
            complete: () => undefined,
          },
        )
        return events
      })
      // The subscriptions are live only.
      await waitFor(
        async () => {
          await createOrder(acme)
          return following.every((events) => events.length > 0)
        },
        { what: 'both subscriptions to be live' },
      )
      const beta = await server.tenant('Beta')
      const webhook = await createWebhook(beta, receiver)
      await createOrder(beta)

      for (const events of following) {
        const ofBeta = () => events.filter(({ project }) => project.id === beta.projectId)
        await waitFor(() => ofBeta().length > 0, { what: 'the attempt of the new project' })
        expect(ofBeta()).toMatchObject([
          {
            attempt: { outcome: 'SUCCEEDED' },
            delivery: { webhook: { id: webhook.id } },
            project: { name: 'Beta' },
          },
        ])
        expect(events.find(({ project }) => project.id === acme.projectId)?.project.name).toBe('Acme')
      }
    })

    test(`subscribers that disconnect and resume at either process receive each attempt of each project once, over ${channel}`, async () => {
      const from = await cursor()
      const tenants = await Promise.all(['A', 'B', 'C'].map((name) => server.tenant(name)))
      await Promise.all(tenants.map((tenant) => createWebhook(tenant, receiver)))
      const sending = Promise.all(
        tenants.map(async (tenant) => {
          for (let sent = 0; sent < 20; sent += 1) await createOrder(tenant)
          await waitForSettled(tenant, {})
        }),
      )
      const total = 60
      const subscribers = [3, 7, 60].map(async (leaveAfter, index) => {
        const seen: AttemptOfProject[] = []
        for (let round = index; seen.length < total; round += 1) {
          const at = round % 2 === 0 ? server.url : (other.address?.url ?? '')
          const client = operatorAt(at).socket()
          const wanted = Math.min(leaveAfter, total - seen.length)
          const subscription = followAll(client, { after: seen.at(-1)?.cursor ?? from }, wanted)
          seen.push(...(await subscription.received(wanted)))
          await client.dispose()
        }
        return seen
      })
      await sending
      const expected = await recorded(tenants.map(({ projectId }) => projectId))
      expect(expected).toHaveLength(total)
      const orders = new Set<string>()
      for (const seen of await Promise.all(subscribers)) {
        const ids = seen.map(({ attempt }) => attempt.id)
        expect(ids.toSorted()).toEqual(expected.toSorted())
        // Within a project, the order of the project's own feed.
        for (const { projectId } of tenants) {
          const own = seen.filter(({ project }) => project.id === projectId).map(({ attempt }) => attempt.id)
          expect(own).toEqual(await recorded([projectId]))
        }
        orders.add(ids.join())
      }
      // All subscribers receive the same order, so a cursor of one process is valid at another.
      expect(orders.size).toBe(1)
    })

    test(`an open transaction of one project delays neither the settles nor the items of another, and its items come after its commit, over ${channel}`, async () => {
      const [slow, quick] = [await server.tenant('Slow'), await server.tenant('Quick')]
      const slowWebhook = await createWebhook(slow, receiver)
      await createWebhook(quick, receiver)
      await createOrder(slow)
      await waitForSettled(slow, {})
      const following = followAll(operator.socket(), { after: await cursor() })
      const { sql } = server.connections
      let commit = (): void => undefined
      let hasBegun = (): void => undefined
      const late = new Promise<void>((resolve) => (commit = resolve))
      const begun = new Promise<void>((resolve) => (hasBegun = resolve))
      const open = sql.begin(async (tx) => {
        // As a settle does: takes a position and holds the project's feed until the commit.
        await tx`update feeds set position = position + 1 where project_id = ${slow.projectId}`
        await tx`
          insert into attempts (id, project_id, position, delivery_id, webhook_id, topic, number, trigger, outcome,
            started_at, next_step, next_step_reason)
          select 'att_' || right(md5(random()::text), 26), project_id, position + 1, delivery_id, webhook_id, topic, 2,
            trigger, outcome, now(), next_step, next_step_reason
          from attempts where project_id = ${slow.projectId} limit 1`
        hasBegun()
        await late
      })
      await begun
      await createOrder(quick)
      expect(await following.received(1)).toMatchObject([{ project: { id: quick.projectId } }])
      commit()
      await open
      expect((await following.received(2))[1]).toMatchObject({
        project: { id: slow.projectId },
        delivery: { webhook: { id: slowWebhook.id } },
      })
    })

    test(`webhookChanges sends an OPERATOR without x-project the changes of all projects, over ${channel}`, async () => {
      const { webhookChangesCursor } = await operator.gql<{ webhookChangesCursor: string }>(
        '{ webhookChangesCursor }',
      )
      const [one, two] = [await server.tenant('One'), await server.tenant('Two')]
      const first = await createWebhook(one, receiver)
      const second = await createWebhook(two, receiver)
      await mutateOrThrow(one, 'WebhookDisable', { id: first.id })

      const at = operatorAt(other.address?.url ?? '')
      const events = await followChanges(at.socket(), { after: webhookChangesCursor }).received(3)
      const lines = events.map(({ project, webhook, change }) =>
        [project.id, webhook.id, change.kind].join(' '),
      )
      expect(lines.toSorted()).toEqual(
        [
          `${one.projectId} ${first.id} CREATED`,
          `${one.projectId} ${first.id} DISABLED`,
          `${two.projectId} ${second.id} CREATED`,
        ].toSorted(),
      )
      expect(lines.indexOf(`${one.projectId} ${first.id} CREATED`)).toBeLessThan(
        lines.indexOf(`${one.projectId} ${first.id} DISABLED`),
      )
    })
  },
)

describe('cursor of the installation', () => {
  let server: TestServer
  let receiver: Receiver
  let operator: Tenant
  beforeAll(async () => {
    server = await startTestServer()
    receiver = await startReceiver()
    operator = tenantOf(server.url, '', (await createTestKey(server, '', { role: 'OPERATOR' })).text)
  })
  afterAll(async () => {
    await receiver.close()
    await server.close()
  })

  const current = async (tenant: Tenant): Promise<string> =>
    (await tenant.gql<{ deliveryAttemptsCursor: string }>('{ deliveryAttemptsCursor }'))
      .deliveryAttemptsCursor

  async function refusedWith(tenant: Tenant, after: string): Promise<string | undefined> {
    const client = tenant.socket()
    const following = followAll(client, { after })
    await waitFor(() => following.refused() !== undefined, { what: 'the cursor to be refused' })
    await client.dispose()
    return following.refused()
  }

  test('a cursor of the installation is CURSOR_INVALID in a project, and a cursor of a project is in the installation', async () => {
    const acme = await server.tenant()
    expect(await refusedWith(acme, await current(operator))).toBe('CURSOR_INVALID')
    expect(await refusedWith(operator, await current(acme))).toBe('CURSOR_INVALID')
  })

  test('a position that no item has yet is CURSOR_INVALID', async () => {
    const filter = {
      ...{ webhookIds: [], orderIds: [], topics: [], partnerIds: [], outcomes: [], statusClasses: [] },
      ...{ attemptNumberFrom: null, presets: [], finalOnly: null, triggers: [], startedAt: null },
    }
    const cursor = writeCursor({ list: 'feed', projectId: '', partnerId: null, filter }, '1000000')
    expect(await refusedWith(operator, cursor)).toBe('CURSOR_INVALID')
  })

  test.each(['before', 'after'])(
    'a cursor before attempts that retention removed is CURSOR_EXPIRED %s retention has removed their ranges, and a later cursor continues',
    async (when) => {
      const start = await current(operator)
      const [old, young] = [await server.tenant(), await server.tenant()]
      for (const tenant of [old, young]) {
        await createWebhook(tenant, receiver)
        await createOrder(tenant)
        await waitForSettled(tenant, {})
      }
      const later = await current(operator)
      await createOrder(young)
      await waitForSettled(young, {})
      const { sql } = server.connections
      await sql`delete from attempts where project_id = ${old.projectId}`
      await sql`update feeds set expired_position = position where project_id = ${old.projectId}`
      if (when === 'after') {
        const removed = await makeRetentionSteps(sql).removeInstallationRanges('', 1_000)
        expect(removed).toMatchObject({ next: null })
      }

      expect(await refusedWith(operator, start)).toBe('CURSOR_EXPIRED')
      const client = operator.socket()
      expect(await followAll(client, { after: later }).received(1)).toMatchObject([
        { project: { id: young.projectId } },
      ])
      await client.dispose()
    },
  )

  test('a filter applies to the attempts of all projects', async () => {
    const [one, two] = [await server.tenant(), await server.tenant()]
    receiver.script(500)
    const failing = await createWebhook(one, receiver, { policy: quickRetries(0) })
    await createOrder(one)
    await waitForSettled(one, {})
    receiver.script(200)
    const filter = { webhookIds: [failing.id], topics: ['pos.of_a_project'] }
    const read = 'query ($filter: DeliveryAttemptFilter) { deliveryAttemptsCursor(filter: $filter) }'
    // Topics of projects are not known here, so that a topic without events is no error.
    await operator.gql(read, { filter })
    const client = operator.socket()
    const start = { webhookIds: [failing.id], outcomes: ['HTTP_ERROR'] }
    const { deliveryAttemptsCursor: after } = await operator.gql<{ deliveryAttemptsCursor: string }>(read, {
      filter: start,
    })
    const following = followAll(client, { filter: start, after })
    await createWebhook(two, receiver)
    await createOrder(two)
    await waitForSettled(two, {})
    receiver.script(500)
    await createOrder(one)
    expect(await following.received(1)).toMatchObject([{ delivery: { webhook: { id: failing.id } } }])
    receiver.script(200)
    await client.dispose()
  })

  test('a query of one project, and every subscription of another role, keep to their project', async () => {
    const acme = await server.tenant()
    const { body } = await operator.post({ query: '{ orders { nodes { id } } }' })
    expect(body.errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT')
    const events = operator.socket()
    const refused = followBy<{ cursor: string }>('events', 'subscription { events { cursor } }')(events)
    await waitFor(() => refused.refused() !== undefined, { what: '`events` to be refused' })
    expect(refused.refused()).toBe('BAD_USER_INPUT')
    await events.dispose()
    for (const role of ['PLATFORM', 'READER'] as const) {
      const tenant = await withKey(server, acme, { role })
      const answer = await tenant.post({ query: '{ installation { version } }' })
      expect(answer.body.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN')
    }
  })
})
