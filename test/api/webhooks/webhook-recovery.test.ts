/** `policy.recovery`: webhooks that a rule has disabled are enabled by a probe. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Receiver } from '../../support/receiver.ts'
import { sharedTestServer, type Tenant, type TestServer } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  listDeliveries,
  missingId,
  mutate,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { longWait, readDelivery, waitForAttempts } from '../support/manual-retry.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

let server: TestServer
let tenant: Tenant
let siteId: string

beforeAll(async () => {
  server = await sharedTestServer()
  tenant = await server.tenant()
  siteId = await createSite(tenant)
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

const disable = [{ rule: 'CONSECUTIVE_FAILURES', count: 1 }]

interface Disabled {
  readonly id: string
  readonly receiver: Receiver
  /** Creates an order of the webhook's source and returns the id of its delivery. */
  readonly order: () => Promise<string>
}

/** A webhook that a rule has disabled after two attempts, for orders of one source. */
async function openDisabled(source: string, policy: Input): Promise<Disabled> {
  const receiver = await openReceiver(500)
  const { id } = await createWebhook(tenant, receiver, {
    filters: { sources: [source] },
    policy: { disable, ...policy },
  })
  const order = async () => {
    await createOrder(tenant, { siteId, source })
    return (await listDeliveries(tenant, { webhookIds: [id] }))[0]?.id ?? ''
  }
  await order()
  await order()
  await waitFor(async () => !(await webhook(id)).enabled, { what: 'the rule to disable the webhook' })
  return { id, receiver, order }
}

async function webhook(id: string) {
  const data = await tenant.gql<{
    webhook: { enabled: boolean; disabled: { reason: string } | null; policy: { recovery: string } }
  }>('query ($id: ID!) { webhook(id: $id) { enabled disabled { reason } policy { recovery } } }', { id })
  return data.webhook
}

async function probeNow(id: string): Promise<void> {
  await server.connections
    .sql`update webhook_health set probe_due_at = now() - interval '1 second' where webhook_id = ${id}`
}

const ids = (receiver: Receiver) => receiver.requests.map(({ headers }) => headers['webhook-id'])

describe('a probe', () => {
  test('a probe that succeeds enables the webhook, and the deliveries that were skipped are sent in their order', async () => {
    const { id, receiver, order } = await openDisabled('success', { retry: { waits: [] } })
    const skipped = [await order(), await order(), await order()]
    expect(await listDeliveries(tenant, { webhookIds: [id], states: ['SKIPPED'] })).toHaveLength(3)
    receiver.script(200)
    await probeNow(id)
    await waitForSettled(tenant, { webhookIds: [id], states: ['DELIVERED'] }, 3)
    expect(ids(receiver).slice(2)).toEqual(skipped)
    expect(await webhook(id)).toMatchObject({ enabled: true, disabled: null })
    const probed = await readDelivery(tenant, skipped[0] ?? '')
    expect(probed).toMatchObject({ state: 'DELIVERED', attemptCount: 1 })
    expect(probed.attempts.nodes).toMatchObject([{ trigger: 'MANUAL', outcome: 'SUCCEEDED' }])
  })

  test('the change of the webhook, the notice and the audit log say that a probe enabled it, with its delivery', async () => {
    const { id, receiver, order } = await openDisabled('notified', { retry: { waits: [] } })
    const deliveryId = await order()
    const watcher = await openReceiver()
    await createWebhook(tenant, watcher, { topics: ['webhook.enabled'] })
    receiver.script(200)
    await probeNow(id)
    await waitFor(async () => (await webhook(id)).enabled, { what: 'the webhook to be enabled' })
    const [change] = await server.connections.sql`
      select kind, message, reason from webhook_changes where webhook_id = ${id} order by position desc limit 1`
    expect(change).toMatchObject({ kind: 'ENABLED', reason: null })
    expect(change?.['message']).toContain(
      `Enabled by recovery: the receiver accepted the probe with delivery ${deliveryId}`,
    )
    await waitFor(() => watcher.requests.length === 1, { what: 'the notice' })
    expect(watcher.requests[0]?.body.toString()).toContain(`the probe with delivery ${deliveryId}`)
    const { auditLog } = await tenant.gql<{ auditLog: { nodes: readonly object[] } }>(
      `query ($id: ID!) { auditLog(filter: { objectIds: [$id], operations: ["webhookEnable"] }, first: 5) {
        nodes { operation key { id } before after } } }`,
      { id },
    )
    expect(auditLog.nodes).toMatchObject([
      { key: null, before: { enabled: false }, after: { enabled: true, recovery: 'PROBE', deliveryId } },
    ])
  })

  test('a probe that fails uses up no retry: a skipped delivery is SKIPPED as before, and the webhook stays disabled', async () => {
    const { id, order } = await openDisabled('failure', { retry: { waits: [] } })
    const deliveryId = await order()
    await probeNow(id)
    await waitForAttempts(tenant, deliveryId, 1)
    await waitFor(async () => (await readDelivery(tenant, deliveryId)).state === 'SKIPPED', {
      what: 'the delivery to be SKIPPED again',
    })
    expect(
      await server.connections.sql`select skip_reason from deliveries where id = ${deliveryId}`,
    ).toMatchObject([{ skip_reason: 'WEBHOOK_DISABLED' }])
    expect(await webhook(id)).toMatchObject({ enabled: false, disabled: { reason: 'CONSECUTIVE_FAILURES' } })
    const [health] = await server.connections.sql`
      select probes, consecutive_failures, probe_due_at - now() between interval '4 minutes' and interval '5 minutes' as waits
      from webhook_health where webhook_id = ${id}`
    expect(health).toMatchObject({ probes: 1, consecutive_failures: 2, waits: true })
  })

  test('a due PENDING delivery is probed before a skipped one, and keeps its schedule when the probe fails', async () => {
    const { id, receiver, order } = await openDisabled('pending', longWait)
    const skipped = await order()
    const [, , pending] = await listDeliveries(tenant, { webhookIds: [id] })
    const pendingId = pending?.id ?? ''
    await server.connections
      .sql`update due_deliveries set due_at = now() - interval '1 second' where delivery_id = ${pendingId}`
    await probeNow(id)
    const failed = await waitForAttempts(tenant, pendingId, 2)
    expect(failed).toMatchObject({ state: 'PENDING', nextAttemptAt: pending?.nextAttemptAt })
    expect(failed.attempts.nodes[1]).toMatchObject({ trigger: 'MANUAL', nextStep: 'RETRY' })
    expect(await readDelivery(tenant, skipped)).toMatchObject({ state: 'SKIPPED', attemptCount: 0 })
    expect(receiver.requests).toHaveLength(3)
  })
})

describe('policy.recovery', () => {
  test('webhookDisable of a webhook that a rule has disabled ends its probes, and keeps the time since when it is disabled', async () => {
    const { id, receiver } = await openDisabled('disabled-by-hand', { recovery: 'PROBE' })
    const at = 'query ($id: ID!) { webhook(id: $id) { disabled { at } } }'
    const before = await tenant.gql(at, { id })
    const sent = receiver.requests.length
    await mutate(tenant, 'WebhookDisable', { id })
    expect((await webhook(id)).disabled).toEqual({ reason: 'REQUESTED' })
    expect(await tenant.gql(at, { id })).toEqual(before)
    receiver.script(200)
    await probeNow(id)
    // Two sweeps.
    await new Promise((resolve) => setTimeout(resolve, 11_000))
    expect(receiver.requests).toHaveLength(sent)
    expect((await webhook(id)).enabled).toBe(false)
  })

  test('recovery is PROBE for STANDARD and NONE for FLIPDISH, in the webhook and in the catalogue, and an override replaces it', async () => {
    const receiver = await openReceiver()
    const recoveryOf = async (input: Input) =>
      (await webhook((await createWebhook(tenant, receiver, { enabled: false, ...input })).id)).policy
        .recovery
    expect(await recoveryOf({})).toBe('PROBE')
    expect(await recoveryOf({ preset: 'FLIPDISH' })).toBe('NONE')
    expect(await recoveryOf({ policy: { recovery: 'NONE' } })).toBe('NONE')
    expect(await recoveryOf({ preset: 'FLIPDISH', policy: { recovery: 'PROBE' } })).toBe('PROBE')
    const { presets } = await tenant.gql<{
      presets: readonly {
        name: string
        policy: { recovery: string }
        rules: readonly { name: string; origin: string; quote: string | null }[]
      }[]
    }>('{ presets { name policy { recovery } rules { name origin quote } } }')
    const flipdish = presets.find(({ name }) => name === 'FLIPDISH')
    expect(flipdish?.policy.recovery).toBe('NONE')
    const rule = flipdish?.rules.find(({ name }) => name === 'RECOVERY')
    expect(rule?.origin).toBe('SENDER_DOCUMENTATION')
    expect(rule?.quote).toContain('re-enable it')
  })

  test('an unknown recovery is refused by webhookUpdate, and an unknown webhook is NOT_FOUND', async () => {
    const update = (input: Input) => mutate(tenant, 'WebhookUpdate', input)
    await expect(update({ id: missingId('whk'), policy: { recovery: 'SOON' } })).rejects.toThrow('Recovery')
    expect(await update({ id: missingId('whk'), policy: { recovery: 'PROBE' } })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND' }],
    })
  })
})
