/** Changes: SDL's inputs into steps of the flow, their results into payloads. Nothing is decided here. */
import { createCustomer, updateCustomer } from '../../flow/change-customer.ts'
import {
  changeCustomerState,
  changeOrderDetails,
  changeOrderState,
  removeOrder,
} from '../../flow/change-order.ts'
import { createSite, updateSite } from '../../flow/change-site.ts'
import { createTopic } from '../../flow/change-topic.ts'
import {
  createWebhook,
  deleteWebhook,
  disableWebhook,
  enableWebhook,
  updateWebhook,
} from '../../flow/change-webhook.ts'
import { createOrder } from '../../flow/create-order.ts'
import { publishEvent } from '../../flow/publish-event.ts'
import { testWebhook } from '../../flow/test-webhook.ts'
import { toDisableRule } from '../../domain/policy/disable-bounds.ts'
import type { PolicyOverrides } from '../../domain/policy/policy.ts'
import type { MutationResolvers, PolicyInput } from '../generated/resolvers.ts'
import { orderPayload, payload } from '../payloads.ts'

export const Mutation: Required<MutationResolvers> = {
  siteCreate: async (_, { input }, { world }) => payload('site', await createSite(world, input)),
  siteUpdate: async (_, { input }, { world }) => payload('site', await updateSite(world, input)),
  customerCreate: async (_, { input }, { world }) => payload('customer', await createCustomer(world, input)),
  customerUpdate: async (_, { input }, { world }) => payload('customer', await updateCustomer(world, input)),
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
  webhookCreate: async (_, { input }, { world }) => {
    const { name, url, topics } = input
    const wish = {
      name,
      url,
      topics,
      preset: input.preset ?? 'STANDARD',
      overrides: toOverrides(input.policy) ?? {},
    }
    const result = await createWebhook(world, wish)
    return result.ok
      ? { ...result.value, token: null, userErrors: [] }
      : { webhook: null, secret: null, token: null, userErrors: result.problems }
  },
  webhookUpdate: async (_, { input }, { world }) =>
    payload(
      'webhook',
      await updateWebhook(world, {
        id: input.id,
        name: input.name ?? undefined,
        url: input.url ?? undefined,
        topics: input.topics ?? undefined,
        overrides: toOverrides(input.policy),
        expectedVersion: input.expectedVersion ?? null,
      }),
    ),
  webhookDisable: async (_, { input }, { world }) =>
    payload('webhook', await disableWebhook(world, input.id)),
  webhookEnable: async (_, { input }, { world }) => payload('webhook', await enableWebhook(world, input.id)),
  webhookDelete: async (_, { input }, { world }) =>
    payload('deletedId', await deleteWebhook(world, input.id)),
  webhookTest: async (_, { input }, { world }) => payload('attempt', await testWebhook(world, input.id)),
}

// Left out and null both mean: the preset's.
function toOverrides(policy: PolicyInput | null | undefined): PolicyOverrides | undefined {
  if (policy == null) return undefined
  const { success, timeoutMs, httpsOnly, saveCheck, retry, disable } = policy
  return {
    ...(success != null && { success }),
    ...(timeoutMs != null && { timeoutMs }),
    ...(httpsOnly != null && { httpsOnly }),
    ...(saveCheck != null && { saveCheck }),
    ...(retry != null && { retry: { waits: retry.waits, windowMs: retry.windowMs ?? null } }),
    ...(disable != null && { disable: disable.map(toDisableRule) }),
  }
}
