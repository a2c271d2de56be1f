/** The expected responses of the root fields of Query. */
import { expect } from 'vitest'
import { topics } from '../../../../src/domain/orders/topic.ts'
import { presets } from '../../../../src/domain/webhooks/preset.ts'
import { documents, missingId } from '../fixtures.ts'
import {
  feedCursor,
  forAll,
  forEverybody,
  forReaders,
  list,
  nothing,
  one,
  type ObjectIds,
  type RootField,
} from './root-field.ts'

const allTopics = topics.map((name) => ({ name, builtIn: true }))

const own = (_: ObjectIds, id: string) => ({ it: { project: { id } } })

export const queryFields: Readonly<Record<string, RootField>> = {
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
  'Query.installation': {
    query: '{ it: installation { projects(first: 100) { nodes { project { id } } } } }',
    variables: () => ({}),
    answers: { owner: null, stranger: null },
    roles: {
      operator: (_, id) => ({
        it: { projects: { nodes: expect.arrayContaining([{ project: { id } }]) as object[] } },
      }),
    },
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
  // That a project and a partner do not see the bulk retries of others is in isolation.test.ts.
  'Query.bulkRetry': {
    query: 'query ($id: ID!) { it: bulkRetry(id: $id) { id } }',
    variables: () => ({ id: missingId('brt') }),
    answers: { owner: () => ({ it: null }), stranger: () => ({ it: null }) },
    roles: forEverybody,
  },
  'Query.bulkRetries': {
    query: '{ it: bulkRetries { nodes { id } } }',
    variables: () => ({}),
    answers: { owner: () => ({ it: nothing }), stranger: () => ({ it: nothing }) },
    roles: forEverybody,
  },
  'Query.deliveryAttempt': one('deliveryAttempt', 'attempt'),
  'Query.deliveryAttempts': list('deliveryAttempts', 'attempt'),
  // A cursor of the own project. Which cursors a key may use is in feed-cursors.test.ts.
  'Query.deliveryAttemptsCursor': feedCursor('deliveryAttemptsCursor'),
  'Query.eventsCursor': feedCursor('eventsCursor'),
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
}
