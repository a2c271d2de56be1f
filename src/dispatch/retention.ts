/**
 * Removes rows that are older than the retention period. Attempts are removed by dropping the partitions of whole days,
 * all other rows in batches with pauses in between. A run that is interrupted has committed whole batches, and the next
 * run continues. Pending deliveries are never removed. The statements are in `db/maintenance/retention-statements.ts`.
 * Old attempt counters are removed by the sweep (`db/dispatch/settle/attempt-counters.ts`).
 */
import type { System } from '../ports/system.ts'
import type { Log } from '../ports/log.ts'
import type { Horizons, Remove, RetentionSteps, RetentionStore } from '../ports/retention-store.ts'

/** Rows removed in one transaction. */
const batchSize = 1_000
/**
 * After each batch the run pauses as long as the batch took, within these bounds, so that it uses the disk half of the
 * time.
 */
const minPauseMs = 10
const maxPauseMs = 1_000
/** Pauses before a locked partition is tried again. After the last try the partition is left to the next run. */
const lockRetryPausesMs = [1_000, 2_000, 4_000]
/**
 * With fewer partitions ahead than this a warning is logged. On a day without a partition each attempt costs one more
 * statement.
 */
const fewDaysAhead = 3

export interface RetentionDeps {
  readonly store: RetentionStore
  readonly system: Pick<System, 'monotonicMs'>
  readonly log: Log
  readonly pause: (ms: number) => Promise<void>
  /** The retention period. */
  readonly retentionDays: number
}

/** Starts no further step after the signal. Never throws: failures are logged, and the next run tries again. */
export type Retain = (signal: AbortSignal) => Promise<void>

export function makeRetention(deps: RetentionDeps): Retain {
  const { store, log } = deps
  return async (signal) => {
    try {
      const removed = await store.withLock((steps) => retain(deps, steps, signal))
      if (removed === null) log.debug({}, 'retention.lock-held')
      else if (Object.values(removed).some((count) => count > 0)) log.info(removed, 'retention.removed')
    } catch (error) {
      log.error({ cause: error }, 'retention.failed')
    }
  }
}

async function retain(
  deps: RetentionDeps,
  steps: RetentionSteps,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const { log, retentionDays } = deps
  /** A part that fails does not prevent the other parts. */
  const part = async (what: string, work: () => Promise<number>): Promise<number> => {
    try {
      return signal.aborted ? 0 : await work()
    } catch (error) {
      log.error({ what, cause: error }, 'retention.failed')
      return 0
    }
  }
  await part('partitions ahead', () => lookAhead(log, steps))
  const days = await part('days of attempts', () => dropDays(deps, steps, signal))
  // After the partitions, because a delivery is removed only when none of its attempts is left.
  const horizons = await steps.horizons(retentionDays)
  const batches = async (what: string, remove: (horizons: Horizons) => Remove): Promise<number> =>
    part(what, () => removeInBatches(deps, signal, remove(horizons)))
  return {
    days,
    deliveries: await batches('deliveries', ({ deliveries }) => steps.removeDeliveries(deliveries)),
    events: await batches('events', ({ deliveries }) => steps.removeEvents(deliveries)),
    idempotencyKeys: await batches('idempotency keys', ({ records }) => steps.removeIdempotencyKeys(records)),
    auditEntries: await batches('audit log', ({ records }) => steps.removeAuditEntries(records)),
    bulkRetries: await batches('bulk retries', ({ records }) => steps.removeBulkRetries(records)),
    webhookChanges: await batches('changes of webhooks', ({ records }) =>
      steps.removeWebhookChanges(records),
    ),
    installationRanges: await batches(
      "ranges of the installation's feeds",
      () => steps.removeInstallationRanges,
    ),
  }
}

/** Creates partitions for the coming days, and logs a warning when there are still few of them. */
async function lookAhead(log: Log, steps: RetentionSteps): Promise<number> {
  try {
    await steps.ensurePartitions()
  } finally {
    const daysAhead = await steps.daysAhead()
    if (daysAhead < fewDaysAhead) log.warn({ daysAhead }, 'retention.partitions-low')
  }
  return 0
}

async function dropDays(deps: RetentionDeps, steps: RetentionSteps, signal: AbortSignal): Promise<number> {
  let dropped = 0
  for (const day of await steps.oldDays(deps.retentionDays)) {
    if (signal.aborted) break
    // The partitions belong to one table, so a lock that blocks one of them would block the next too.
    if (!(await dropDay(deps, steps, signal, day))) break
    deps.log.info({ day }, 'retention.day-dropped')
    dropped += 1
    await pauseOrAbort(deps, signal, minPauseMs)
  }
  return dropped
}

async function dropDay(
  deps: RetentionDeps,
  steps: RetentionSteps,
  signal: AbortSignal,
  day: string,
): Promise<boolean> {
  for (const pauseMs of [...lockRetryPausesMs, null]) {
    if ((await steps.dropDay(day)) === 'DROPPED') return true
    if (pauseMs === null || signal.aborted) break
    await pauseOrAbort(deps, signal, pauseMs)
  }
  deps.log.warn({ day }, 'retention.partition-locked')
  return false
}

async function removeInBatches(deps: RetentionDeps, signal: AbortSignal, remove: Remove): Promise<number> {
  let sum = 0
  let next: string | null = ''
  while (next !== null && !signal.aborted) {
    const startedAtMs = deps.system.monotonicMs()
    const removed = await remove(next, batchSize)
    sum += removed.count
    next = removed.next
    const tookMs = deps.system.monotonicMs() - startedAtMs
    if (next !== null) await pauseOrAbort(deps, signal, Math.min(maxPauseMs, Math.max(minPauseMs, tookMs)))
  }
  return sum
}

/** Waits `ms` milliseconds, or until the signal. */
async function pauseOrAbort({ pause }: RetentionDeps, signal: AbortSignal, ms: number): Promise<void> {
  if (signal.aborted) return
  let wake = (): void => undefined
  const aborted = new Promise<void>((resolve) => (wake = resolve))
  signal.addEventListener('abort', wake)
  await Promise.race([pause(ms), aborted])
  signal.removeEventListener('abort', wake)
}
