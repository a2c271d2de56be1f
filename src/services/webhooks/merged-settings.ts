/** Merges the settings of an update into the present settings of a webhook. */
import type { PolicyOverrides } from '../../domain/policies/policy.ts'
import type { Ordering } from '../../domain/webhooks/ordering.ts'
import { noConditions, type OrderConditions, type Webhook } from '../../domain/webhooks/webhook.ts'
import type { Settings } from './webhook-settings.ts'

/** A setting that is undefined does not change; null clears it. */
export interface ChangedSettings {
  readonly name: string | undefined
  readonly url: string | undefined
  readonly topics: readonly string[] | undefined
  readonly filters: OrderConditions | null | undefined
  /** Null: the preset's policy. */
  readonly overrides: PolicyOverrides | null | undefined
  readonly maxConcurrency: number | null | undefined
  readonly ratePerSecond: number | null | undefined
  readonly ordering: Ordering | undefined
  readonly expireAfterMs: number | null | undefined
}

export function mergedSettings(before: Webhook, input: ChangedSettings): Settings {
  return {
    name: input.name ?? before.name,
    url: input.url ?? before.url,
    topics: input.topics ?? before.topics,
    filters: orCleared(input.filters, before.filters, noConditions),
    overrides: orCleared(input.overrides, before.overrides, {}),
    maxConcurrency: orCleared(input.maxConcurrency, before.maxConcurrency, null),
    ratePerSecond: orCleared(input.ratePerSecond, before.ratePerSecond, null),
    ordering: input.ordering ?? before.ordering,
    expireAfterMs: orCleared(input.expireAfterMs, before.expireAfterMs, null),
  }
}

function orCleared<T>(given: T | null | undefined, before: T, cleared: T): T {
  return given === undefined ? before : (given ?? cleared)
}
