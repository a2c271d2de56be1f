/**
 * Presets: which dialect and which policy a sender's document asks for. What the document does
 * not say is our choice and is marked so.
 */
import type { Policy } from './policy/policy.ts'
import { flipdishSchedule, foodySchedule, standardSchedule } from './policy/retry.ts'

export const presets = ['STANDARD', 'FLYBUY', 'FLIPDISH', 'FOODY', 'FAST_EVENTS'] as const
export type Preset = (typeof presets)[number]

export const dialects = ['STANDARD', 'FLYBUY', 'FLIPDISH', 'FOODY', 'FAST_EVENTS'] as const
export type Dialect = (typeof dialects)[number]

export interface PresetRules {
  readonly dialect: Dialect
  readonly policy: Policy
}

const secondMs = 1000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

export const presetRules: Readonly<Record<Preset, PresetRules>> = {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  STANDARD: {
    dialect: 'STANDARD',
    policy: {
      success: 'ANY_2XX',
      // The specification recommends 15 to 30 s.
      timeoutMs: 15 * secondMs,
      // Our choice: the specification recommends https; whether plain http may be used is the installation's.
      httpsOnly: false,
      saveCheck: false,
      retry: standardSchedule,
      // The specification asks for 410; the five days are our choice.
      disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 5 * dayMs }],
    },
  },
  FLYBUY: {
    dialect: 'FLYBUY',
    policy: {
      success: 'ANY_2XX',
      // Our choice: the document names no time.
      timeoutMs: 15 * secondMs,
      httpsOnly: false,
      saveCheck: false,
      // Our choice: the document names no retries.
      retry: standardSchedule,
      // "Your endpoint is disabled if it fails to acknowledge events over consecutive days"; three is our choice.
      disable: [{ rule: 'FAILING_DAYS', days: 3 }],
    },
  },
  FLIPDISH: {
    dialect: 'FLIPDISH',
    policy: {
      success: 'ANY_2XX',
      // "Flipdish will wait a maximum of 10 seconds for a response".
      timeoutMs: 10 * secondMs,
      httpsOnly: false,
      saveCheck: false,
      // "Flipdish will continue trying to send the webhook for 24 hours"; the waits within are our choice.
      retry: flipdishSchedule,
      // "When over 50% of webhooks receive a non-2xx response over a 72 hour period"; the volume is our choice.
      disable: [{ rule: 'FAILURE_SHARE', share: 0.5, windowMs: 72 * hourMs, minVolume: 10 }],
    },
  },
  FOODY: {
    dialect: 'FOODY',
    policy: {
      // "sempre retornar http-status 200, qualquer status diferente de 200 será considerado um erro".
      success: 'EXACTLY_200',
      // "timeout de 10 segundos".
      timeoutMs: 10 * secondMs,
      httpsOnly: false,
      // "o sistema valida a url do gatilho enviando um payload de teste com o evento 'hook_test'".
      saveCheck: true,
      // "tenta mais uma vez depois de 60-120 segundos".
      retry: foodySchedule,
      // "consecutivamente mais de 10 erros".
      disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 10 }],
    },
  },
  FAST_EVENTS: {
    dialect: 'FAST_EVENTS',
    policy: {
      // "Consumers must return a HTTP 200".
      success: 'EXACTLY_200',
      // Our choice, in the spirit of "a fraction of a second and not close to a second or even higher".
      timeoutMs: 5 * secondMs,
      // "Only https is supported."
      httpsOnly: true,
      saveCheck: false,
      // Our choice: the document names no retries.
      retry: standardSchedule,
      // Our choice: the document names no rule.
      disable: [{ rule: 'NEVER' }],
    },
  },
}
