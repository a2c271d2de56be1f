/**
 * Turns the SDL's inputs of webhooks into inputs of services: defines what an omitted field and what null means. Does
 * not validate.
 */
import { toDisableRule } from '../../domain/policies/disable-bounds.ts'
import type { PolicyOverrides } from '../../domain/policies/policy.ts'
import { withoutSpaceAround } from '../../domain/shared/text.ts'
import { noConditions, type OrderConditions } from '../../domain/webhooks/webhook.ts'
import type { WebhookCreateInput as CreateInput } from '../../services/webhooks/create-webhook.ts'
import type { WebhookPauseInput as PauseInput } from '../../services/webhooks/pause-webhook.ts'
import type { SecretRotateInput } from '../../services/webhooks/rotate-secret.ts'
import type { WebhookUpdateInput as UpdateInput } from '../../services/webhooks/update-webhook.ts'
import type {
  PolicyInput,
  WebhookCreateInput,
  WebhookFiltersInput,
  WebhookPauseInput,
  WebhookSecretRotateInput,
  WebhookUpdateInput,
} from '../core/generated/resolvers.ts'

export function toWebhookCreate(input: WebhookCreateInput): CreateInput {
  return {
    name: input.name,
    url: input.url,
    topics: input.topics,
    filters: input.filters == null ? noConditions : toConditions(input.filters),
    preset: input.preset ?? 'STANDARD',
    dialect: input.dialect ?? null,
    overrides: input.policy == null ? {} : toOverrides(input.policy),
    headers: input.headers ?? [],
    secret: input.secret ?? null,
    token: input.token ?? null,
    maxConcurrency: input.maxConcurrency ?? null,
    ratePerSecond: input.ratePerSecond ?? null,
    ordering: input.ordering ?? 'NONE',
    expireAfterMs: input.expireAfterMs ?? null,
    partnerId: input.partnerId ?? null,
    enabled: input.enabled ?? true,
  }
}

export function toWebhookUpdate(input: WebhookUpdateInput): UpdateInput {
  return {
    id: input.id,
    name: input.name ?? undefined,
    url: input.url ?? undefined,
    topics: input.topics ?? undefined,
    filters: input.filters && toConditions(input.filters),
    overrides: input.policy && toOverrides(input.policy),
    headers: input.headers,
    secret: input.secret,
    token: input.token,
    maxConcurrency: input.maxConcurrency,
    ratePerSecond: input.ratePerSecond,
    ordering: input.ordering ?? undefined,
    expireAfterMs: input.expireAfterMs,
    partnerId: input.partnerId,
    enabled: input.enabled ?? undefined,
    expectedVersion: input.expectedVersion ?? null,
  }
}

export function toSecretRotate(input: WebhookSecretRotateInput): SecretRotateInput {
  const { id, secret = null, token = null, overlapMs = null, expectedVersion = null } = input
  return { id, secret, token, overlapMs, expectedVersion }
}

export function toWebhookPause({ id, until, expectedVersion }: WebhookPauseInput): PauseInput {
  return { id, until: until ?? null, expectedVersion: expectedVersion ?? null }
}

function toConditions(input: WebhookFiltersInput): OrderConditions {
  const { siteIds, orderStates, customerStates, sources } = input
  return {
    siteIds: siteIds ?? [],
    orderStates: orderStates ?? [],
    customerStates: customerStates ?? [],
    sources: (sources ?? []).map(withoutSpaceAround),
  }
}

// An omitted field and null both mean the preset's value.
function toOverrides({
  success,
  timeoutMs,
  httpsOnly,
  saveCheck,
  retry,
  honourRetryAfter,
  disable,
  recovery,
}: PolicyInput): PolicyOverrides {
  return {
    ...(success != null && { success }),
    ...(timeoutMs != null && { timeoutMs }),
    ...(httpsOnly != null && { httpsOnly }),
    ...(saveCheck != null && { saveCheck }),
    ...(retry != null && { retry: { waits: retry.waits, windowMs: retry.windowMs ?? null } }),
    ...(honourRetryAfter != null && { honourRetryAfter }),
    ...(disable != null && { disable: disable.map(toDisableRule) }),
    ...(recovery != null && { recovery }),
  }
}
