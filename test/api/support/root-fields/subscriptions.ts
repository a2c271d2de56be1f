/** The expected first message of the root fields of Subscription. */
import { forEverybody, type RootField } from './root-field.ts'

export const subscriptionFields: Readonly<Record<string, RootField>> = {
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
  'Subscription.events': {
    query:
      'subscription ($filter: EventFilter) { it: events(filter: $filter) { event { topic order { id } } } }',
    variables: () => ({}),
    answers: {
      owner: (a) => ({ it: { event: { topic: 'order.created', order: { id: a.order } } } }),
      stranger: (a) => ({ it: { event: { topic: 'order.created', order: { id: a.order } } } }),
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
