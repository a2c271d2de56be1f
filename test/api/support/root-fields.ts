/**
 * The expected response of every root field to the owner, to another project's key and to the other roles of the
 * owner's project, when the request has the ids of the owner's objects. `authorisation.test.ts` sends the requests. It
 * fails for a root field that is not declared here. A root field is FORBIDDEN to a role that its declaration does not
 * name.
 */
import { expect } from 'vitest'
import { presets } from '../../../src/domain/webhooks/preset.ts'
import { topics } from '../../../src/domain/orders/topic.ts'
import { documents, missingId, type DocumentName, type Input } from './fixtures.ts'

/** The ids of the objects of project A. */
export interface ObjectIds {
  readonly projectId: string
  readonly site: string
  readonly customer: string
  readonly order: string
  readonly event: string
  readonly webhook: string
  readonly delivery: string
  readonly attempt: string
}

/** The key of the request: project A's own key, or the key of a project without objects. */
export type Relation = 'owner' | 'stranger'

/**
 * The other roles: a READER of project A, the PARTNER that owns the webhook, another PARTNER, and an OPERATOR in
 * project A.
 */
export type Role = 'reader' | 'partner' | 'otherPartner' | 'operator'
export const roles: readonly Role[] = ['reader', 'partner', 'otherPartner', 'operator']

/** The same response as another caller, or the data. Members that are not named may have any value. */
export type RoleAnswer = Relation | ((a: ObjectIds, projectId: string) => object)

export interface RootField {
  readonly query: string
  readonly variables: (a: ObjectIds) => Input
  /**
   * The data. Members that are not named may have any value. Null: FORBIDDEN. `projectId` is the project of the key.
   */
  readonly answers: Readonly<Record<Relation, ((a: ObjectIds, projectId: string) => object) | null>>
  /**
   * The responses to the other roles. Roles that are not named are FORBIDDEN, except OPERATOR, which is answered as
   * the owner.
   */
  readonly roles?: Readonly<Partial<Record<Role, RoleAnswer>>>
}

/** A READER reads the whole project. A PARTNER reads its own objects. */
const forReaders = { reader: 'owner' } as const
const forEverybody = { reader: 'owner', partner: 'owner', otherPartner: 'stranger' } as const
/** Changes of webhooks and deliveries: a PARTNER changes its own. */
const forWebhookOwners = { partner: 'owner', otherPartner: 'stranger' } as const
/** Data that belongs to no project: the same response to all. */
const forAll = { reader: 'owner', partner: 'owner', otherPartner: 'owner' } as const

/** Another project's id is not found. A list of the other project is empty. */
const nothing = { nodes: [] }
const notFound = (...nulls: readonly string[]) => ({
  ...Object.fromEntries(nulls.map((name) => [name, null])),
  userErrors: [{ code: 'NOT_FOUND' }],
})

function one(field: string, id: keyof ObjectIds, roles: RootField['roles'] = forEverybody): RootField {
  return {
    query: `query ($id: ID!) { it: ${field}(id: $id) { id } }`,
    variables: (a) => ({ id: a[id] }),
    answers: { owner: (a) => ({ it: { id: a[id] } }), stranger: () => ({ it: null }) },
    roles,
  }
}

function list(field: string, id: keyof ObjectIds, roles: RootField['roles'] = forEverybody): RootField {
  return {
    query: `{ it: ${field} { nodes { id } } }`,
    variables: () => ({}),
    answers: { owner: (a) => ({ it: { nodes: [{ id: a[id] }] } }), stranger: () => ({ it: nothing }) },
    roles,
  }
}

/** A change of an object of project A. The stranger is answered NOT_FOUND. */
function change(
  name: DocumentName,
  input: (a: ObjectIds) => Input,
  owner: (a: ObjectIds) => object,
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

/** A new object in the project of the key, where `number` counts from 1. */
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

function feedCursor(field: string): RootField {
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

const renamed = (_: ObjectIds, id: string) => ({ it: { project: { id, name: 'Mine' }, userErrors: [] } })
const partnerMade = { it: { partner: { name: 'Courier Ltd' }, userErrors: [] } }
const keyMade = { it: { key: { role: 'READER' }, userErrors: [] } }

const own = (_: ObjectIds, id: string) => ({ it: { project: { id } } })

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
    // That a project does not see the partners of another project is in isolation.test.ts.
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
  // The oldest key of the project.
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
  // A cursor of the own project. Which cursors a key may use is in feed-cursors.test.ts.
  'Query.deliveryAttemptsCursor': feedCursor('deliveryAttemptsCursor'),
  'Query.webhookChangesCursor': feedCursor('webhookChangesCursor'),
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
  // A published event and a new topic belong to the project of the key.
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
  // The new object belongs to the project of the key, and the key changes its own project.
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
      // The delivery was already delivered.
      owner: () => ({ it: { delivery: null, userErrors: [{ code: 'CONFLICT' }] } }),
      stranger: () => ({ it: notFound('delivery') }),
    },
    roles: forWebhookOwners,
  },

  // A stranger's subscription sends only the stranger's own objects. authorisation.test.ts subscribes.
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
