/** A webhook moves to another partner after a feed has read one of its events: the feed skips that event and sends the others. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import { startTestServer, type TestServer, type Tenant } from '../support/server.ts'
import { asPartner } from '../support/keys.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { waitFor } from '../support/wait-for.ts'
import { createWebhook, createOrder, mutateOrThrow, waitForSettled } from '../api/support/fixtures.ts'
import { changesFromStart, followChanges, summaryOf } from './support/follow-changes.ts'
import { follow } from './support/follow.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
let courier: Tenant & { readonly partnerId: string }
let rival: Tenant & { readonly partnerId: string }

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** Creates two webhooks of the courier. A test moves the first to the courier's rival. */
async function twoWebhooks() {
  acme = await server.tenant()
  courier = await asPartner(server, acme)
  rival = await asPartner(server, acme, 'Rival Ltd')
  const moved = await createWebhook(courier, receiver)
  const kept = await createWebhook(courier, receiver, { name: 'Till' })
  return { moved: moved.id, kept: kept.id }
}

/** Moves the webhook to the rival while an event that the feed has read waits for its data from the locked table. */
async function moveWhileReading(table: string, webhookId: string, begin: () => void): Promise<void> {
  const { sql } = server.connections
  await sql.begin(async (tx) => {
    await tx`lock table ${tx(table)} in access exclusive mode`
    begin()
    await waitFor(
      async () => {
        const waiting = await sql`
          select from pg_locks where not granted and relation = ${table}::text::regclass`
        return waiting.length > 0
      },
      { what: 'an event to wait for its data' },
    )
    await tx`update webhooks set partner_id = ${rival.partnerId} where id = ${webhookId}`
  })
}

describe('moved webhook', () => {
  test('webhookChanges skips an event whose webhook moved to another partner, and sends the changes of the other webhooks', async () => {
    const { moved, kept } = await twoWebhooks()
    let following: ReturnType<typeof followChanges> | undefined
    await moveWhileReading('webhook_health', moved, () => {
      following = followChanges(courier.socket(), { after: changesFromStart(courier) })
    })
    await mutateOrThrow(courier, 'WebhookDisable', { id: kept })

    const events = await following?.received(2)
    expect(summaryOf(events ?? [])).toEqual([`${kept} CREATED`, `${kept} DISABLED REQUESTED`])
    expect(following?.refused()).toBeUndefined()
    // The new owner receives the change.
    const theirs = followChanges(rival.socket(), { after: changesFromStart(rival) })
    expect(summaryOf(await theirs.received(1))).toEqual([`${moved} CREATED`])
  })

  test('deliveryAttempts skips an attempt whose webhook moved to another partner, and sends the attempts of the other webhooks', async () => {
    const { moved, kept } = await twoWebhooks()
    await createOrder(acme)
    await waitForSettled(acme, {}, 2)
    // The subscription waits for the moved webhook's event, whichever attempt was recorded first.
    const scope = { list: 'feed', projectId: acme.projectId, partnerId: courier.partnerId, filter: null }
    let following: ReturnType<typeof follow> | undefined
    await moveWhileReading('deliveries', moved, () => {
      following = follow(courier.socket(), { after: writeCursor(scope, '0') })
    })
    const events = await following?.received(1)
    expect(events?.map(({ delivery }) => delivery.webhook.id)).toEqual([kept])
    expect(following?.refused()).toBeUndefined()
  })
})
