/**
 * Recovery of webhooks that a disable rule has disabled: whether one of their deliveries is attempted from time to time, as a
 * probe, and when. `db/dispatch/probes.ts` applies it.
 */
import type { DisabledReason } from './disable.ts'

/** NONE: only `webhookEnable` enables the webhook. PROBE: so does a probe that succeeds. */
export const recoveries = ['NONE', 'PROBE'] as const
export type Recovery = (typeof recoveries)[number]

/**
 * The reasons after which a webhook is probed. REQUESTED is a person's decision, and with GONE the receiver asked to be sent
 * nothing more.
 */
export const probedReasons: readonly DisabledReason[] = [
  'CONSECUTIVE_FAILURES',
  'FAILURE_SHARE',
  'FAILING_DAYS',
  'FAILING_FOR',
]

/** From the time at which the webhook was disabled to the first probe, and from that to the second. */
export const firstProbeMs = 5 * 60_000
/** Each further wait is twice as long as the one before, at most this long. */
export const maxProbeMs = 60 * 60_000
