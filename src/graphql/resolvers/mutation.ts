/**
 * Mutations: turns inputs of the SDL into calls of services, and their results into payloads. Has no business rules.
 */
import {
  cancelBulkRetry,
  pauseBulkRetry,
  resumeBulkRetry,
  retryDeliveries,
} from '../../services/deliveries/bulk-retry.ts'
import { cancelDelivery } from '../../services/deliveries/cancel-delivery.ts'
import { createCustomer, updateCustomer } from '../../services/orders/change-customer.ts'
import {
  changeCustomerState,
  changeOrderDetails,
  changeOrderState,
  removeOrder,
} from '../../services/orders/change-order.ts'
import { createKey, revokeKey, type KeyDeps } from '../../services/access/change-key.ts'
import { createPartner, updatePartner } from '../../services/access/change-partner.ts'
import { deletePartner } from '../../services/access/delete-partner.ts'
import { createProject, updateProject } from '../../services/access/change-project.ts'
import { createSite, updateSite } from '../../services/orders/change-site.ts'
import { createTopic } from '../../services/events/change-topic.ts'
import {
  deleteWebhook,
  disableWebhook,
  enableWebhook,
} from '../../services/webhooks/enable-disable-delete.ts'
import { pauseWebhook, resumeWebhook } from '../../services/webhooks/pause-webhook.ts'
import { createOrder } from '../../services/orders/create-order.ts'
import { createWebhook } from '../../services/webhooks/create-webhook.ts'
import { publishEvent } from '../../services/events/publish-event.ts'
import { eraseCustomer } from '../../services/orders/erase-customer.ts'
import { retryDelivery } from '../../services/deliveries/retry-delivery.ts'
import { rotateSecret } from '../../services/webhooks/rotate-secret.ts'
import { testWebhook } from '../../services/webhooks/test-webhook.ts'
import { updateWebhook } from '../../services/webhooks/update-webhook.ts'
import type { MutationResolvers } from '../core/generated/resolvers.ts'
import { forOperator, projectNeeded, type Context } from '../core/context.ts'
import {
  customerPayload,
  eventPayload,
  keyPayload,
  orderPayload,
  payload,
  payloadWithSecret,
} from '../core/payloads.ts'
import { bulkRetryDeps, toBulkRetry } from './bulk-retries.ts'
import { toSecretRotate, toWebhookCreate, toWebhookPause, toWebhookUpdate } from './webhook-inputs.ts'

export const Mutation: Required<MutationResolvers> = {
  siteCreate: async (_, { input }, { deps }) => payload('site', await createSite(deps, input)),
  siteUpdate: async (_, { input }, { deps }) => payload('site', await updateSite(deps, input)),
  customerCreate: async (_, { input }, { deps }) => customerPayload(await createCustomer(deps, input)),
  customerUpdate: async (_, { input }, { deps }) => customerPayload(await updateCustomer(deps, input)),
  customerErase: async (_, { input }, { deps }) => customerPayload(await eraseCustomer(deps, input.id)),
  orderCreate: async (_, { input }, { deps }) => orderPayload(await createOrder(deps, input)),
  orderUpdate: async (_, { input }, { deps }) => orderPayload(await changeOrderDetails(deps, input)),
  orderStateChange: async (_, { input }, { deps }) => orderPayload(await changeOrderState(deps, input)),
  customerStateChange: async (_, { input }, { deps }) => orderPayload(await changeCustomerState(deps, input)),
  orderDelete: async (_, { input }, { deps }) => {
    const result = await removeOrder(deps, input)
    return { ...orderPayload(result), deletedId: result.ok ? result.value.order.id : null }
  },
  eventPublish: async (_, { input }, { deps }) => eventPayload(await publishEvent(deps, input)),
  topicCreate: async (_, { input }, { deps }) => payload('topic', await createTopic(deps, input)),
  webhookCreate: async (_, { input }, { deps }) =>
    payloadWithSecret(await createWebhook(deps, toWebhookCreate(input))),
  webhookUpdate: async (_, { input }, { deps }) =>
    payload('webhook', await updateWebhook(deps, toWebhookUpdate(input))),
  webhookDisable: async (_, { input }, { deps }) => payload('webhook', await disableWebhook(deps, input.id)),
  webhookEnable: async (_, { input }, { deps }) =>
    payload('webhook', await enableWebhook(deps, { id: input.id, skipped: input.skipped ?? 'KEEP' })),
  webhookPause: async (_, { input }, { deps }) =>
    payload('webhook', await pauseWebhook(deps, toWebhookPause(input))),
  webhookResume: async (_, { input: { id, expectedVersion } }, { deps }) =>
    payload('webhook', await resumeWebhook(deps, { id, expectedVersion: expectedVersion ?? null })),
  webhookDelete: async (_, { input }, { deps }) => payload('deletedId', await deleteWebhook(deps, input.id)),
  webhookSecretRotate: async (_, { input }, { deps }) =>
    payloadWithSecret(await rotateSecret(deps, toSecretRotate(input))),
  webhookTest: async (_, { input }, { deps }) => payload('attempt', await testWebhook(deps, input)),
  deliveryRetry: async (_, { input: { id, restartSchedule } }, { deps }) =>
    payload('delivery', await retryDelivery(deps, { id, restartSchedule: restartSchedule ?? false })),
  deliveriesRetry: async (_, { input }, context) =>
    payload('bulkRetry', await retryDeliveries(bulkRetryDeps(context), toBulkRetry(input))),
  bulkRetryPause: async (_, { input }, context) =>
    payload('bulkRetry', await pauseBulkRetry(bulkRetryDeps(context), input.id)),
  bulkRetryResume: async (_, { input }, context) =>
    payload('bulkRetry', await resumeBulkRetry(bulkRetryDeps(context), input.id)),
  bulkRetryCancel: async (_, { input }, context) =>
    payload('bulkRetry', await cancelBulkRetry(bulkRetryDeps(context), input.id)),
  deliveryCancel: async (_, { input }, { deps }) => payload('delivery', await cancelDelivery(deps, input.id)),
  projectCreate: async (_, { input }, { admin, key, deps }) =>
    payload('project', await createProject({ ...deps, store: forOperator(admin) }, input, key.id)),
  projectUpdate: async (_, { input }, { deps }) => payload('project', await updateProject(deps, input)),
  partnerCreate: async (_, { input }, { deps }) => payload('partner', await createPartner(deps, input)),
  partnerUpdate: async (_, { input }, { deps }) => payload('partner', await updatePartner(deps, input)),
  partnerDelete: async (_, { input }, { deps, forgetKey }) =>
    payload('deletedId', await deletePartner({ ...deps, forgetKey }, input.id)),
  keyCreate: async (_, { input }, context) =>
    keyPayload((await createKey(keyContextOf(context), input)) ?? needsProject()),
  keyRevoke: async (_, { input }, context) =>
    payload('key', (await revokeKey(keyContextOf(context), input.id)) ?? needsProject()),
}

function keyContextOf(context: Context): KeyDeps {
  const { admin, key, deps, forgetKey } = context
  const project = context.projectId === null ? null : context.deps
  return { system: deps.system, log: deps.log, admin, keyId: key.id, project, forgetKey }
}

function needsProject(): never {
  throw projectNeeded()
}
