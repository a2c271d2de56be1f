/** The table of what each element of an operation costs, for docs/configuration.md, from the weights that the server uses. */
import { defaultSize } from '../src/graphql/core/connection.ts'
import {
  objectsPerPoint,
  schemaObjectShare,
  assumedListLength,
  weights,
} from '../src/graphql/execution/cost.ts'

/** What each element of an operation adds to its cost. */
export const costs: readonly (readonly [element: string, counts: string])[] = [
  ['a page', `its size (\`first\` or \`last\`, else ${defaultSize}) times the selection of a member`],
  ['`nodes(ids:)`', 'the number of ids times the selection of a member'],
  ['a list without a size', `${assumedListLength} times the selection of a member`],
  [
    '`request` or `response` of an attempt, `data` of an event',
    `${weightOf('DeliveryAttempt.request', 'DeliveryAttempt.response', 'Event.data')} objects each`,
  ],
  ['the query `topics`', `${weightOf('Query.topics') * assumedListLength} objects`],
  ['objects of the schema itself (introspection)', `${schemaObjectShare} of an object each`],
  ['`webhookTest`', `${points('Mutation.webhookTest')} points more`],
  [
    '`webhookCreate`, `webhookUpdate`',
    `${points('Mutation.webhookCreate', 'Mutation.webhookUpdate')} points more, because they may send a request too`,
  ],
  ['any other mutation', `${points('Mutation.*')} points more`],
  [
    '`pendingCount`, `nextDueAt`, `stats` or `latestAttempt` of a webhook',
    `${weightOf('Webhook.pendingCount', 'Webhook.nextDueAt', 'Webhook.stats', 'Webhook.latestAttempt')} objects each`,
  ],
  ['`series` of a webhook', `${weightOf('Webhook.series') * assumedListLength} objects`],
  [
    '`count` of orders, webhooks or deliveries',
    `${weightOf('OrderConnection.count', 'WebhookConnection.count', 'DeliveryConnection.count')} objects`,
  ],
  ['`deliveryPreview`', `${points('Query.deliveryPreview')} points more`],
]

/** The weight that the fields have in common. Throws when they differ, because they share a row of the table. */
function weightOf(...fields: readonly string[]): number {
  const [weight, ...others] = new Set(fields.map((field) => weights[field]))
  if (weight === undefined || others.length > 0)
    throw new Error(`expected one weight of ${fields.join(', ')}, found ${[weight, ...others].join(', ')}`)
  return weight
}

function points(...fields: readonly string[]): number {
  return weightOf(...fields) / objectsPerPoint
}
