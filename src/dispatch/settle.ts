/**
 * Step 11 and 12 of the path: attempts of all lanes of this process go into one commit, and then
 * the feed is told and lanes are woken at their next due time. What follows an attempt was
 * decided in `domain/settle`; whether a webhook stops is `domain/policy/disable`.
 */
import { disabledBy, type Disabled } from '../domain/policies/disable.ts'
import { failingMessage, shouldNotify, toldBefore } from '../domain/policies/failing-notice.ts'
import { countAttempt } from '../domain/policies/health.ts'
import { policyOf } from '../domain/webhooks/webhook.ts'
import { batched } from './batch.ts'
import type { CountAttempts, DispatchStore, SettledAttempt } from '../ports/dispatch-store.ts'
import type { FeedNotifier } from '../ports/feed-store.ts'
import type { Log } from '../ports/platform.ts'

/** Attempts in one commit: enough to share its cost, few enough to keep it short. */
const maxBatch = 500
/** On a busy line a commit gathers attempts for so long: nobody waits for it, and it costs much the same for few. */
const restMs = 10
/** A commit that failed is tried again until the lease is about to end: the receiver's answer must not be lost to a hiccup. */
const commitTries = 8
const firstPauseMs = 100

export interface Settler {
  /** Resolves once the attempt is recorded, or once somebody else has recorded it. Rejects when that failed for good. */
  settle(attempt: SettledAttempt): Promise<void>
}

export interface SettleWorld {
  readonly store: DispatchStore
  readonly news: FeedNotifier
  readonly log: Log
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>
  /** Arms the lanes' next wakes. */
  readonly rearm: (webhookIds: readonly string[]) => void
}

export function makeSettler(world: SettleWorld): Settler {
  const settleOne = batched<SettledAttempt, undefined>(
    maxBatch,
    async (batch) => {
      for (const commitment of oncePerDelivery(batch)) await settleTogether(world, commitment)
      return batch.map(() => undefined)
    },
    () => world.pause(restMs),
  )
  return { settle: settleOne }
}

async function settleTogether(world: SettleWorld, batch: readonly SettledAttempt[]): Promise<void> {
  const { late, asked, disabled, changed } = await commit(world, batch)
  const lateIds = new Set(late)
  const askedIds = new Set(asked)
  const recorded = batch.filter(({ claimed }) => !lateIds.has(claimed.deliveryId))
  world.news.tell('ATTEMPTS', [...new Set(recorded.map(({ claimed }) => claimed.projectId))])
  if (changed.length > 0) world.news.tell('WEBHOOK_CHANGES', changed)
  const goesOn = recorded.filter(
    (attempt) => isRetried(attempt) || isLimited(attempt) || askedIds.has(attempt.claimed.deliveryId),
  )
  world.rearm([...new Set(goesOn.map(({ claimed }) => claimed.webhookId))])
  for (const attempt of batch) logAttempt(world.log, attempt, lateIds.has(attempt.claimed.deliveryId))
  for (const { webhookId, projectId, disabled: why } of disabled)
    world.log.warn({ webhookId, projectId, reason: why.reason, why: why.message }, 'webhook.disabled')
}

/**
 * The batch in parts in which no delivery stands twice, so that the fence is asked for each. The sweep and an
 * answer can bring the same lease together, when the answer had to wait for a database that was away: then
 * the answer goes first, and the interruption comes late.
 */
function oncePerDelivery(batch: readonly SettledAttempt[]): readonly (readonly SettledAttempt[])[] {
  const parts: SettledAttempt[][] = []
  const seen = new Map<string, number>()
  const answersFirst = [...batch].sort((a, b) => Number(a.result === null) - Number(b.result === null))
  for (const attempt of answersFirst) {
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

/** Its place is free only now, for whichever process takes it. */
function isLimited({ claimed }: SettledAttempt): boolean {
  return claimed.webhook.maxConcurrency !== null
}

async function commit(world: SettleWorld, batch: readonly SettledAttempt[]) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await world.store.settle(batch, countAttempts)
    } catch (error) {
      if (attempt === commitTries)
        throw new Error(`settling ${batch.length} attempts: gave up after ${attempt} tries`, { cause: error })
      world.log.warn({ attempts: batch.length, attempt, cause: String(error) }, 'settle.failed')
      await world.pause(firstPauseMs * 2 ** (attempt - 1))
    }
  }
}

/** A webhook's health after a batch, the first rule that the batch broke, with the figures of that moment, and what its owner is told of that. */
export const countAttempts: CountAttempts = (webhook, before, attempts, now) => {
  const { disable } = policyOf(webhook)
  let health = before
  let disabled: Disabled | null = null
  let failingNotifiedAt = webhook.failingNotifiedAt
  const failing: string[] = []
  for (const attempt of attempts) {
    if (attempt.counts === 'NOTHING' || attempt.claimed.trigger !== 'SCHEDULE') continue
    const { counts, answer } = attempt
    if (counts === 'FAILURE' && health.failingSince === null) failingNotifiedAt = toldBefore(failingNotifiedAt, now)
    health = countAttempt(health, counts === 'SUCCESS', now)
    if (counts === 'SUCCESS' || disabled !== null) continue
    disabled = disabledBy(disable, health, answer, now)
    if (!shouldNotify(health, { notifiedAt: failingNotifiedAt, now, stops: disabled !== null })) continue
    failing.push(failingMessage(disable, health, answer, now))
    failingNotifiedAt = now
  }
  return { health, disabled, failing, failingNotifiedAt }
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
