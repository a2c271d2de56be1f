/** Makes the executable schema from schema.graphql, which is written by hand, and the resolvers. */
import { readFileSync } from 'node:fs'
import { makeExecutableSchema } from '@graphql-tools/schema'
import type { GraphQLSchema } from 'graphql'
import { idPrefixes } from '../domain/shared/ids.ts'
import { countResponseBytes } from './execution/response-bytes.ts'
import type { ProjectContext } from './core/context.ts'
import { afterCursors, currentCursorFields } from './core/feed-cursors.ts'
import { permitted } from './auth/permissions.ts'
import { mapRateLimited } from './execution/key-budget.ts'
import { BulkRetry } from './resolvers/bulk-retries.ts'
import { Mutation } from './resolvers/mutation.ts'
import { Query } from './resolvers/query.ts'
import { Subscription } from './resolvers/subscription.ts'
import * as deliveryTypes from './resolvers/delivery-types.ts'
import * as types from './resolvers/types.ts'
import { dateTime } from './core/scalars.ts'

const typeOfPrefix: Readonly<Record<string, string>> = {
  [idPrefixes.project]: 'Project',
  [idPrefixes.key]: 'Key',
  [idPrefixes.partner]: 'Partner',
  [idPrefixes.site]: 'Site',
  [idPrefixes.customer]: 'Customer',
  [idPrefixes.order]: 'Order',
  [idPrefixes.event]: 'Event',
  [idPrefixes.webhook]: 'Webhook',
  [idPrefixes.delivery]: 'Delivery',
  [idPrefixes.attempt]: 'DeliveryAttempt',
  [idPrefixes.auditEntry]: 'AuditEntry',
  [idPrefixes.bulkRetry]: 'BulkRetry',
}

export const schemaText = readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8')

let made: GraphQLSchema | undefined

/** Returns the schema, which is made at the first call: several servers in one process share it. */
export function executableSchema(): GraphQLSchema {
  return (made ??= makeSchema())
}

function makeSchema(): GraphQLSchema {
  const { OrderPayload, CustomerPayload, ...objects } = types
  const { serialize, parseValue, parseLiteral } = dateTime
  const schema = makeExecutableSchema<ProjectContext>({
    typeDefs: schemaText,
    resolvers: {
      // Only the functions: the scalar object would replace the description in schema.graphql by an empty one.
      DateTime: { serialize, parseValue, parseLiteral },
      Query,
      Mutation,
      Subscription,
      Node: { __resolveType: ({ id }: { id: string }) => typeOfPrefix[id.slice(0, id.indexOf('_'))] },
      ...objects,
      ...deliveryTypes,
      BulkRetry,
      OrderCreatePayload: OrderPayload,
      OrderDeletePayload: OrderPayload,
      OrderUpdatePayload: OrderPayload,
      OrderStateChangePayload: OrderPayload,
      CustomerStateChangePayload: OrderPayload,
      CustomerCreatePayload: CustomerPayload,
      CustomerUpdatePayload: CustomerPayload,
      CustomerErasePayload: CustomerPayload,
    },
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  })
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {}))
    if (field.resolve !== undefined && !currentCursorFields.includes(field.name))
      field.resolve = afterCursors(field.resolve)
  // Every root field checks the role of the key before its resolver runs.
  for (const root of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(root?.getFields() ?? {}))
      field.resolve = mapRateLimited(permitted(`${root?.name}.${field.name}`, field.resolve))
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {}))
    field.subscribe = permitted(`Subscription.${field.name}`, field.subscribe)
  countResponseBytes(schema)
  return schema
}
