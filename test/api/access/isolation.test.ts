/**
 * Isolation: another project, and another partner of the same project, send the ids of all objects in every argument
 * that takes an id.
 */
import { isInputObjectType, getNamedType, type GraphQLArgument, type GraphQLInputField } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readKey } from '../../../src/domain/access/key.ts'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  fingerprint,
  missingId,
  waitForSettled,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'

/** The prefix of an id. `uid` is the UUID of an order. */
type Kind = 'sit' | 'cus' | 'ord' | 'uid' | 'evt' | 'whk' | 'dlv' | 'att' | 'ptn' | 'key' | 'brt'

interface RequestTemplate {
  /** The kind of object that the argument names. */
  readonly kind: Kind
  readonly query: string
  readonly variables: (id: string) => Input
}

const byId = (field: string, kind: Kind): RequestTemplate => ({
  kind,
  query: `query ($id: ID!) { ${field}(id: $id) { __typename id } }`,
  variables: (id) => ({ id }),
})
const change = (name: DocumentName, kind: Kind, input: (id: string) => Input): RequestTemplate => ({
  kind,
  query: documents[name],
  variables: (id) => ({ input: input(id) }),
})
const list = (name: DocumentName, kind: Kind, member: string): RequestTemplate => ({
  kind,
  query: documents[name],
  variables: (id) => ({ filter: { [member]: [id] } }),
})

/** A list with a filter of ids. */
const filtered = (field: string, type: string, kind: Kind, member: string): RequestTemplate => ({
  kind,
  query: `query ($filter: ${type}) { ${field}(filter: $filter) { edges { cursor node { id } } pageInfo { endCursor } } }`,
  variables: (id) => ({ filter: { [member]: [id] } }),
})

const requests: Readonly<Record<string, RequestTemplate>> = {
  'Query.node.id': byId('node', 'dlv'),
  'Query.nodes.ids': {
    kind: 'att',
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }',
    variables: (id) => ({ ids: [id] }),
  },
  'Query.partner.id': byId('partner', 'ptn'),
  'Query.auditLog.filter.keyIds': filtered('auditLog', 'AuditLogFilter', 'key', 'keyIds'),
  'Query.auditLog.filter.objectIds': filtered('auditLog', 'AuditLogFilter', 'key', 'objectIds'),
  'Query.site.id': byId('site', 'sit'),
  'Query.customer.id': byId('customer', 'cus'),
  'Query.order.id': byId('order', 'ord'),
  'Query.order.uid': {
    kind: 'uid',
    query: 'query ($uid: ID!) { order(uid: $uid) { __typename id } }',
    variables: (uid) => ({ uid }),
  },
  'Query.orders.filter.siteIds': filtered('orders', 'OrderFilter', 'sit', 'siteIds'),
  'Query.orders.filter.customerIds': filtered('orders', 'OrderFilter', 'cus', 'customerIds'),
  'Query.event.id': byId('event', 'evt'),
  'Query.events.filter.orderIds': filtered('events', 'EventFilter', 'ord', 'orderIds'),
  'Query.events.filter.siteIds': filtered('events', 'EventFilter', 'sit', 'siteIds'),
  'Query.webhook.id': byId('webhook', 'whk'),
  'Query.delivery.id': byId('delivery', 'dlv'),
  'Query.deliveryAttempt.id': byId('deliveryAttempt', 'att'),
  'Query.deliveryPreview.webhookId': {
    kind: 'whk',
    query: documents.Preview,
    variables: (webhookId) => ({ webhookId }),
  },
  'Query.deliveries.filter.webhookIds': list('Log', 'whk', 'webhookIds'),
  'Query.deliveries.filter.orderIds': list('Log', 'ord', 'orderIds'),
  'Query.deliveries.filter.eventIds': list('Log', 'evt', 'eventIds'),
  'Query.deliveryAttempts.filter.webhookIds': list('Attempts', 'whk', 'webhookIds'),
  'Query.deliveryAttempts.filter.orderIds': list('Attempts', 'ord', 'orderIds'),
  'Mutation.orderCreate.input.siteId': change('OrderCreate', 'sit', (siteId) => ({
    siteId,
    customer: { name: 'Eve' },
  })),
  'Mutation.orderCreate.input.customerId': {
    kind: 'cus',
    query: documents.OrderCreate,
    variables: (customerId) => ({ input: { siteId: eveSite, customerId } }),
  },
  'Mutation.siteUpdate.input.id': change('SiteUpdate', 'sit', (id) => ({ id, name: 'Mine' })),
  'Mutation.customerUpdate.input.id': change('CustomerUpdate', 'cus', (id) => ({ id, name: 'Mine' })),
  'Mutation.customerErase.input.id': change('CustomerErase', 'cus', (id) => ({ id })),
  'Mutation.orderDelete.input.orderId': change('OrderDelete', 'ord', (orderId) => ({ orderId })),
  'Mutation.orderUpdate.input.orderId': change('OrderUpdate', 'ord', (orderId) => ({
    orderId,
    redemptionCode: 'MINE',
  })),
  'Mutation.orderStateChange.input.orderId': change('OrderStateChange', 'ord', (orderId) => ({
    orderId,
    state: 'CANCELLED',
  })),
  'Mutation.customerStateChange.input.orderId': change('CustomerStateChange', 'ord', (orderId) => ({
    orderId,
    customerState: 'ARRIVED',
  })),
  'Mutation.webhookUpdate.input.id': change('WebhookUpdate', 'whk', (id) => ({ id, name: 'Mine' })),
  'Mutation.webhookCreate.input.filters.siteIds': change('WebhookCreate', 'sit', (id) => ({
    ...{ name: 'Mine', url: 'https://pos.example', topics: ['order.*'], filters: { siteIds: [id] } },
  })),
  'Query.deliveries.filter.partnerIds': filtered('deliveries', 'DeliveryFilter', 'ptn', 'partnerIds'),
  'Query.deliveryAttempts.filter.partnerIds': filtered(
    'deliveryAttempts',
    'DeliveryAttemptFilter',
    'ptn',
    'partnerIds',
  ),
  'Query.webhooks.filter.partnerIds': filtered('webhooks', 'WebhookFilter', 'ptn', 'partnerIds'),
  'Mutation.webhookCreate.input.partnerId': change('WebhookCreate', 'ptn', (partnerId) => ({
    ...{ name: 'Mine', url: 'https://pos.example', topics: ['order.*'], partnerId },
  })),
  'Mutation.webhookUpdate.input.filters.siteIds': change('WebhookUpdate', 'sit', (id) => ({
    ...{ id: callersWebhook, filters: { siteIds: [id] } },
  })),
  'Mutation.webhookUpdate.input.partnerId': change('WebhookUpdate', 'ptn', (partnerId) => ({
    ...{ id: callersWebhook, partnerId },
  })),
  'Mutation.webhookSecretRotate.input.id': change('SecretRotate', 'whk', (id) => ({ id })),
  'Mutation.webhookDisable.input.id': change('WebhookDisable', 'whk', (id) => ({ id })),
  'Mutation.webhookEnable.input.id': change('WebhookEnable', 'whk', (id) => ({ id })),
  'Mutation.webhookPause.input.id': change('WebhookPause', 'whk', (id) => ({ id })),
  'Mutation.webhookResume.input.id': change('WebhookResume', 'whk', (id) => ({ id })),
  'Query.bulkRetry.id': byId('bulkRetry', 'brt'),
  'Mutation.deliveriesRetry.input.filter.webhookIds': change('DeliveriesRetry', 'whk', (id) => ({
    filter: { webhookIds: [id] },
  })),
  'Mutation.deliveriesRetry.input.filter.partnerIds': change('DeliveriesRetry', 'ptn', (id) => ({
    filter: { partnerIds: [id] },
  })),
  'Mutation.deliveriesRetry.input.filter.orderIds': change('DeliveriesRetry', 'ord', (id) => ({
    filter: { orderIds: [id] },
  })),
  'Mutation.deliveriesRetry.input.filter.eventIds': change('DeliveriesRetry', 'evt', (id) => ({
    filter: { eventIds: [id] },
  })),
  'Mutation.bulkRetryPause.input.id': change('BulkRetryPause', 'brt', (id) => ({ id })),
  'Mutation.bulkRetryResume.input.id': change('BulkRetryResume', 'brt', (id) => ({ id })),
  'Mutation.bulkRetryCancel.input.id': change('BulkRetryCancel', 'brt', (id) => ({ id })),
  'Mutation.webhookDelete.input.id': change('WebhookDelete', 'whk', (id) => ({ id })),
  'Mutation.deliveryRetry.input.id': change('Retry', 'dlv', (id) => ({ id })),
  'Mutation.deliveryCancel.input.id': change('Cancel', 'dlv', (id) => ({ id })),
  'Mutation.keyCreate.input.partnerId': change('KeyCreate', 'ptn', (partnerId) => ({
    ...{ role: 'PARTNER', partnerId },
  })),
  'Mutation.partnerUpdate.input.id': change('PartnerUpdate', 'ptn', (id) => ({ id, name: 'Mine' })),
  'Mutation.partnerDelete.input.id': change('PartnerDelete', 'ptn', (id) => ({ id })),
  'Mutation.keyRevoke.input.id': change('KeyRevoke', 'key', (id) => ({ id })),
  'Mutation.webhookTest.input.id': change('WebhookTest', 'whk', (id) => ({ id })),
}
/** Covered by the tests of subscriptions and by preview.test.ts. */
const coveredElsewhere = [
  'Query.deliveryPreview.eventId',
  'Subscription.deliveryAttempts.filter.webhookIds',
  'Subscription.deliveryAttempts.filter.orderIds',
  // Their response is a cursor of the caller's own feed, whatever ids the filter has.
  'Query.deliveryAttemptsCursor.filter.webhookIds',
  'Query.deliveryAttemptsCursor.filter.partnerIds',
  'Query.deliveryAttemptsCursor.filter.orderIds',
  'Query.eventsCursor.filter.orderIds',
  'Query.eventsCursor.filter.siteIds',
  'Query.webhookChangesCursor.filter.webhookIds',
  'Query.webhookChangesCursor.filter.partnerIds',

  'Subscription.events.filter.orderIds',
  'Subscription.events.filter.siteIds',
  'Subscription.webhookChanges.filter.webhookIds',
  'Subscription.webhookChanges.filter.partnerIds',
  'Subscription.deliveryAttempts.filter.partnerIds',
]

let server: TestServer
let acme: Tenant
let eve: Tenant
let receiver: Receiver
let ids: Readonly<Record<Kind, string>>
/** A site of Eve, so that only the customer in her input does not exist. */
let eveSite: string
/** A webhook of the caller, so that only the ids in the other fields do not exist. */
let callersWebhook: string
/** The partner that owns the webhook of Acme. */
let courier: Tenant & { readonly partnerId: string }
/** Another partner of Acme, with a webhook for a topic of which no event occurs. */
let rival: Tenant
/** The partner identifier of the order and of the site of Acme. */
const partnerIdentifier = 'P-24667'

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant('Acme')
  eve = await server.tenant('Eve')
  receiver = await startReceiver()
  courier = await asPartner(server, acme)
  rival = await asPartner(server, acme, 'Rival Ltd')
  const webhook = await createWebhook(courier, receiver)
  eveSite = await createSite(eve)
  callersWebhook = (await createWebhook(eve, receiver)).id
  const site = await createSite(acme, { partnerIdentifier })
  await mutateOrThrow(acme, 'SiteCreate', { name: 'Far from here' })
  const order = await createOrder(acme, {
    siteId: site,
    partnerIdentifier,
    customer: { name: 'Brian Johnson' },
  })
  const [delivery] = await waitForSettled(acme, { orderIds: [order.id] })
  const answer = await acme.gql<{ order: { customer: { id: string } } }>(
    `query ($id: ID!) { order(id: $id) { customer { id } } }`,
    { id: order.id },
  )
  const { bulkRetry } = await mutateOrThrow<{ bulkRetry: { id: string } }>(courier, 'DeliveriesRetry', {
    filter: { webhookIds: [webhook.id] },
  })
  ids = {
    brt: bulkRetry.id,
    ...{ key: readKey(acme.key)?.id ?? '' },
    sit: site,
    cus: answer.order.customer.id,
    ord: order.id,
    uid: order.uid,
    evt: delivery?.event.id ?? '',
    whk: webhook.id,
    dlv: delivery?.id ?? '',
    att: delivery?.attempts.nodes[0]?.id ?? '',
    ptn: courier.partnerId,
  }
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function bytesOf(tenant: Tenant, { query, variables }: RequestTemplate, id: string): Promise<string> {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
    body: JSON.stringify({ query, variables: variables(id) }),
  })
  return `${response.status} ${await response.text()}`
}

/** Ids that name no object of the kind. */
const missing = (kind: Kind): readonly string[] => [
  missingId(kind),
  // A wrong prefix, with the rest of an existing id, and of no kind.
  ids[kind].replace(kind, kind === 'ord' ? 'evt' : 'ord'),
  missingId('zzz'),
  // The latest possible timestamp of an id: the year 10889.
  `${kind}_7${'z'.repeat(25)}`,
  ids[kind].slice(0, -1),
  ids[kind].toUpperCase(),
  '',
  '42',
  "' or 1=1 --",
  '4228df3a-a54a-40d7-b30f-1385eca4c3dd',
  'x'.repeat(100_000),
]

describe('ids of another project', () => {
  test.each(Object.keys(requests))(
    'an id of another project in %s is answered byte for byte as an unknown id',
    async (path) => {
      const request = requests[path]
      if (request === undefined) throw new Error(`expected a request for ${path}`)
      const before = await fingerprint(server.connections)
      const requestsBefore = receiver.requests.length
      const foreign = await bytesOf(eve, request, ids[request.kind])
      const others = missing(request.kind)

      for (const id of others) expect(await bytesOf(eve, request, id)).toBe(foreign)
      expect(foreign).toMatch(/^200 /)
      expect(await fingerprint(server.connections)).toEqual(before)
      expect(receiver.requests).toHaveLength(requestsBefore)
    },
  )

  test('every query with an id of its own project is answered differently from one with the id of another project', async () => {
    for (const [path, request] of Object.entries(requests).filter(([path]) => path.startsWith('Query')))
      expect(await bytesOf(acme, request, ids[request.kind]), path).not.toBe(
        await bytesOf(eve, request, ids[request.kind]),
      )
  })
})

describe('ids of another partner', () => {
  // Sites belong to the project, not to a partner: the filter of a partner may name any site of the project.
  const siteFilters = Object.keys(requests).filter((path) => path.endsWith('filters.siteIds'))

  beforeAll(async () => {
    callersWebhook = (await createWebhook(rival, receiver, { topics: ['menu.updated'] })).id
  })

  test.each(Object.keys(requests).filter((path) => !siteFilters.includes(path)))(
    'an id of another partner in %s is answered byte for byte as an unknown id',
    async (path) => {
      const request = requests[path]
      if (request === undefined) throw new Error(`expected a request for ${path}`)
      const before = await fingerprint(server.connections)
      const requestsBefore = receiver.requests.length
      const foreign = await bytesOf(rival, request, ids[request.kind])

      for (const id of missing(request.kind)) expect(await bytesOf(rival, request, id)).toBe(foreign)
      expect(foreign).toMatch(/^200 /)
      expect(await fingerprint(server.connections)).toEqual(before)
      expect(receiver.requests).toHaveLength(requestsBefore)
    },
  )

  test('every query that a PARTNER key may send finds the object with the key of its owner and not with that of another partner', async () => {
    for (const [path, request] of Object.entries(requests).filter(([path]) => path.startsWith('Query'))) {
      const rivals = await bytesOf(rival, request, ids[request.kind])
      const own = await bytesOf(courier, request, ids[request.kind])
      if (rivals.includes('FORBIDDEN')) expect(own, path).toBe(rivals)
      else expect(own, path).not.toBe(rivals)
    }
  })
})

test('the requests of this file cover every argument of the schema that takes an id', () => {
  const found: string[] = []
  const walk = (path: string, argument: GraphQLArgument | GraphQLInputField): void => {
    const type = getNamedType(argument.type)
    const here = `${path}.${argument.name}`
    if (type.name === 'ID') found.push(here)
    if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) walk(here, field)
  }
  const schema = executableSchema()
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    for (const field of Object.values(root?.getFields() ?? {}))
      for (const argument of field.args) walk(`${root?.name ?? ''}.${field.name}`, argument)

  expect(found.toSorted()).toEqual([...Object.keys(requests), ...coveredElsewhere].toSorted())
})

describe('numbers, partner identifiers and lists', () => {
  test('a number or partner identifier of another project finds nothing', async () => {
    const read = (tenant: Tenant, arguments_: string) =>
      tenant.gql<{ it: { id?: string; nodes?: { id: string }[] } | null }>(`{ it: ${arguments_} }`)
    const lookUps: readonly (readonly [string, object])[] = [
      ['order(number: 1) { id }', { id: ids.ord }],
      [`order(partnerIdentifier: "${partnerIdentifier}") { id }`, { id: ids.ord }],
      ['customer(number: 1) { id }', { id: ids.cus }],
      ['site(number: 1) { id }', { id: ids.sit }],
      [
        `orders(filter: { partnerIdentifiers: ["${partnerIdentifier}"] }) { nodes { id } }`,
        { nodes: [{ id: ids.ord }] },
      ],
      [
        `sites(filter: { partnerIdentifiers: ["${partnerIdentifier}"] }) { nodes { id } }`,
        { nodes: [{ id: ids.sit }] },
      ],
    ]
    const mallory = await server.tenant('Mallory')
    for (const [field, found] of lookUps) {
      expect(await read(acme, field), field).toEqual({ it: found })
      expect(await read(mallory, field), field).toEqual({ it: 'nodes' in found ? { nodes: [] } : null })
    }
    // The same number names another object in each project.
    expect(await read(eve, 'site(number: 1) { id }')).toEqual({ it: { id: eveSite } })
    expect(await read(eve, 'site(number: 2) { id }')).toEqual({ it: null })
  })

  test('the delivery list does not contain the deliveries of another project', async () => {
    const { number } = await createOrder(eve)
    expect(number).toBe(1)
    expect(
      await bytesOf(eve, { kind: 'whk', query: documents.Log, variables: () => ({}) }, ''),
    ).not.toContain(ids.dlv)
  })

  test('the site and customer of an order belong to the project of the order', async () => {
    const mine = await createOrder(eve)
    const answer = await eve.gql(`query ($id: ID!) { order(id: $id) { site { id } customer { id } } }`, {
      id: mine.id,
    })
    expect(JSON.stringify(answer)).not.toContain(ids.sit)
  })
})
