/** The expected responses of the root fields of Mutation. */
import { documents, missingId, type DocumentName } from '../fixtures.ts'
import {
  change,
  create,
  forWebhookOwners,
  notFound,
  nothing,
  type ObjectIds,
  type RootField,
} from './root-field.ts'

const published = {
  event: { topic: 'menu.updated', data: { menuId: 7 }, deliveries: nothing },
  userErrors: [],
}
const topicMade = { topic: { name: 'loyalty.earned', builtIn: false }, userErrors: [] }

const renamed = (_: ObjectIds, id: string) => ({ it: { project: { id, name: 'Mine' }, userErrors: [] } })
const partnerMade = { it: { partner: { name: 'Courier Ltd' }, userErrors: [] } }
const keyMade = { it: { key: { role: 'READER' }, userErrors: [] } }

export const mutationFields: Readonly<Record<string, RootField>> = {
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
  // Project A's partner is not among the ids, because a deleted partner would end the keys of the other cases.
  ...Object.fromEntries(
    (['PartnerUpdate', 'PartnerDelete'] as const).map((name) => {
      const answer = () => ({ it: notFound(name === 'PartnerDelete' ? 'deletedId' : 'partner') })
      const field = `Mutation.${name.charAt(0).toLowerCase()}${name.slice(1)}`
      return [
        field,
        {
          query: documents[name].replace(/\{\s*(\w+)\(/, '{ it: $1('),
          variables: () => ({
            input: { id: missingId('ptn'), ...(name === 'PartnerUpdate' && { name: 'Mine' }) },
          }),
          answers: { owner: answer, stranger: answer },
        },
      ]
    }),
  ),
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
  'Mutation.webhookPause': change(
    'WebhookPause',
    ({ webhook }) => ({ id: webhook }),
    ({ webhook }) => ({ webhook: { id: webhook, paused: { until: null } } }),
    'webhook',
  ),
  'Mutation.webhookResume': change(
    'WebhookResume',
    ({ webhook }) => ({ id: webhook }),
    ({ webhook }) => ({ webhook: { id: webhook, paused: null } }),
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
  'Mutation.deliveriesRetry': {
    query: documents.DeliveriesRetry.replace(/\{\s*(\w+)\(/, '{ it: $1('),
    variables: (a) => ({ input: { filter: { webhookIds: [a.webhook] } } }),
    answers: {
      // Its delivery was delivered.
      owner: () => ({ it: { bulkRetry: { total: 0 }, userErrors: [] } }),
      stranger: () => ({ it: notFound('bulkRetry') }),
    },
    roles: forWebhookOwners,
  },
  'Mutation.bulkRetryPause': ofNoBulkRetry('BulkRetryPause'),
  'Mutation.bulkRetryResume': ofNoBulkRetry('BulkRetryResume'),
  'Mutation.bulkRetryCancel': ofNoBulkRetry('BulkRetryCancel'),
}

/** A change of a bulk retry that does not exist. Those of others: isolation.test.ts. */
function ofNoBulkRetry(name: DocumentName): RootField {
  return {
    query: documents[name].replace(/\{\s*(\w+)\(/, '{ it: $1('),
    variables: () => ({ input: { id: missingId('brt') } }),
    answers: {
      owner: () => ({ it: notFound('bulkRetry') }),
      stranger: () => ({ it: notFound('bulkRetry') }),
    },
    roles: forWebhookOwners,
  }
}
