/**
 * What every root field answers to its owner, to another project's key and to the other roles of the owner's project,
 * when it is asked with the ids of the owner's things. `authorisation.test.ts` asks; a root field that is not declared
 * here fails there, and one that says nothing of a role must be FORBIDDEN to it.
 */
import { expect } from 'vitest'
import { presets } from '../../../src/domain/webhooks/preset.ts'
import { topics } from '../../../src/domain/orders/topic.ts'
import { documents, missingId, type DocumentName, type Input } from './fixtures.ts'

/** What project A has. */
export interface Things {
  readonly projectId: string
  readonly site: string
  readonly customer: string
  readonly order: string
  readonly event: string
  readonly webhook: string
  readonly delivery: string
  readonly attempt: string
}

/** Whose key asks: A's own, or one of a project that has nothing. */
export type Asker = 'owner' | 'stranger'

/** The other roles: a READER of A's project, the PARTNER whose the webhook is, a PARTNER who has nothing, and an OPERATOR who acts in A's project. */
export type Role = 'reader' | 'partner' | 'otherPartner' | 'operator'
export const roles: readonly Role[] = ['reader', 'partner', 'otherPartner', 'operator']

/** As one of the askers, or the data itself; members that are not named may be anything. */
export type RoleAnswer = Asker | ((a: Things, projectId: string) => object)

export interface RootField {
  readonly query: string
  readonly variables: (a: Things) => Input
  /** The data, of which members that are not named here may be anything; null: FORBIDDEN. `projectId` is the asker's. */
  readonly answers: Readonly<Record<Asker, ((a: Things, projectId: string) => object) | null>>
  /** What the other roles are answered; FORBIDDEN to those that are not named. An OPERATOR is answered as the owner. */
  readonly roles?: Readonly<Partial<Record<Role, RoleAnswer>>>
}

/** For all that read a project; of a partner's, what is its own. */
const forReaders = { reader: 'owner' } as const
const forEverybody = { reader: 'owner', partner: 'owner', otherPartner: 'stranger' } as const
/** Changes of webhooks and deliveries: each partner's own. */
const forWebhookOwners = { partner: 'owner', otherPartner: 'stranger' } as const
/** Of nobody: the same to all. */
const forAll = { reader: 'owner', partner: 'owner', otherPartner: 'owner' } as const

/** Another project's ids are no one's; a list of another project's is one's own, and that is empty. */
const nothing = { nodes: [] }
const notFound = (...nulls: readonly string[]) => ({
  ...Object.fromEntries(nulls.map((name) => [name, null])),
  userErrors: [{ code: 'NOT_FOUND' }],
})

function one(field: string, id: keyof Things, roles: RootField['roles'] = forEverybody): RootField {
  return {
    query: `query ($id: ID!) { it: ${field}(id: $id) { id } }`,
    variables: (a) => ({ id: a[id] }),
    answers: { owner: (a) => ({ it: { id: a[id] } }), stranger: () => ({ it: null }) },
    roles,
  }
}

function list(field: string, id: keyof Things, roles: RootField['roles'] = forEverybody): RootField {
  return {
    query: `{ it: ${field} { nodes { id } } }`,
    variables: () => ({}),
    answers: { owner: (a) => ({ it: { nodes: [{ id: a[id] }] } }), stranger: () => ({ it: nothing }) },
    roles,
  }
}

/** A change of a thing of A's: a stranger is told that there is none. */
function change(
  name: DocumentName,
  input: (a: Things) => Input,
  owner: (a: Things) => object,
  ...nulls: readonly string[]
): RootField {
  return {
    query: documents[name].replace(/\{\s*(\w+)\(/, '{ it: $1('),
    variables: (a) => ({ input: input(a) }),
    answers: {
      owner: (a) => ({ it: { ...owner(a), userErrors: [] } }),
      stranger: () => ({ it: notFound(...nulls) }),
    },
    ...(/^(Webhook|SecretRotate|Retry|Cancel)/.test(name) && { roles: forWebhookOwners }),
  }
}

/** Something new, which lands in the project of whoever asks, `number` there counting from 1. */
function create(field: string, type: string, input: Input): RootField {
  return {
    query: `mutation ($input: ${type}!) { it: ${field}Create(input: $input) { ${field} { number } userErrors { code } } }`,
    variables: () => ({ input }),
    answers: {
      owner: () => ({ it: { [field]: { number: 2 }, userErrors: [] } }),
      stranger: () => ({ it: { [field]: { number: 1 }, userErrors: [] } }),
    },
  }
}

function standing(field: string): RootField {
  const answer = () => ({ it: expect.any(String) as string })
  return {
    query: `{ it: ${field} }`,
    variables: () => ({}),
    answers: { owner: answer, stranger: answer },
    roles: forAll,
  }
}

const allTopics = topics.map((name) => ({ name, builtIn: true }))

const published = {
  event: { topic: 'menu.updated', data: { menuId: 7 }, deliveries: nothing },
  userErrors: [],
}
const topicMade = { topic: { name: 'loyalty.earned', builtIn: false }, userErrors: [] }

const renamed = (_: Things, id: string) => ({ it: { project: { id, name: 'Mine' }, userErrors: [] } })
const partnerMade = { it: { partner: { name: 'Courier Ltd' }, userErrors: [] } }
const keyMade = { it: { key: { role: 'READER' }, userErrors: [] } }

const own = (_: Things, id: string) => ({ it: { project: { id } } })

export const rootFields: Readonly<Record<string, RootField>> = {
  'Query.viewer': {
    query: '{ it: viewer { project { id } key { role } } }',
    variables: () => ({}),
    answers: { owner: own, stranger: own },
    roles: forAll,
  },
  'Query.project': {
    query: '{ it: project { id } }',
    variables: () => ({}),
    answers: { owner: (_, id) => ({ it: { id } }), stranger: (_, id) => ({ it: { id } }) },
    roles: forAll,
  },
  'Query.projects': {
    query: '{ it: projects(first: 100) { nodes { id } } }',
    variables: () => ({}),
    answers: { owner: null, stranger: null },
    roles: { operator: (_, id) => ({ it: { nodes: expect.arrayContaining([{ id }]) as object[] } }) },
  },
  'Query.auditLog': {
    query:
      '{ it: auditLog(filter: { operations: ["orderCreate", "siteCreate", "webhookCreate"] }) { nodes { operation objectId } } }',
    variables: () => ({}),
    answers: {
      owner: (a) => ({
        it: {
          nodes: [
            { operation: 'orderCreate', objectId: a.order },
            { operation: 'siteCreate', objectId: a.site },
            { operation: 'webhookCreate', objectId: a.webhook },
          ],
        },
      }),
      stranger: () => ({ it: nothing }),
    },
  },
  'Query.partner': {
    query: 'query ($id: ID!) { it: partner(id: $id) { id } }',
    // Whose partners are whose: isolation.test.ts.
    variables: () => ({ id: missingId('ptn') }),
    answers: { owner: () => ({ it: null }), stranger: () => ({ it: null }) },
    roles: forReaders,
  },
  'Query.partners': {
    query: '{ it: partners { nodes { id } pageInfo { hasPreviousPage } } }',
    variables: () => ({}),
    answers: {
      owner: () => ({ it: { pageInfo: { hasPreviousPage: false } } }),
      stranger: () => ({ it: nothing }),
    },
    roles: forReaders,
  },
  // The first that was made; each project has more, of which no other is told.
  'Query.keys': {
    query: '{ it: keys(last: 1) { nodes { role } } }',
    variables: () => ({}),
    answers: {
      owner: () => ({ it: { nodes: [{ role: 'PLATFORM' }] } }),
      stranger: () => ({ it: { nodes: [{ role: 'PLATFORM' }] } }),
    },
  },
  'Query.node': one('node', 'delivery'),
  'Query.nodes': {
    query: 'query ($ids: [ID!]!) { it: nodes(ids: $ids) { id } }',
    variables: (a) => ({ ids: Object.values(a) }),
    answers: {
      owner: (a) => ({ it: Object.values(a).map((id: string) => ({ id })) }),
      stranger: (a) => ({ it: Object.values(a).map(() => null) }),
    },
    roles: {
      reader: 'owner',
      partner: (a) => ({
        it: Object.entries(a).map(([name, id]: [string, string]) =>
          ['site', 'customer'].includes(name) ? null : { id },
        ),
      }),
      otherPartner: (a) => ({
        it: Object.entries(a).map(([name, id]: [string, string]) => (name === 'projectId' ? { id } : null)),
      }),
    },
  },
  'Query.site': one('site', 'site', forReaders),
  'Query.sites': list('sites', 'site', forReaders),
  'Query.customer': one('customer', 'customer', forReaders),
  'Query.customers': list('customers', 'customer', forReaders),
  'Query.order': one('order', 'order'),
  'Query.orders': list('orders', 'order', forReaders),
  'Query.event': one('event', 'event'),
  'Query.events': list('events', 'event', forReaders),
  'Query.topics': {
    query: '{ it: topics { name builtIn } }',
    variables: () => ({}),
    answers: { owner: () => ({ it: allTopics }), stranger: () => ({ it: allTopics }) },
    roles: forAll,
  },
  'Query.webhook': one('webhook', 'webhook'),
  'Query.webhooks': list('webhooks', 'webhook'),
  'Query.delivery': one('delivery', 'delivery'),
  'Query.deliveryPreview': {
    query: documents.Preview.replace('{\n  deliveryPreview(', '{\n  it: deliveryPreview('),
    variables: (a) => ({ webhookId: a.webhook, eventId: a.event }),
    answers: {
      owner: () => ({ it: { wouldDeliver: true, request: { method: 'POST' } } }),
      stranger: () => ({ it: null }),
    },
    roles: forEverybody,
  },
  'Query.deliveries': list('deliveries', 'delivery'),
  'Query.deliveryAttempt': one('deliveryAttempt', 'attempt'),
  'Query.deliveryAttempts': list('deliveryAttempts', 'attempt'),
  // Where one's own feeds stand: a text that tells of nothing else. Whose they are good for: live/feed-cursors.test.ts.
  'Query.deliveryAttemptsCursor': standing('deliveryAttemptsCursor'),
  'Query.webhookChangesCursor': standing('webhookChangesCursor'),
  'Query.presets': {
    query: '{ it: presets { name } }',
    variables: () => ({}),
    answers: {
      owner: () => ({ it: presets.map((name) => ({ name })) }),
      stranger: () => ({ it: presets.map((name) => ({ name })) }),
    },
    roles: forAll,
  },

  'Mutation.siteCreate': create('site', 'SiteCreateInput', { name: 'Second Street' }),
  'Mutation.siteUpdate': change(
    'SiteUpdate',
    ({ site }) => ({ id: site, name: 'Mine' }),
    ({ site }) => ({ site: { id: site, name: 'Mine' } }),
    'site',
  ),
  'Mutation.customerCreate': create('customer', 'CustomerCreateInput', { name: 'Ann' }),
  'Mutation.customerUpdate': change(
    'CustomerUpdate',
    ({ customer }) => ({ id: customer, name: 'Mine' }),
    ({ customer }) => ({ customer: { id: customer, name: 'Mine' } }),
    'customer',
  ),
  'Mutation.customerErase': change(
    'CustomerErase',
    ({ customer }) => ({ id: customer }),
    ({ customer }) => ({ customer: { id: customer, name: '[erased]' } }),
    'customer',
  ),
  'Mutation.orderCreate': change(
    'OrderCreate',
    ({ site, customer }) => ({ siteId: site, customerId: customer }),
    ({ site }) => ({ order: { number: 2, site: { id: site } } }),
    'order',
  ),
  'Mutation.orderUpdate': change(
    'OrderUpdate',
    ({ order }) => ({ orderId: order, redemptionCode: 'MINE' }),
    ({ order }) => ({ order: { id: order, version: 2 } }),
    'order',
    'event',
  ),
  'Mutation.orderStateChange': change(
    'OrderStateChange',
    ({ order }) => ({ orderId: order, state: 'CANCELLED' }),
    ({ order }) => ({ order: { id: order, state: 'CANCELLED' } }),
    'order',
    'event',
  ),
  'Mutation.customerStateChange': change(
    'CustomerStateChange',
    ({ order }) => ({ orderId: order, customerState: 'ARRIVED' }),
    ({ order }) => ({ order: { id: order, customerState: 'ARRIVED' } }),
    'order',
    'event',
  ),
  'Mutation.orderDelete': change(
    'OrderDelete',
    ({ order }) => ({ orderId: order }),
    ({ order }) => ({ deletedId: order, event: { topic: 'order.deleted' } }),
    'deletedId',
    'order',
    'event',
  ),
  // Of nobody's things: what is published, and a topic, are of the project of whoever asks.
  'Mutation.eventPublish': {
    query: `mutation ($input: EventPublishInput!) { it: eventPublish(input: $input) { event { topic data deliveries { nodes { id } } } userErrors { code } } }`,
    variables: () => ({ input: { topic: 'menu.updated', data: { menuId: 7 } } }),
    answers: { owner: () => ({ it: published }), stranger: () => ({ it: published }) },
  },
  'Mutation.topicCreate': {
    query: `mutation ($input: TopicCreateInput!) { it: topicCreate(input: $input) { topic { name builtIn } userErrors { code } } }`,
    variables: () => ({ input: { name: 'loyalty.earned', description: 'Points', example: {} } }),
    answers: { owner: () => ({ it: topicMade }), stranger: () => ({ it: topicMade }) },
  },
  // What is made is of whoever asks, as is the project that is changed.
  'Mutation.projectCreate': {
    query: `mutation ($input: ProjectCreateInput!) { it: projectCreate(input: $input) { project { name } userErrors { code } } }`,
    variables: () => ({ input: { name: 'Beta' } }),
    answers: { owner: null, stranger: null },
    roles: { operator: () => ({ it: { project: { name: 'Beta' }, userErrors: [] } }) },
  },
  'Mutation.projectUpdate': {
    query: `mutation ($input: ProjectUpdateInput!) { it: projectUpdate(input: $input) { project { id name } userErrors { code } } }`,
    variables: () => ({ input: { name: 'Mine' } }),
    answers: { owner: renamed, stranger: renamed },
  },
  'Mutation.partnerCreate': {
    query: documents.PartnerCreate.replace(/\{\s*(\w+)\(/, '{ it: $1('),
    variables: () => ({ input: { name: 'Courier Ltd' } }),
    answers: { owner: () => partnerMade, stranger: () => partnerMade },
  },
  'Mutation.keyCreate': {
    query: `mutation ($input: KeyCreateInput!) { it: keyCreate(input: $input) { key { role } userErrors { code } } }`,
    variables: () => ({ input: { role: 'READER' } }),
    answers: { owner: () => keyMade, stranger: () => keyMade },
  },
  'Mutation.keyRevoke': {
    query: documents.KeyRevoke.replace(/\{\s*(\w+)\(/, '{ it: $1('),
    variables: () => ({ input: { id: missingId('key') } }),
    answers: { owner: () => ({ it: notFound('key') }), stranger: () => ({ it: notFound('key') }) },
  },
  'Mutation.webhookCreate': {
    query: `mutation ($input: WebhookCreateInput!) { it: webhookCreate(input: $input) { webhook { name } userErrors { code } } }`,
    variables: () => ({ input: { name: 'Till', url: 'https://pos.example', topics: ['order.deleted'] } }),
    answers: {
      owner: () => ({ it: { webhook: { name: 'Till' }, userErrors: [] } }),
      stranger: () => ({ it: { webhook: { name: 'Till' }, userErrors: [] } }),
    },
    roles: { partner: 'owner', otherPartner: 'owner' },
  },
  'Mutation.webhookUpdate': change(
    'WebhookUpdate',
    ({ webhook }) => ({ id: webhook, name: 'Mine' }),
    ({ webhook }) => ({ webhook: { id: webhook, version: 2 } }),
    'webhook',
  ),
  'Mutation.webhookDisable': change(
    'WebhookDisable',
    ({ webhook }) => ({ id: webhook }),
    ({ webhook }) => ({ webhook: { id: webhook, enabled: false } }),
    'webhook',
  ),
  'Mutation.webhookEnable': change(
    'WebhookEnable',
    ({ webhook }) => ({ id: webhook }),
    ({ webhook }) => ({ webhook: { id: webhook, enabled: true } }),
    'webhook',
  ),
  'Mutation.webhookDelete': change(
    'WebhookDelete',
    ({ webhook }) => ({ id: webhook }),
    ({ webhook }) => ({ deletedId: webhook }),
    'deletedId',
  ),
  'Mutation.webhookSecretRotate': change(
    'SecretRotate',
    ({ webhook }) => ({ id: webhook }),
    ({ webhook }) => ({ webhook: { id: webhook }, token: null }),
    ...['webhook', 'secret', 'token'],
  ),
  'Mutation.webhookTest': change(
    'WebhookTest',
    ({ webhook }) => ({ id: webhook }),
    () => ({ attempt: { trigger: 'TEST', outcome: 'SUCCEEDED' } }),
    'attempt',
  ),
  'Mutation.deliveryRetry': change(
    'Retry',
    ({ delivery }) => ({ id: delivery }),
    ({ delivery }) => ({ delivery: { id: delivery, state: 'PENDING' } }),
    'delivery',
  ),
  'Mutation.deliveryCancel': {
    query: documents.Cancel.replace(/\{\s*(\w+)\(/, '{ it: $1('),
    variables: (a) => ({ input: { id: a.delivery } }),
    answers: {
      // It was delivered.
      owner: () => ({ it: { delivery: null, userErrors: [{ code: 'CONFLICT' }] } }),
      stranger: () => ({ it: notFound('delivery') }),
    },
    roles: forWebhookOwners,
  },

  // A stranger's feed brings what is the stranger's own, and of A's nothing: asked in `authorisation.test.ts`.
  'Subscription.deliveryAttempts': {
    query:
      'subscription ($filter: DeliveryAttemptFilter) { it: deliveryAttempts(filter: $filter) { attempt { webhook { id } } } }',
    variables: () => ({}),
    answers: {
      owner: (a) => ({ it: { attempt: { webhook: { id: a.webhook } } } }),
      stranger: (a) => ({ it: { attempt: { webhook: { id: a.webhook } } } }),
    },
    roles: forEverybody,
  },
  'Subscription.webhookChanges': {
    query:
      'subscription ($filter: WebhookChangeFilter) { it: webhookChanges(filter: $filter) { change { kind } webhook { id } } }',
    variables: () => ({}),
    answers: {
      owner: (a) => ({ it: { change: { kind: 'DISABLED' }, webhook: { id: a.webhook } } }),
      stranger: (a) => ({ it: { change: { kind: 'DISABLED' }, webhook: { id: a.webhook } } }),
    },
    roles: forEverybody,
  },
}
