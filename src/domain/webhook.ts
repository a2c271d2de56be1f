/** Webhooks: who is rung, and does one want an event? How it is rung is its policy and its dialect. */
import type { Disabled } from './policy/disable.ts'
import { withOverrides, type Policy, type PolicyOverrides } from './policy/policy.ts'
import { presetRules, type Dialect, type Preset } from './preset.ts'
import { takes } from './topic.ts'

export interface Webhook {
  readonly id: string
  readonly name: string
  /** In canonical form. */
  readonly url: string
  readonly topics: readonly string[]
  readonly preset: Preset
  readonly overrides: PolicyOverrides
  /** Why it is off; null while it is enabled. */
  readonly disabled: (Disabled & { readonly at: Date }) | null
  readonly consecutiveFailures: number
  /** Counts changes by people, from 1. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly deletedAt: Date | null
}

/** What a fan-out needs to know of a webhook. */
export interface Subscriber {
  readonly id: string
  readonly topics: readonly string[]
  readonly enabled: boolean
}

export function dialectOf(webhook: { readonly preset: Preset }): Dialect {
  return presetRules[webhook.preset].dialect
}

/** The rules in force: the preset's, with the webhook's overrides. */
export function policyOf(webhook: { readonly preset: Preset; readonly overrides: PolicyOverrides }): Policy {
  return withOverrides(presetRules[webhook.preset].policy, webhook.overrides)
}

/** Whether the webhook asked for the event. One that is off still wants it: its delivery is SKIPPED, and recorded. */
export function wants(webhook: Pick<Subscriber, 'topics'>, event: { readonly topic: string }): boolean {
  return webhook.topics.some((selection) => takes(selection, event.topic))
}
