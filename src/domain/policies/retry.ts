/**
 * When is the next attempt due? Only the schedule is decided here; whether the last attempt
 * failed is `success.ts`, and who wakes up at the due time is `queue/`. Failures count from 1:
 * the first wait follows the first failure.
 */

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

/** A wait is drawn between its bounds, both in milliseconds. */
export interface RetryWait {
  readonly minMs: number
  readonly maxMs: number
}

export interface RetrySchedule {
  readonly waits: readonly RetryWait[]
  /** How long after the event attempts may still start; the last wait repeats until then. Null: the waits are all. */
  readonly windowMs: number | null
}

/** Whatever a receiver asks for, it is not rung sooner than this after it asked. */
export const minRetryAfterMs = secondMs
/** ...and not put off for longer than this. */
export const maxRetryAfterMs = 6 * hourMs

/** A wait and the reason for it, in words. */
export interface Wait {
  readonly waitMs: number
  readonly reason: string
}

/**
 * The wait after the `failures`-th failure; null when the schedule has ended.
 * `ageMs` is the time since the event, `retryAfterMs` what the receiver asked for (null: nothing),
 * `dice` a number in [0, 1).
 */
export function waitAfter(
  schedule: RetrySchedule,
  failures: number,
  {
    ageMs,
    retryAfterMs,
    random,
  }: { readonly ageMs: number; readonly retryAfterMs: number | null; readonly random: number },
): Wait | null {
  const wait = waitNumber(schedule, failures)
  if (wait === undefined) return null
  const scheduledMs = Math.round(wait.minMs + (wait.maxMs - wait.minMs) * random)
  const leftMs = schedule.windowMs === null ? Infinity : schedule.windowMs - ageMs
  if (scheduledMs > leftMs) return null
  const reason = `wait ${failures} of the retry schedule is ${inWords(scheduledMs)}`
  if (retryAfterMs === null) return { waitMs: scheduledMs, reason }
  const askedMs = Math.min(Math.max(retryAfterMs, minRetryAfterMs), maxRetryAfterMs, leftMs)
  if (askedMs <= scheduledMs) return { waitMs: scheduledMs, reason }
  const bounded = askedMs === retryAfterMs ? '' : `, bounded to ${inWords(askedMs)}`
  return {
    waitMs: askedMs,
    reason: `the receiver asked for ${inWords(retryAfterMs)} by Retry-After${bounded}`,
  }
}

function waitNumber(schedule: RetrySchedule, failures: number): RetryWait | undefined {
  return schedule.waits[failures - 1] ?? (schedule.windowMs === null ? undefined : schedule.waits.at(-1))
}

/** A time as a person says it: `5 min`, `1.2 h`. */
export function inWords(ms: number): string {
  const [unitMs, unit] = ms >= hourMs ? [hourMs, 'h'] : ms >= minuteMs ? [minuteMs, 'min'] : [secondMs, 's']
  return `${Number((ms / unitMs).toFixed(1))} ${unit}`
}

/** Waits of a schedule that spreads its receivers: each from its base to 20 % more, never early. */
export function spread(...basesMs: readonly number[]): readonly RetryWait[] {
  return basesMs.map((baseMs) => ({ minMs: baseMs, maxMs: Math.round(baseMs * 1.2) }))
}

/** Standard Webhooks' example schedule, about three days: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h. */
export const standardSchedule: RetrySchedule = {
  waits: spread(
    5 * secondMs,
    5 * minuteMs,
    30 * minuteMs,
    2 * hourMs,
    5 * hourMs,
    10 * hourMs,
    14 * hourMs,
    20 * hourMs,
    24 * hourMs,
  ),
  windowMs: null,
}

/** Flipdish's document: for 24 hours. The waits are our choice: 5 s, 5 min, 30 min, 2 h, then every 4 h. */
export const flipdishSchedule: RetrySchedule = {
  waits: spread(5 * secondMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 4 * hourMs),
  windowMs: 24 * hourMs,
}

/** Foody's document: one more try after 60 to 120 s. A range, so that receivers do not get all at once. */
export const foodySchedule: RetrySchedule = {
  waits: [{ minMs: 60 * secondMs, maxMs: 120 * secondMs }],
  windowMs: null,
}
