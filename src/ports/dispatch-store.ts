/** The port between the dispatcher and PostgreSQL, for all projects: claims, settled attempts and background work. */
import type { AttemptContent, AttemptTrigger } from '../domain/deliveries/delivery.ts'
import type { Event } from '../domain/orders/event.ts'
import type { Answer, SendResult } from '../domain/deliveries/outcome.ts'
import type { Disabled } from '../domain/policies/disable.ts'
import type { PolicyOverrides } from '../domain/policies/policy.ts'
import type { Preset } from '../domain/webhooks/preset.ts'
import type { Dialect } from '../domain/dialects/registry.ts'
import type { Resumption, ScheduleFacts, Settlement } from '../domain/policies/next-step.ts'
import type { AttemptCount } from '../domain/settle/webhook-after-attempts.ts'
import type { PausedPeriod } from '../domain/deliveries/pause.ts'
import type { Ordering } from '../domain/webhooks/ordering.ts'
import type { CustomHeader } from '../domain/webhooks/webhook.ts'

/** A claimed delivery. No other process sends it until the lease expires. */
export interface Claimed {
  readonly projectId: string
  readonly webhookId: string
  readonly deliveryId: string
  readonly leaseToken: string
  readonly attemptNumber: number
  readonly trigger: AttemptTrigger
  /** Start of the attempt, on the database's clock. */
  readonly startedAt: Date
  readonly facts: ScheduleFacts
  /** How the delivery continues when a manual attempt fails; null for a scheduled attempt. */
  readonly resumption: Resumption | null
  /** The attempt enables its disabled webhook if it succeeds. */
  readonly isProbe?: boolean
  readonly event: Event
  /** Whether the customer's data had been erased from the event when the delivery was claimed. */
  readonly erased: boolean
  readonly webhook: ClaimedWebhook
}

/**
 * The webhook as it was when the delivery was claimed. Deliveries of an unchanged webhook share one object, for at most
 * a minute, so that values derived from it can be kept with it.
 */
export interface ClaimedWebhook {
  readonly url: string
  readonly preset: Preset
  readonly dialect: Dialect
  readonly overrides: PolicyOverrides
  readonly headers: readonly CustomHeader[]
  readonly encrypted: EncryptedSecrets
  /** Maximum number of concurrent requests, over all processes; null: no limit. */
  readonly maxConcurrency: number | null
  readonly ordering: Ordering
  /** Deliveries end as EXPIRED this many milliseconds after their event; null: no deadline. */
  readonly expireAfterMs: number | null
  /** When the webhook was paused: these periods do not count for the age of a delivery. */
  readonly pauses: readonly PausedPeriod[]
}

/** A webhook's signing secrets and token, encrypted. */
export interface EncryptedSecrets {
  /** The valid signing secrets, newest first; more than one during a rotation. Empty: the dialect does not sign. */
  readonly secrets: readonly string[]
  /** Null: the webhook has no token. */
  readonly token: string | null
}

/** A finished attempt with the decision about its delivery. */
export interface SettledAttempt {
  readonly claimed: Pick<
    Claimed,
    | 'projectId'
    | 'webhookId'
    | 'deliveryId'
    | 'leaseToken'
    | 'attemptNumber'
    | 'trigger'
    | 'startedAt'
    | 'erased'
    | 'isProbe'
  > & {
    readonly event: Pick<Event, 'orderId' | 'sequence' | 'topic'>
    readonly webhook: Pick<ClaimedWebhook, 'maxConcurrency' | 'ordering'>
  }
  readonly attemptId: string
  readonly answer: Answer
  readonly settlement: Settlement
  /** How the attempt counts for the webhook's health. */
  readonly counts: AttemptCount
  /** Null: the attempt was interrupted. */
  readonly result: SendResult | null
  readonly detail: string | null
  readonly content: AttemptContent
}

/** The result of a settle transaction. */
export interface SettleReport {
  /** Ids of deliveries whose lease was lost before the settle. Another process has recorded the attempt. */
  readonly late: readonly string[]
  /** Ids of deliveries that are due because of a manual retry or a replay that was requested during the attempt. */
  readonly continued: readonly string[]
  /** The webhooks that this batch disabled. */
  readonly disabled: readonly {
    readonly webhookId: string
    readonly projectId: string
    readonly disabled: Disabled
  }[]
  /** The webhooks that a probe of this batch enabled. */
  readonly recovered: readonly { readonly webhookId: string; readonly projectId: string }[]
  /** Ids of the projects whose feed of webhook changes has new items. */
  readonly changed: readonly string[]
  readonly notices: WrittenNotices
}

/** Notices that a transaction has stored (`domain/webhooks/notices.ts`), for use after its commit. */
export interface WrittenNotices {
  /** The projects with new events. */
  readonly projectIds: readonly string[]
  /** The webhooks with a new delivery to send. */
  readonly due: readonly string[]
}

/** A webhook with due deliveries. */
export interface DueWebhook {
  readonly webhookId: string
  readonly overdue: boolean
}

/** A webhook whose pause has ended by itself. */
export interface EndedPause {
  readonly webhookId: string
  readonly projectId: string
}

/** The number of skipped deliveries of a webhook that were made PENDING again. */
export interface Replayed {
  readonly webhookId: string
  readonly count: number
}

/** Statements of the dispatcher. Each runs for many lanes or many rows. */
export interface DispatchStore {
  /**
   * Leases up to `limit` due deliveries of each webhook, earliest due time first, and assigns the attempt numbers. A
   * lease lasts for the webhook's time limit (its override, else `timeoutMs`) plus `marginMs`. A webhook's own
   * concurrency and rate limits, and its ordering, apply over all processes.
   */
  claim(
    requests: readonly { readonly webhookId: string; readonly limit: number }[],
    lease: { readonly timeoutMs: number; readonly marginMs: number },
  ): Promise<readonly Claimed[]>
  /** Returns the URLs and projects of webhooks. Deleted webhooks may be missing in the result. */
  urlsOf(
    webhookIds: readonly string[],
  ): Promise<readonly { readonly webhookId: string; readonly projectId: string; readonly url: string }[]>
  /**
   * Ends leases of deliveries that were not sent, where the lease token still matches. PENDING deliveries are due as
   * before, and their next attempt has the same number. Those whose deadline has passed end as EXPIRED.
   */
  release(leases: readonly Pick<Claimed, 'deliveryId' | 'leaseToken'>[]): Promise<void>
  /**
   * Settles the batch in one transaction: records the attempts, changes their deliveries, counts the attempts for the
   * health of their webhooks, and disables webhooks that have broken a rule. Deliveries whose lease token no longer
   * matches are not changed. Each delivery occurs at most once in the batch.
   */
  settle(batch: readonly SettledAttempt[]): Promise<SettleReport>
  /**
   * Returns the milliseconds until each webhook has a due delivery and its rate limit allows a request; negative:
   * overdue. A delivery of a paused webhook is due at the end of the pause. Webhooks that are disabled or paused without
   * an end, and webhooks without a waiting delivery, are left out. So are webhooks at their concurrency limit, and those
   * whose waiting deliveries are all held by their ordering: their lanes are woken by the next settle.
   */
  nextDue(
    webhookIds: readonly string[],
  ): Promise<readonly { readonly webhookId: string; readonly inMs: number }[]>
  /**
   * Returns webhooks with due deliveries that are not under lease and that their limits allow, round-robin by project.
   * A webhook is overdue when a delivery has been due for `overdueMs`, no delivery is under lease and no attempt has
   * begun in that time.
   */
  dueWebhooks(limit: number, overdueMs: number): Promise<readonly DueWebhook[]>
  /** Returns expired leases. The caller settles them as INTERRUPTED. */
  expiredLeases(limit: number): Promise<readonly Claimed[]>
  /**
   * Ends up to `limit` waiting deliveries whose deadline has passed as EXPIRED, also those of disabled and paused webhooks.
   * Those that wait for a manual attempt are left out. Returns how many it ended.
   */
  expireDue(limit: number): Promise<number>
  /**
   * Leases one delivery of each of up to `limit` webhooks whose probe is due (`policy.recovery`), and sets the time of its
   * next probe. A lease lasts as in `claim`.
   */
  claimProbes(
    limit: number,
    lease: { readonly timeoutMs: number; readonly marginMs: number },
  ): Promise<readonly Claimed[]>
  /**
   * Records the end of up to `limit` pauses whose time has come, and returns their webhooks. The pause of a deleted webhook
   * is removed without a change, and the webhook is not returned.
   */
  endPauses(limit: number): Promise<readonly EndedPause[]>
  /** Replays up to `limit` skipped deliveries of one webhook with a pending replay; null: no replay is pending. */
  replaySkipped(limit: number): Promise<Replayed | null>
  /** Cancels up to `limit` PENDING deliveries of deleted webhooks. Returns how many it cancelled. */
  cancelPending(limit: number): Promise<number>
  /** Erases one customer's data from up to `limit` events, if an erasure is pending. Returns the number of events. */
  erasePending(limit: number): Promise<number>
  /** Deletes up to `limit` attempt counts that are older than `keptCountDays`. Returns how many it deleted. */
  removeOldCounts(limit: number): Promise<number>
  /** Creates the missing partitions for today and the following days. */
  ensurePartitions(): Promise<void>
}
