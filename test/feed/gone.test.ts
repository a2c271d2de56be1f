/** Events of the feeds whose webhook was given to another partner after they were read: they are passed over, and the rest is brought. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeCursor } from '../../src/domain/lists/cursor.ts'
import { startTestServer, type TestServer, type Tenant } from '../support/server.ts'
import { asPartner } from '../support/keys.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { waitFor } from '../support/wait-for.ts'
import { aWebhook, anOrder, done, settled } from '../api/support/fixtures.ts'
import { changesFromStart, followChanges, inShort } from './support/follow-changes.ts'
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

/** Two webhooks of the courier, of which the first is about to be given to its rival. */
async function twoWebhooks() {
  acme = await server.tenant()
  courier = await asPartner(server, acme)
  rival = await asPartner(server, acme, 'Rival Ltd')
  const given = await aWebhook(courier, receiver)
  const kept = await aWebhook(courier, receiver, { name: 'Till' })
  return { given: given.id, kept: kept.id }
}

/** Gives the webhook away while an event that was read waits for what it shows, which is in that table. */
async function giveWhileReading(table: string, webhookId: string, begin: () => void): Promise<void> {
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
      { what: 'an event to wait for what it shows' },
    )
    await tx`update webhooks set partner_id = ${rival.partnerId} where id = ${webhookId}`
  })
}

describe('a webhook that was given away in the midst of an event', () => {
  test('is passed over by webhookChanges, and the partner hears of its others', async () => {
    const { given, kept } = await twoWebhooks()
    let following: ReturnType<typeof followChanges> | undefined
    await giveWhileReading('webhook_health', given, () => {
      following = followChanges(courier.socket(), { after: changesFromStart(courier) })
    })
    await done(courier, 'WebhookDisable', { id: kept })

    const news = await following?.heard(2)
    expect(inShort(news ?? [])).toEqual([`${kept} CREATED`, `${kept} DISABLED REQUESTED`])
    expect(following?.refused()).toBeUndefined()
    // The new owner is brought all of it.
    const theirs = followChanges(rival.socket(), { after: changesFromStart(rival) })
    expect(inShort(await theirs.heard(1))).toEqual([`${given} CREATED`])
  })

  test('is passed over by deliveryAttempts, and the partner hears of its others', async () => {
    const { given, kept } = await twoWebhooks()
    await anOrder(acme)
    await settled(acme, {}, 2)
    // That of the given one first, whichever was recorded first: the feed's order decides who waits.
    const scope = { list: 'feed', projectId: acme.projectId, partnerId: courier.partnerId, filter: null }
    let following: ReturnType<typeof follow> | undefined
    await giveWhileReading('deliveries', given, () => {
      following = follow(courier.socket(), { after: writeCursor(scope, '0') })
    })
    const news = await following?.heard(1)
    expect(news?.map(({ delivery }) => delivery.webhook.id)).toEqual([kept])
    expect(following?.refused()).toBeUndefined()
  })
})
