/**
 * Mutations: turns inputs of the SDL into calls of services, and their results into payloads. Has no business rules.
 */
import { cancelDelivery } from '../../services/deliveries/cancel-delivery.ts'
import { createCustomer, updateCustomer } from '../../services/orders/change-customer.ts'
import {
  changeCustomerState,
  changeOrderDetails,
  changeOrderState,
  removeOrder,
} from '../../services/orders/change-order.ts'
import { createKey, revokeKey, type KeyWorld } from '../../services/access/change-key.ts'
import { createPartner } from '../../services/access/change-partner.ts'
import { createProject, updateProject } from '../../services/access/change-project.ts'
import { createSite, updateSite } from '../../services/orders/change-site.ts'
import { createTopic } from '../../services/events/change-topic.ts'
import {
  deleteWebhook,
  disableWebhook,
  enableWebhook,
} from '../../services/webhooks/enable-disable-delete.ts'
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
import { keyPayload, orderPayload, payload, payloadWithSecret } from '../core/payloads.ts'
import { toSecretRotate, toWebhookCreate, toWebhookUpdate } from './webhook-inputs.ts'

export const Mutation: Required<MutationResolvers> = {
  siteCreate: async (_, { input }, { world }) => payload('site', await createSite(world, input)),
  siteUpdate: async (_, { input }, { world }) => payload('site', await updateSite(world, input)),
  customerCreate: async (_, { input }, { world }) => payload('customer', await createCustomer(world, input)),
  customerUpdate: async (_, { input }, { world }) => payload('customer', await updateCustomer(world, input)),
  customerErase: async (_, { input }, { world }) => payload('customer', await eraseCustomer(world, input.id)),
  orderCreate: async (_, { input }, { world }) => orderPayload(await createOrder(world, input)),
  orderUpdate: async (_, { input }, { world }) => orderPayload(await changeOrderDetails(world, input)),
  orderStateChange: async (_, { input }, { world }) => orderPayload(await changeOrderState(world, input)),
  customerStateChange: async (_, { input }, { world }) =>
    orderPayload(await changeCustomerState(world, input)),
  orderDelete: async (_, { input }, { world }) => {
    const result = await removeOrder(world, input)
    return { ...orderPayload(result), deletedId: result.ok ? result.value.order.id : null }
  },
  eventPublish: async (_, { input }, { world }) => payload('eventId', await publishEvent(world, input)),
  topicCreate: async (_, { input }, { world }) => payload('topic', await createTopic(world, input)),
  webhookCreate: async (_, { input }, { world }) =>
    payloadWithSecret(await createWebhook(world, toWebhookCreate(input))),
  webhookUpdate: async (_, { input }, { world }) =>
    payload('webhook', await updateWebhook(world, toWebhookUpdate(input))),
  webhookDisable: async (_, { input }, { world }) =>
    payload('webhook', await disableWebhook(world, input.id)),
  webhookEnable: async (_, { input }, { world }) =>
    payload('webhook', await enableWebhook(world, { id: input.id, skipped: input.skipped ?? 'KEEP' })),
  webhookDelete: async (_, { input }, { world }) =>
    payload('deletedId', await deleteWebhook(world, input.id)),
  webhookSecretRotate: async (_, { input }, { world }) =>
    payloadWithSecret(await rotateSecret(world, toSecretRotate(input))),
  webhookTest: async (_, { input }, { world }) => payload('attempt', await testWebhook(world, input.id)),
  deliveryRetry: async (_, { input }, { world }) => payload('delivery', await retryDelivery(world, input.id)),
  deliveryCancel: async (_, { input }, { world }) =>
    payload('delivery', await cancelDelivery(world, input.id)),
  projectCreate: async (_, { input }, { admin, key, world }) =>
    payload('project', await createProject({ ...world, store: forOperator(admin) }, input.name, key.id)),
  projectUpdate: async (_, { input }, { world }) => payload('project', await updateProject(world, input)),
  partnerCreate: async (_, { input }, { world }) => payload('partner', await createPartner(world, input)),
  keyCreate: async (_, { input }, context) =>
    keyPayload((await createKey(keyContextOf(context), input)) ?? needsProject()),
  keyRevoke: async (_, { input }, context) =>
    payload('key', (await revokeKey(keyContextOf(context), input.id)) ?? needsProject()),
}

function keyContextOf(context: Context): KeyWorld {
  const { admin, key, world } = context
  const project = context.projectId === null ? null : context.world
  return { system: world.system, log: world.log, admin, keyId: key.id, project }
}

function needsProject(): never {
  throw projectNeeded()
}
