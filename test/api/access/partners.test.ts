/**
 * Partners: what a PARTNER key sees of orders, which webhooks it may create and change, and the mutations of partners.
 * Another partner's objects: `isolation.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { asPartner, createTestPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  listDeliveries,
  missingId,
  changeOrderState,
  mutate,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { auditEntriesOf, whoAmI } from '../support/key-calls.ts'
import { waitFor } from '../../support/wait-for.ts'
import { system } from '../../../src/runtime/system.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
let courier: Tenant & { readonly partnerId: string }
let rival: Tenant & { readonly partnerId: string }

beforeAll(async () => {
  server = await sharedTestServer()
  receiver = await startReceiver()
  acme = await server.tenant()
  courier = await asPartner(server, acme)
  rival = await asPartner(server, acme, 'Rival Ltd')
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const details = { redemptionCode: 'NNSE9J', customer: { name: 'Brian Johnson', licensePlate: 'KLW-9104' } }
const webhookInput = { name: 'POS', url: 'https://pos.example/', topics: ['order.*'] }
const orderFields = `number state redemptionCode site { name } customer { name licensePlate }`

async function readOrder(tenant: Tenant, id: string) {
  const { order } = await tenant.gql<{ order: object | null }>(
    `query ($id: ID!) { order(id: $id) { ${orderFields} events { nodes { topic data } } } }`,
    { id },
  )
  return order
}

describe("a partner's view of orders", () => {
  test('a partner does not see an order of which none of its webhooks receives an event', async () => {
    const { id } = await createOrder(acme, details)
    expect(await readOrder(courier, id)).toBeNull()
  })

  test('a partner with a FOODY webhook does not see the redemption code, the site and the customer of an order', async () => {
    const { id: webhookId } = await createWebhook(courier, receiver, {
      ...{ preset: 'FOODY', topics: ['order.created'] },
    })
    const { id, number } = await createOrder(acme, details)

    const order = await readOrder(courier, id)
    expect(order).toMatchObject({ number, redemptionCode: null, site: null, customer: null })
    expect(JSON.stringify(order)).not.toMatch(/NNSE9J|Brian|KLW|Main/)
    await mutateOrThrow(courier, 'WebhookDelete', { id: webhookId })
  })

  test('a partner sees an order as in the last event that one of its webhooks received, without later changes', async () => {
    await createWebhook(rival, receiver, { topics: ['order.created'] })
    const { id } = await createOrder(acme, details)
    await changeOrderState(acme, id, 'READY')
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, redemptionCode: 'LATER' })

    expect(await readOrder(rival, id)).toMatchObject({
      ...{ state: 'CREATED', redemptionCode: 'NNSE9J', site: { name: 'Main Street' } },
      customer: { name: 'Brian Johnson', licensePlate: 'KLW-9104' },
      events: { nodes: [{ topic: 'order.created' }] },
    })
    expect(await readOrder(acme, id)).toMatchObject({ state: 'READY', redemptionCode: 'LATER' })
  })

  test('a partner sees that an event was skipped, and sees its order after the replay', async () => {
    const late = await asPartner(server, acme, 'Late Ltd')
    const webhook = await createWebhook(late, receiver, { enabled: false })
    const { id } = await createOrder(acme, details)
    const [delivery] = await listDeliveries(late, { webhookIds: [webhook.id] })

    expect(delivery).toMatchObject({ state: 'SKIPPED', event: { topic: 'order.created', order: null } })
    expect(await readOrder(late, id)).toBeNull()
    await mutateOrThrow(late, 'WebhookEnable', { id: webhook.id, skipped: 'REPLAY' })
    await waitForSettled(late, { webhookIds: [webhook.id] })
    expect(await readOrder(late, id)).toMatchObject({ redemptionCode: 'NNSE9J' })
  })
})

describe('owner of a webhook', () => {
  const ownerOf = (tenant: Tenant, id: string) =>
    tenant.gql('query ($id: ID!) { webhook(id: $id) { partner { id } } }', { id })

  test('a webhook that a partner creates is its own, and the partner cannot name another or an unknown partner', async () => {
    for (const given of [{}, { partnerId: courier.partnerId }, { partnerId: null }]) {
      const { id } = await createWebhook(courier, receiver, { topics: ['menu.updated'], ...given })
      expect(await ownerOf(acme, id)).toEqual({ webhook: { partner: { id: courier.partnerId } } })
    }
    const other = await mutate(courier, 'WebhookCreate', { ...webhookInput, partnerId: rival.partnerId })
    const missing = await mutate(courier, 'WebhookCreate', { ...webhookInput, partnerId: missingId('ptn') })
    expect(other).toEqual(missing)
    expect(other.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['partnerId'] }])
  })

  test('a partner cannot give its webhook to the platform', async () => {
    const { id } = await createWebhook(courier, receiver, { topics: ['menu.updated'] })
    const updated = await mutate(courier, 'WebhookUpdate', { id, partnerId: null })
    expect(updated.userErrors).toMatchObject([{ code: 'INVALID', field: ['partnerId'] }])
  })

  test('a PLATFORM key creates a webhook for a partner, gives it to another partner and takes it back', async () => {
    const { id } = await createWebhook(acme, receiver, {
      topics: ['menu.updated'],
      partnerId: courier.partnerId,
    })
    expect(await ownerOf(courier, id)).toEqual({ webhook: { partner: { id: courier.partnerId } } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, partnerId: rival.partnerId })
    expect(await ownerOf(courier, id)).toEqual({ webhook: null })
    expect(await ownerOf(rival, id)).toEqual({ webhook: { partner: { id: rival.partnerId } } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, partnerId: null })
    expect(await ownerOf(rival, id)).toEqual({ webhook: null })
    const unknown = await mutate(acme, 'WebhookUpdate', { id, partnerId: missingId('ptn') })
    expect(unknown.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['partnerId'] }])
  })
})

describe('partners', () => {
  test('partnerCreate adds partners, which are listed newest first and found by id in their own project alone', async () => {
    const tenant = await server.tenant('Shop')
    const added = async (name: string) =>
      (await mutateOrThrow<{ partner: { id: string; name: string } }>(tenant, 'PartnerCreate', { name }))
        .partner
    const first = await added('First')
    const second = await added(' Second ')

    expect(second).toEqual({ id: expect.stringMatching(/^ptn_/) as string, name: 'Second' })
    expect(await tenant.gql('{ partners { nodes { id name } } }')).toEqual({
      partners: { nodes: [second, first] },
    })
    const found = 'query ($id: ID!) { partner(id: $id) { name } node(id: $id) { id } }'
    expect(await tenant.gql(found, { id: first.id })).toEqual({
      partner: { name: 'First' },
      node: { id: first.id },
    })
    expect(await acme.gql(found, { id: first.id })).toEqual({ partner: null, node: null })
    expect(await auditEntriesOf(server, first.id)).toMatchObject([
      { operation: 'partnerCreate', after: { name: 'First', contact: null } },
    ])
  })

  test('partnerCreate refuses partner 1,001 of a project with LIMIT_REACHED', async () => {
    const full = await server.tenant('Full')
    await server.connections.sql`
      insert into partners (id, project_id, name, created_at)
      select 'ptn_' || lpad(n::text, 26, '0'), ${full.projectId}, 'p', now() from generate_series(1, 1000) n`
    expect(await mutate(full, 'PartnerCreate', { name: 'One more' })).toMatchObject({
      partner: null,
      userErrors: [{ code: 'LIMIT_REACHED' }],
    })
  })

  test.each([
    ['an empty name', '', 'REQUIRED'],
    ['a name of 201 characters', 'x'.repeat(201), 'TOO_LONG'],
  ])('partnerCreate refuses %s', async (_, name, code) => {
    expect(await mutate(acme, 'PartnerCreate', { name })).toMatchObject({
      partner: null,
      userErrors: [{ code, field: ['name'] }],
    })
  })
})

describe('a changed partner', () => {
  const contact = { name: 'Ann Lee', email: 'ann@courier.example' }
  const update = (input: Input) => mutate(acme, 'PartnerUpdate', input)

  test('partnerUpdate changes name and contact, and leaves out what the input leaves out', async () => {
    const id = await createTestPartner(server, acme)
    expect(await update({ id, contact })).toMatchObject({ partner: { name: 'Courier Ltd', contact } })
    expect(await update({ id, name: 'New Ltd' })).toMatchObject({ partner: { name: 'New Ltd', contact } })
    const { email } = contact
    expect(await update({ id, contact: { email } })).toMatchObject({
      partner: { name: 'New Ltd', contact: { name: null, email } },
    })
  })

  test('a contact is erased by partnerUpdate with null, and no audit entry has contained it', async () => {
    const id = await createTestPartner(server, acme)
    await update({ id, contact })
    await update({ id, contact: { ...contact, name: 'Bea' } })
    await update({ id, contact: { ...contact, name: 'Bea' } })
    expect(await update({ id, contact: null })).toMatchObject({ partner: { contact: null } })

    const entries = await auditEntriesOf(server, id)
    expect(entries.map(({ operation, before, after }) => ({ operation, before, after }))).toEqual([
      { operation: 'partnerCreate', before: null, after: { name: 'Courier Ltd', contact: null } },
      { operation: 'partnerUpdate', before: { contact: null }, after: { contact: '[masked]' } },
      { operation: 'partnerUpdate', before: { contact: '[masked]' }, after: { contact: '[replaced]' } },
      { operation: 'partnerUpdate', before: { contact: '[masked]' }, after: { contact: null } },
    ])
  })

  test.each([
    ['nothing to change', {}, 'REQUIRED', []],
    ['name null', { name: null }, 'REQUIRED', ['name']],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, 'TOO_LONG', ['name']],
    ['an e-mail without @', { contact: { email: 'courier.example' } }, 'INVALID', ['contact', 'email']],
    [
      'an e-mail with two lines',
      { contact: { email: 'a@b.example\nBcc: c@d.example' } },
      'INVALID',
      ['contact', 'email'],
    ],
    ['an empty e-mail', { contact: { email: ' ' } }, 'REQUIRED', ['contact', 'email']],
    [
      'an e-mail of 255 characters',
      { contact: { email: `${'x'.repeat(245)}@b.example` } },
      'TOO_LONG',
      ['contact', 'email'],
    ],
    ['an empty contact name', { contact: { ...contact, name: '' } }, 'REQUIRED', ['contact', 'name']],
  ])('partnerUpdate refuses %s', async (_, input, code, field) => {
    const answer = await update({ id: courier.partnerId, ...input })
    expect(answer).toMatchObject({ partner: null, userErrors: [{ code, field }] })
  })
})

describe('a deleted partner', () => {
  test('partnerDelete ends the keys and the webhooks of the partner, cancels their deliveries, and leaves those of others', async () => {
    const gone = await asPartner(server, acme, 'Gone Ltd')
    const [theirs, others] = [
      await createWebhook(gone, receiver, { topics: ['order.created'] }),
      await createWebhook(courier, receiver, { topics: ['order.created'] }),
    ]
    receiver.script(503)
    await createOrder(acme)
    await waitFor(
      async () => (await listDeliveries(acme, { webhookIds: [theirs.id] }))[0]?.attemptCount === 1,
      { what: 'the attempt to fail' },
    )
    await mutateOrThrow(acme, 'PartnerUpdate', { id: gone.partnerId, contact: { email: 'a@gone.example' } })

    expect(await mutateOrThrow(acme, 'PartnerDelete', { id: gone.partnerId })).toMatchObject({
      deletedId: gone.partnerId,
    })
    receiver.script(200)

    expect((await whoAmI(server, gone.key)).status).toBe(401)
    expect(await listDeliveries(acme, { webhookIds: [theirs.id] })).toMatchObject([{ state: 'CANCELLED' }])
    const read = `query ($id: ID!, $webhook: ID!, $other: ID!, $webhooks: [ID!]) {
      partner(id: $id) { id } node(id: $id) { id } partners(first: 100) { nodes { id } }
      webhook(id: $webhook) { id } other: webhook(id: $other) { enabled }
      deliveries(filter: { webhookIds: $webhooks }) { nodes { webhook { name partner { name contact { email } deletedAt } } } }
    }`
    const variables = { id: gone.partnerId, webhook: theirs.id, other: others.id, webhooks: [theirs.id] }
    const found = await acme.gql<{ partners: { nodes: readonly { id: string }[] } }>(read, variables)
    expect(found).toMatchObject({
      ...{ partner: null, node: null, webhook: null, other: { enabled: true } },
      deliveries: {
        nodes: [
          {
            webhook: {
              partner: { name: 'Gone Ltd', contact: null, deletedAt: expect.any(String) as string },
            },
          },
        ],
      },
    })
    expect(found.partners.nodes.map(({ id }) => id)).not.toContain(gone.partnerId)
    expect(await auditEntriesOf(server, gone.partnerId)).toMatchObject([
      {},
      {},
      {
        operation: 'partnerDelete',
        before: { name: 'Gone Ltd', keyIds: [gone.keyId], webhookIds: [theirs.id] },
        after: null,
      },
    ])
  })

  test('partnerDelete cancels the unfinished bulk retries of the partner, and leaves those of others', async () => {
    const gone = await asPartner(server, acme, 'Gone Ltd')
    const { sql } = server.connections
    const ids = ['RUNNING', 'PAUSED', 'PAUSED', 'DONE'].map((state) => ({
      id: system.newId('bulkRetry'),
      state,
    }))
    const partners = [gone.partnerId, gone.partnerId, courier.partnerId, gone.partnerId]
    for (const [n, { id, state }] of ids.entries())
      await sql`
        insert into bulk_retries (id, project_id, partner_id, key_id, filter, rate_per_second, restart_schedule, dry_run, state, total, created_at, paced_at, finished_at)
        values (${id}, ${acme.projectId}, ${partners[n] ?? ''}, ${gone.keyId}, '{}', 1, false, false, ${state}, 1, now(), now(),
          case when ${state} = 'DONE' then now() end)`
    await mutateOrThrow(acme, 'PartnerDelete', { id: gone.partnerId })
    const rows = await sql`
      select state, finished_at is not null as finished from bulk_retries where id = any(${ids.map(({ id }) => id)}) order by array_position(${ids.map(({ id }) => id)}::text[], id::text)`
    expect(rows).toEqual([
      { state: 'CANCELLED', finished: true },
      { state: 'CANCELLED', finished: true },
      { state: 'PAUSED', finished: false },
      { state: 'DONE', finished: true },
    ])
    const [entry] = (await auditEntriesOf(server, gone.partnerId)).slice(-1)
    expect(entry).toMatchObject({
      operation: 'partnerDelete',
      before: { bulkRetryIds: expect.arrayContaining([ids[0]?.id, ids[1]?.id]) as string[] },
    })
  })

  test('every mutation that names a deleted partner refuses it with NOT_FOUND', async () => {
    const id = await createTestPartner(server, acme)
    await mutateOrThrow(acme, 'PartnerDelete', { id })
    const own = await createWebhook(acme, receiver, { topics: ['menu.updated'] })
    const answers = [
      await mutate(acme, 'PartnerDelete', { id }),
      await mutate(acme, 'PartnerUpdate', { id, name: 'Back' }),
      await mutate(acme, 'KeyCreate', { role: 'PARTNER', partnerId: id }),
      await mutate(acme, 'WebhookCreate', { ...webhookInput, partnerId: id }),
      await mutate(acme, 'WebhookUpdate', { id: own.id, partnerId: id }),
    ]
    expect(answers.map(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
      answers.map(() => ['NOT_FOUND']),
    )
  })

  test('a webhook that is created while its partner is deleted is refused or deleted with the partner', async () => {
    const racing = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const id = await createTestPartner(server, acme)
        await Promise.all([
          mutate(acme, 'WebhookCreate', { ...webhookInput, topics: ['menu.updated'], partnerId: id }),
          mutate(acme, 'KeyCreate', { role: 'PARTNER', partnerId: id }),
          mutate(acme, 'PartnerDelete', { id }),
        ])
        return id
      }),
    )
    const [left] = await server.connections.sql`
      select (select count(*)::int from webhooks where partner_id = any(${racing}) and deleted_at is null) as webhooks,
        (select count(*)::int from keys where partner_id = any(${racing}) and revoked_at is null) as keys`
    expect(left).toEqual({ webhooks: 0, keys: 0 })
  })
})
