/**
 * Pauses of webhooks. Deliveries of a paused webhook wait as PENDING. The time of a pause does not count for retry
 * windows and for disable rules: the ended pauses are kept with the webhook and are subtracted. Times are compared with
 * the database's clock, which the callers read.
 */

/** A pause as it was requested. */
export interface Pause {
  readonly since: Date
  /** When the pause ends by itself; may be in the past. Null: only `webhookResume` ends it. */
  readonly until: Date | null
}

/** A period in which a webhook was paused, in milliseconds since 1970. */
export interface PausedPeriod {
  readonly sinceMs: number
  /** Infinity: the pause has no end yet. */
  readonly untilMs: number
}

/** A webhook's pause, and the periods of its earlier pauses, oldest first. */
export interface Pausable {
  readonly pause: Pause | null
  readonly earlierPauses: readonly PausedPeriod[]
}

/** Maximum earlier pauses that a webhook keeps. Beyond that, the two oldest become one period of the same length. */
export const maxEarlierPauses = 50
/** How far ahead a pause may end. A pause that is meant to last longer has no end. */
export const maxPauseMs = 5 * 366 * 24 * 3_600_000

export function isPaused(pause: Pause | null, now: Date): boolean {
  return pause !== null && (pause.until === null || pause.until > now)
}

/** Returns the webhook paused until then. A pause that has not ended goes on, with another end. */
export function paused<T extends Pausable>(webhook: T, until: Date | null, now: Date): T {
  const { pause } = webhook
  if (!isPaused(pause, now)) return { ...resumed(webhook, now), pause: { since: now, until } }
  if (pause === null || pause.until?.getTime() === until?.getTime()) return webhook
  return { ...webhook, pause: { since: pause.since, until } }
}

/** Returns the webhook without its pause, which is kept as an earlier one. A webhook without a pause is returned unchanged. */
export function resumed<T extends Pausable>(webhook: T, now: Date): T {
  const { pause, earlierPauses } = webhook
  if (pause === null) return webhook
  const untilMs = Math.min(pause.until?.getTime() ?? Infinity, now.getTime())
  const ended = { sinceMs: pause.since.getTime(), untilMs: Math.max(untilMs, pause.since.getTime()) }
  return { ...webhook, pause: null, earlierPauses: shortened([...earlierPauses, ended]) }
}

// The merged period ends when the second one ended, so a delivery from before both still gains the time of both.
function shortened(periods: readonly PausedPeriod[]): readonly PausedPeriod[] {
  const [first, second, ...rest] = periods
  if (periods.length <= maxEarlierPauses || first === undefined || second === undefined) return periods
  const merged = { sinceMs: second.sinceMs - (first.untilMs - first.sinceMs), untilMs: second.untilMs }
  return [merged, ...rest]
}

/** Returns all periods in which the webhook was or is paused, oldest first. */
export function pausedPeriods({ pause, earlierPauses }: Pausable): readonly PausedPeriod[] {
  if (pause === null) return earlierPauses
  return [...earlierPauses, { sinceMs: pause.since.getTime(), untilMs: pause.until?.getTime() ?? Infinity }]
}

/** Returns the milliseconds between two times in which the webhook was not paused. */
export function activeMs(periods: readonly PausedPeriod[], fromMs: number, toMs: number): number {
  const pausedMs = periods.reduce(
    (sum, { sinceMs, untilMs }) => sum + Math.max(0, Math.min(untilMs, toMs) - Math.max(sinceMs, fromMs)),
    0,
  )
  return toMs - fromMs - pausedMs
}

/** Returns the time at which the webhook has not been paused for `ms` milliseconds since `from`. */
export function afterActive(periods: readonly PausedPeriod[], from: Date, ms: number): Date {
  let endMs = from.getTime() + ms
  for (const { sinceMs, untilMs } of periods)
    if (sinceMs < endMs) endMs += Math.max(0, untilMs - Math.max(sinceMs, from.getTime()))
  return new Date(endMs)
}

/** Returns the periods as they were at `now`: a pause without an end ends then. */
export function periodsUntil(periods: readonly PausedPeriod[], now: Date): readonly PausedPeriod[] {
  return periods.map(({ sinceMs, untilMs }) => ({ sinceMs, untilMs: Math.min(untilMs, now.getTime()) }))
}
