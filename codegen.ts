/**
 * Writes the resolvers' types from schema.graphql, tied to the domain's types, so that a forgotten
 * field does not compile. With --check it writes nothing and fails when they are out of step.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { codegen } from '@graphql-codegen/core'
import * as typescriptPlugin from '@graphql-codegen/typescript'
import * as resolversPlugin from '@graphql-codegen/typescript-resolvers'
import { parse } from 'graphql'
import { format } from 'prettier'

const target = 'src/graphql/core/generated/resolvers.ts'

const domain = (type: string) => `../../../domain/${type}`
const config = {
  enumsAsTypes: true,
  useTypeImports: true,
  immutableTypes: true,
  skipTypename: true,
  defaultScalarType: 'never',
  scalars: { ID: 'string', DateTime: 'Date', JSON: 'unknown' },
  inputMaybeValue: 'T | null | undefined',
  contextType: '../context.ts#Context',
  mappers: {
    Site: domain('orders/order.ts#Site as SiteModel'),
    Customer: domain('orders/order.ts#Customer as CustomerModel'),
    Order: domain('access/partner-view.ts#ShownOrder as OrderModel'),
    Event: '../payloads.ts#ShownEvent as EventModel',
    Webhook: domain('webhooks/webhook.ts#Webhook as WebhookModel'),
    WebhookFilters: domain('webhooks/webhook.ts#OrderConditions as OrderConditionsModel'),
    Delivery: domain('deliveries/delivery.ts#Delivery as DeliveryModel'),
    DeliveryAttempt: domain('deliveries/delivery.ts#Attempt as AttemptModel'),
    Key: domain('access/key.ts#Key as KeyModel'),
    Partner: domain('access/partner.ts#Partner as PartnerModel'),
    AuditEntry: '../payloads.ts#ShownEntry as AuditEntryModel',
    Topic: '../payloads.ts#ShownTopic as TopicModel',
    DisableRule: domain('policies/disable-rule.ts#DisableRule as DisableRuleModel'),
    WebhookStats: domain('policies/attempt-counts.ts#AttemptCounts as AttemptCountsModel'),
    Project: domain('access/project.ts#Project as ProjectModel'),
    Viewer: '../context.ts#Viewer as ViewerModel',
    OrderCreatePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    OrderUpdatePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    OrderStateChangePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    OrderDeletePayload: '../payloads.ts#OrderDeletePayload as OrderDeletePayloadModel',
    CustomerStateChangePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    EventPublishPayload: '../payloads.ts#EventPublishPayload as EventPublishPayloadModel',
    DeliveryAttemptEvent: '../payloads.ts#AttemptEvent as AttemptEventModel',
    WebhookChangeEvent: '../payloads.ts#WebhookChangeEvent as WebhookChangeEventModel',
    WebhookChange: domain('feed/webhook-change.ts#WebhookChange as WebhookChangeModel'),
  },
}

const written = await codegen({
  documents: [],
  schema: parse(await readFile('schema.graphql', 'utf8')),
  filename: target,
  config,
  plugins: [{ typescript: {} }, { resolvers: {} }],
  pluginMap: { typescript: typescriptPlugin, resolvers: resolversPlugin },
})
const fresh = await format(`// Written by \`npm run generate\` from schema.graphql.\n${written}`, {
  parser: 'typescript',
  semi: false,
  singleQuote: true,
  printWidth: 110,
})

if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '')
  if (present !== fresh) {
    console.error(
      `${target} is not in step with schema.graphql: run npm run generate and commit what it writes`,
    )
    process.exitCode = 1
  }
} else await writeFile(target, fresh)
