/**
 * Removes what is older than the installation keeps, a little at a time: attempts by their days, all else in batches
 * with rests in between. Whoever is ended in the middle has done whole batches; the next run finds what is left.
 * Nothing that is pending is removed, however old. What PostgreSQL does for it is `db/retention.ts`.
 */
import type { System, Log } from '../ports/platform.ts'
import type { Horizons, Remove, RetentionSteps, RetentionStore } from '../ports/retention-store.ts'

/** Rows of one transaction. */
const batchSize = 1_000
/** Between batches it rests as long as the batch took, within these bounds: others have the disk half of the time. */
const minRestMs = 10
const maxRestMs = 1_000
/** After these pauses a day that is in use is tried again; then it is left to the next run. */
const pausesMs = [1_000, 2_000, 4_000]
/** With fewer days ahead an operator has to look: attempts of a day without a partition cost a statement more each. */
const fewDaysAhead = 3

export interface RetentionWorld {
  readonly store: RetentionStore
  readonly system: Pick<System, 'monotonicMs'>
  readonly log: Log
  readonly pause: (ms: number) => Promise<void>
  /** How long things are kept. */
  readonly retentionDays: number
}

/** Begins no further step once the signal is given. Never throws: what fails is in the log, and is tried again by the next run. */
export type Retain = (signal: AbortSignal) => Promise<void>

export function makeRetention(world: RetentionWorld): Retain {
  const { store, log } = world
  return async (signal) => {
    try {
      const removed = await store.alone((steps) => retain(world, steps, signal))
      if (removed === null) log.debug({}, 'retention.lock-held')
      else if (Object.values(removed).some((count) => count > 0)) log.info(removed, 'retention.removed')
    } catch (error) {
      log.error({ cause: error }, 'retention.failed')
    }
  }
}

async function retain(
  world: RetentionWorld,
  steps: RetentionSteps,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const { log, retentionDays } = world
  /** One part that fails does not keep the others from being done. */
  const part = async (what: string, work: () => Promise<number>): Promise<number> => {
    try {
      return signal.aborted ? 0 : await work()
    } catch (error) {
      log.error({ what, cause: error }, 'retention.failed')
      return 0
    }
  }
  await part('partitions ahead', () => lookAhead(log, steps))
  const days = await part('days of attempts', () => dropDays(world, steps, signal))
  // After the days: a delivery goes when none of its attempts is left.
  const horizons = await steps.horizons(retentionDays)
  const batches = async (what: string, remove: (horizons: Horizons) => Remove): Promise<number> =>
    part(what, () => inBatches(world, signal, remove(horizons)))
  return {
    days,
    deliveries: await batches('deliveries', ({ deliveries }) => steps.removeDeliveries(deliveries)),
    events: await batches('events', ({ deliveries }) => steps.removeEvents(deliveries)),
    idempotencyKeys: await batches('idempotency keys', ({ records }) => steps.removeIdempotencyKeys(records)),
    auditEntries: await batches('audit log', ({ records }) => steps.removeAuditEntries(records)),
    webhookChanges: await batches('changes of webhooks', ({ records }) =>
      steps.removeWebhookChanges(records),
    ),
  }
}

/** Makes partitions ahead, and says so when there are few of them in spite of it. */
async function lookAhead(log: Log, steps: RetentionSteps): Promise<number> {
  try {
    await steps.ensurePartitions()
  } finally {
    const daysAhead = await steps.daysAhead()
    if (daysAhead < fewDaysAhead) log.warn({ daysAhead }, 'retention.partitions-low')
  }
  return 0
}

async function dropDays(world: RetentionWorld, steps: RetentionSteps, signal: AbortSignal): Promise<number> {
  let dropped = 0
  for (const day of await steps.oldDays(world.retentionDays)) {
    if (signal.aborted) break
    // What holds one day up would hold up the next: they are parts of one table.
    if (!(await dropDay(world, steps, signal, day))) break
    world.log.info({ day }, 'retention.day-dropped')
    dropped += 1
    await rest(world, signal, minRestMs)
  }
  return dropped
}

async function dropDay(
  world: RetentionWorld,
  steps: RetentionSteps,
  signal: AbortSignal,
  day: string,
): Promise<boolean> {
  for (const pauseMs of [...pausesMs, null]) {
    if ((await steps.dropDay(day)) === 'DROPPED') return true
    if (pauseMs === null || signal.aborted) break
    await rest(world, signal, pauseMs)
  }
  world.log.warn({ day }, 'retention.partition-locked')
  return false
}

async function inBatches(world: RetentionWorld, signal: AbortSignal, remove: Remove): Promise<number> {
  let sum = 0
  let next: string | null = ''
  while (next !== null && !signal.aborted) {
    const beganMs = world.system.monotonicMs()
    const removed = await remove(next, batchSize)
    sum += removed.count
    next = removed.next
    const tookMs = world.system.monotonicMs() - beganMs
    if (next !== null) await rest(world, signal, Math.min(maxRestMs, Math.max(minRestMs, tookMs)))
  }
  return sum
}

/** No longer than until the signal. */
async function rest({ pause }: RetentionWorld, signal: AbortSignal, ms: number): Promise<void> {
  if (signal.aborted) return
  let wake = (): void => undefined
  const aborted = new Promise<void>((resolve) => (wake = resolve))
  signal.addEventListener('abort', wake)
  await Promise.race([pause(ms), aborted])
  signal.removeEventListener('abort', wake)
}
