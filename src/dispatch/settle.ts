/**
 * Settles attempts: writes the attempts of all lanes of this process in shared commits, then notifies the feeds and
 * schedules the lanes at their next due times. The next step of each delivery has been decided before; the store counts
 * the attempts for the health of their webhooks, and applies the disable rules, in the same commit.
 */
import { retryOn } from '../domain/shared/retry-on.ts'
import { batched } from './batch.ts'
import type { DispatchStore, SettledAttempt } from '../ports/dispatch-store.ts'
import type { FeedNotifier } from '../ports/feed-store.ts'
import type { Log } from '../ports/log.ts'

/** Maximum attempts in one commit. Enough to share the cost of a commit, few enough to keep it short. */
const maxBatch = 500
/**
 * Pause after a commit that collects more attempts for the next one, unless many are waiting already. No client waits
 * for it, and small commits cost nearly as much. The first attempts after a quiet moment do not wait.
 */
export const lingerMs = 25
const lingerBelow = 200
/**
 * A commit that fails is tried 8 times, with pauses that double from 100 ms, 12.7 s in all, so that a short failure of
 * the database does not lose the receiver's answer. After that the sweep records the attempts as interrupted.
 */
const commitTries = 8
const firstPauseMs = 100

export interface Settler {
  /**
   * Resolves when the attempt is recorded, or when its lease had already been settled. Rejects when all tries failed.
   */
  settle(attempt: SettledAttempt): Promise<void>
}

export interface SettleDeps {
  readonly store: DispatchStore
  readonly feedNotifier: FeedNotifier
  readonly log: Log
  /** Waits `ms` milliseconds. */
  readonly pause: (ms: number) => Promise<void>
  /** Schedules the next wake-ups of the lanes. */
  readonly rescheduleLanes: (webhookIds: readonly string[]) => void
}

export function makeSettler(deps: SettleDeps): Settler {
  const settleOne = batched<SettledAttempt, undefined>(
    maxBatch,
    async (batch) => {
      for (const commitment of oncePerDelivery(batch)) await settleTogether(deps, commitment)
      return batch.map(() => undefined)
    },
    { below: lingerBelow, pause: () => deps.pause(lingerMs) },
  )
  return { settle: settleOne }
}

async function settleTogether(deps: SettleDeps, batch: readonly SettledAttempt[]): Promise<void> {
  const { late, continued, disabled, recovered, changed, notices } = await commit(deps, batch)
  const lateIds = new Set(late)
  const continuedIds = new Set(continued)
  const recorded = batch.filter(({ claimed }) => !lateIds.has(claimed.deliveryId))
  deps.feedNotifier.notify('ATTEMPTS', [...new Set(recorded.map(({ claimed }) => claimed.projectId))])
  if (changed.length > 0) deps.feedNotifier.notify('WEBHOOK_CHANGES', changed)
  if (notices.projectIds.length > 0) deps.feedNotifier.notify('EVENTS', notices.projectIds)
  const toReschedule = recorded.filter(
    (attempt) =>
      isRetried(attempt) ||
      isLimited(attempt) ||
      isOrdered(attempt) ||
      continuedIds.has(attempt.claimed.deliveryId),
  )
  deps.rescheduleLanes([
    ...new Set([...toReschedule.map(({ claimed }) => claimed.webhookId), ...notices.due]),
  ])
  for (const { webhookId, projectId } of recovered) {
    deps.rescheduleLanes([webhookId])
    deps.log.info({ webhookId, projectId }, 'webhook.recovered')
  }
  for (const attempt of batch) logAttempt(deps.log, attempt, lateIds.has(attempt.claimed.deliveryId))
  for (const { webhookId, projectId, disabled: rule } of disabled)
    deps.log.warn({ webhookId, projectId, reason: rule.reason, why: rule.message }, 'webhook.disabled')
}

/**
 * Splits the batch into parts in which no delivery occurs twice, so that each attempt is checked against the lease
 * token. A delivery occurs twice when its result had to wait for the database and the sweep settled its expired lease
 * in the meantime. The result then goes first, and the interruption is too late to be recorded.
 */
function oncePerDelivery(batch: readonly SettledAttempt[]): readonly (readonly SettledAttempt[])[] {
  const parts: SettledAttempt[][] = []
  const seen = new Map<string, number>()
  const resultsFirst = [...batch].sort((a, b) => Number(a.result === null) - Number(b.result === null))
  for (const attempt of resultsFirst) {
    const { deliveryId } = attempt.claimed
    const part = seen.get(deliveryId) ?? 0
    seen.set(deliveryId, part + 1)
    if (parts[part] === undefined) parts[part] = []
    parts[part].push(attempt)
  }
  return parts
}

function isRetried({ settlement }: SettledAttempt): boolean {
  return settlement.retryInMs !== null
}

/**
 * The webhook limits its requests across all processes, and this request counted against the limit until the commit.
 */
function isLimited({ claimed }: SettledAttempt): boolean {
  return claimed.webhook.maxConcurrency !== null
}

/** The next delivery of the order waited for this one. */
function isOrdered({ claimed }: SettledAttempt): boolean {
  return claimed.webhook.ordering !== 'NONE'
}

async function commit(deps: SettleDeps, batch: readonly SettledAttempt[]) {
  const pauseLonger = (error: unknown, attempt: number) => {
    deps.log.warn({ attempts: batch.length, attempt, cause: String(error) }, 'settle.failed')
    return deps.pause(firstPauseMs * 2 ** (attempt - 1))
  }
  try {
    return await retryOn({ tries: commitTries, isRetryable: () => true, beforeRetry: pauseLonger }, () =>
      deps.store.settle(batch),
    )
  } catch (error) {
    throw new Error(`settling ${batch.length} attempts: gave up after ${commitTries} tries`, { cause: error })
  }
}

function logAttempt(log: Log, attempt: SettledAttempt, late: boolean): void {
  const { claimed, settlement, result } = attempt
  const fields = {
    projectId: claimed.projectId,
    webhookId: claimed.webhookId,
    deliveryId: claimed.deliveryId,
    attemptId: attempt.attemptId,
    attempt: claimed.attemptNumber,
    topic: claimed.event.topic,
    outcome: settlement.outcome,
    statusCode: result?.response?.statusCode,
    durationMs: result === null ? undefined : Math.round(result.durationMs),
    resentOnNewConnection: result?.resentOnNewConnection === true ? true : undefined,
    next: settlement.nextStep,
    retryInMs: settlement.retryInMs ?? undefined,
  }
  if (late) log.warn(fields, 'delivery.settled-late')
  else log.debug(fields, 'delivery.attempted')
}
