/**
 * Generates the types of the resolvers from schema.graphql, tied to the domain's types, so that a resolver that forgets
 * a field does not compile.
 */
import { readFile } from 'node:fs/promises'
import { codegen } from '@graphql-codegen/core'
import * as typescriptPlugin from '@graphql-codegen/typescript'
import * as resolversPlugin from '@graphql-codegen/typescript-resolvers'
import { parse } from 'graphql'
import { format } from 'prettier'
import { rootFieldsWithoutProject } from '../src/graphql/auth/permissions.ts'
import type { GeneratedFile } from './generated-file.ts'

const source = 'schema.graphql'
const path = 'src/graphql/core/generated/resolvers.ts'

const domain = (type: string) => `../../../domain/${type}`
const config = {
  enumsAsTypes: true,
  useTypeImports: true,
  immutableTypes: true,
  skipTypename: true,
  defaultScalarType: 'never',
  scalars: { ID: 'string', DateTime: 'Date', JSON: 'unknown' },
  inputMaybeValue: 'T | null | undefined',
  contextType: '../context.ts#ProjectContext',
  // Fields that an operation in no project can reach.
  fieldContextTypes: [
    ...rootFieldsWithoutProject,
    'Viewer.project',
    'Viewer.partner',
    'Key.partner',
    'AuditEntry.before',
    'AuditEntry.after',
    'AuditEntry.key',
    'Installation.projects',
    'Installation.processes',
  ].map((field) => `${field}#../context.ts#Context`),
  mappers: {
    Site: domain('orders/order.ts#Site as SiteModel'),
    Customer: domain('access/partner-view.ts#ShownCustomer as CustomerModel'),
    Order: domain('access/partner-view.ts#ShownOrder as OrderModel'),
    Event: '../payloads.ts#ShownEvent as EventModel',
    Webhook: domain('webhooks/webhook.ts#Webhook as WebhookModel'),
    WebhookFilters: domain('webhooks/webhook.ts#OrderConditions as OrderConditionsModel'),
    Delivery: domain('deliveries/delivery.ts#Delivery as DeliveryModel'),
    DeliveryAttempt: domain('deliveries/delivery.ts#Attempt as AttemptModel'),
    OrderConnection: '../payloads.ts#OrderPage as OrderPageModel',
    WebhookConnection: '../payloads.ts#WebhookPage as WebhookPageModel',
    DeliveryConnection: '../payloads.ts#DeliveryPage as DeliveryPageModel',
    BulkRetry: domain('deliveries/bulk-retry.ts#BulkRetry as BulkRetryModel'),
    Key: domain('access/key.ts#Key as KeyModel'),
    Partner: domain('access/partner.ts#Partner as PartnerModel'),
    AuditEntry: '../payloads.ts#ShownEntry as AuditEntryModel',
    Topic: '../payloads.ts#ShownTopic as TopicModel',
    DisableRule: domain('policies/disable-rule.ts#DisableRule as DisableRuleModel'),
    WebhookSeriesBucket: domain('policies/attempt-counts.ts#SeriesBucket as SeriesBucketModel'),
    PresetInfo: domain('webhooks/catalogue.ts#PresetDescription as PresetInfoModel'),
    WebhookStats: domain('policies/attempt-counts.ts#AttemptCounts as AttemptCountsModel'),
    Project: domain('access/project.ts#Project as ProjectModel'),
    Viewer: '../context.ts#Viewer as ViewerModel',
    Installation: '../payloads.ts#Installation as InstallationModel',
    InstallationProject: domain('installation/project-status.ts#ProjectStatus as ProjectStatusModel'),
    ServerProcess: domain('installation/process.ts#RunningProcess as RunningProcessModel'),
    OrderCreatePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    OrderUpdatePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    OrderStateChangePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    OrderDeletePayload: '../payloads.ts#OrderDeletePayload as OrderDeletePayloadModel',
    CustomerStateChangePayload: '../payloads.ts#OrderPayload as OrderPayloadModel',
    CustomerCreatePayload: '../payloads.ts#CustomerPayload as CustomerPayloadModel',
    CustomerUpdatePayload: '../payloads.ts#CustomerPayload as CustomerPayloadModel',
    CustomerErasePayload: '../payloads.ts#CustomerPayload as CustomerPayloadModel',
    EventPublishPayload: '../payloads.ts#EventPublishPayload as EventPublishPayloadModel',
    DeliveryAttemptEvent: '../payloads.ts#AttemptEvent as AttemptEventModel',
    LiveEvent: '../payloads.ts#LiveEvent as LiveEventModel',
    WebhookChangeEvent: '../payloads.ts#WebhookChangeEvent as WebhookChangeEventModel',
    WebhookChange: domain('feed/webhook-change.ts#WebhookChange as WebhookChangeModel'),
  },
}

/** The file of resolver types. */
export async function resolverTypes(): Promise<GeneratedFile> {
  const written = await codegen({
    documents: [],
    schema: parse(await readFile(source, 'utf8')),
    filename: path,
    config,
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript: typescriptPlugin, resolvers: resolversPlugin },
  })
  const content = await format(`// Written by \`npm run generate\` from ${source}.\n${written}`, {
    parser: 'typescript',
    semi: false,
    singleQuote: true,
    printWidth: 110,
  })
  return { path, content, source }
}
