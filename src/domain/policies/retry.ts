/**
 * Retry schedules: when the next attempt is due. Does not decide whether an attempt failed, and does not schedule jobs.
 * Failures count from 1: the first wait follows the first failure.
 */

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

/** A random wait between two bounds, both included, in milliseconds. */
export interface RetryWait {
  readonly minMs: number
  readonly maxMs: number
}

/** The waits between the attempts of a delivery. */
export interface RetrySchedule {
  readonly waits: readonly RetryWait[]
  /**
   * Milliseconds after the event in which attempts may start; the last wait repeats until then. Null: the schedule ends
   * after the last wait.
   */
  readonly windowMs: number | null
}

/** Lower bound of a wait that a receiver requests with Retry-After. */
export const minRetryAfterMs = secondMs
/** Upper bound of a wait that a receiver requests with Retry-After. */
export const maxRetryAfterMs = 6 * hourMs

/** A wait and a human-readable reason for it. */
export interface Wait {
  readonly waitMs: number
  readonly reason: string
}

/**
 * Returns the wait after the `failures`-th failure; null when the schedule has ended. `ageMs` is the time since the
 * event. `retryAfterMs` is the wait that the receiver requested, null if none; it is used only if it is longer than the
 * scheduled wait. `random` is a number in [0, 1).
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
  const requestedMs = Math.min(Math.max(retryAfterMs, minRetryAfterMs), maxRetryAfterMs, leftMs)
  if (requestedMs <= scheduledMs) return { waitMs: scheduledMs, reason }
  const limited = requestedMs === retryAfterMs ? '' : `, limited to ${inWords(requestedMs)}`
  return {
    waitMs: requestedMs,
    reason: `the receiver requested ${inWords(retryAfterMs)} in Retry-After${limited}`,
  }
}

function waitNumber(schedule: RetrySchedule, failures: number): RetryWait | undefined {
  return schedule.waits[failures - 1] ?? (schedule.windowMs === null ? undefined : schedule.waits.at(-1))
}

/** Formats a duration, such as `5 min` or `1.2 h`. */
export function inWords(ms: number): string {
  const [unitMs, unit] = ms >= hourMs ? [hourMs, 'h'] : ms >= minuteMs ? [minuteMs, 'min'] : [secondMs, 's']
  return `${Number((ms / unitMs).toFixed(1))} ${unit}`
}

/** Returns waits with jitter: each is random between its base and 20 % more, never shorter than the base. */
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

/** Flipdish's document: retries for 24 hours. The waits are our choice: 5 s, 5 min, 30 min, 2 h, then every 4 h. */
export const flipdishSchedule: RetrySchedule = {
  waits: spread(5 * secondMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 4 * hourMs),
  windowMs: 24 * hourMs,
}

/** Foody's document: one more try after 60 to 120 s. Random, so that retries do not arrive in bursts. */
export const foodySchedule: RetrySchedule = {
  waits: [{ minMs: 60 * secondMs, maxMs: 120 * secondMs }],
  windowMs: null,
}
