/** What the dispatcher needs of PostgreSQL, as types, for all projects: claims, and what came of attempts. The rest of the world is `ports.ts`. */
import type { AttemptContent, AttemptTrigger } from '../domain/deliveries/delivery.ts'
import type { Event } from '../domain/orders/event.ts'
import type { Answer, SendResult } from '../domain/deliveries/outcome.ts'
import type { Disabled } from '../domain/policies/disable.ts'
import type { Health } from '../domain/policies/health.ts'
import type { PolicyOverrides } from '../domain/policies/policy.ts'
import type { Preset } from '../domain/webhooks/preset.ts'
import type { Dialect } from '../domain/dialects/registry.ts'
import type { Resumption, ScheduleFacts, Settlement } from '../domain/policies/next-step.ts'
import type { CustomHeader } from '../domain/webhooks/webhook.ts'

/** One delivery under lease: nobody else sends it until the lease runs out. */
export interface Claimed {
  readonly projectId: string
  readonly webhookId: string
  readonly deliveryId: string
  readonly leaseToken: string
  readonly attemptNumber: number
  readonly trigger: AttemptTrigger
  /** When the attempt began, on the database's clock. */
  readonly startedAt: Date
  readonly facts: ScheduleFacts
  /** Where it goes on when a person's attempt fails; null for an attempt of the schedule. */
  readonly resumption: Resumption | null
  readonly event: Event
  /** Whether the customer's data had been taken out of the event by then. */
  readonly erased: boolean
  readonly webhook: ClaimedWebhook
}

/** The webhook as it was when the delivery was claimed. */
export interface ClaimedWebhook {
  readonly url: string
  readonly preset: Preset
  readonly dialect: Dialect
  readonly overrides: PolicyOverrides
  readonly headers: readonly CustomHeader[]
  readonly encrypted: EncryptedSecrets
  /** Requests under way at once, of all processes; null: no limit of its own. */
  readonly maxConcurrency: number | null
}

/** What proves a webhook's requests, sealed. */
export interface EncryptedSecrets {
  /** Those that receivers may hold, newest first; more than one while rotating. None: the dialect does not sign. */
  readonly secrets: readonly string[]
  /** Null: none is set. */
  readonly token: string | null
}

/** One attempt that has ended, with what follows it. */
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
  > & {
    readonly event: Pick<Event, 'orderId' | 'topic'>
    readonly webhook: Pick<ClaimedWebhook, 'maxConcurrency'>
  }
  readonly attemptId: string
  readonly answer: Answer
  readonly settlement: Settlement
  /** Whether the attempt speaks for or against its webhook. */
  readonly counts: 'SUCCESS' | 'FAILURE' | 'NOTHING'
  /** Null: it was interrupted. */
  readonly result: SendResult | null
  readonly detail: string | null
  readonly content: AttemptContent
}

/** A webhook's facts and what a batch of attempts makes of them. */
export type CountAttempts = (
  webhook: CountedWebhook,
  health: Health,
  attempts: readonly SettledAttempt[],
  now: Date,
) => {
  readonly health: Health
  readonly disabled: Disabled | null
  /** What its owner is told of its failures, in this order and before it is told that the webhook is off. */
  readonly failing: readonly string[]
  /** When its owner was last told that it fails, these included; null: never. */
  readonly failingNotifiedAt: Date | null
}

export interface CountedWebhook {
  readonly webhookId: string
  readonly preset: Preset
  readonly overrides: PolicyOverrides
  /** When its owner was last told that it fails; null: never. */
  readonly failingNotifiedAt: Date | null
}

export interface SettleReport {
  /** Delivery ids whose lease was lost before they were settled: somebody else has recorded that attempt. */
  readonly late: readonly string[]
  /** Delivery ids that are due: a person asked for an attempt, or a replay brought them back, while this batch's was under way. */
  readonly asked: readonly string[]
  /** The webhooks that this batch stopped. */
  readonly disabled: readonly {
    readonly webhookId: string
    readonly projectId: string
    readonly disabled: Disabled
  }[]
  /** The projects whose webhooks' owners have something to be told of. */
  readonly changed: readonly string[]
}

export interface DueWebhook {
  readonly webhookId: string
  readonly overdue: boolean
}

/** How many deliveries of a webhook were brought back. */
export interface Replayed {
  readonly webhookId: string
  readonly count: number
}

export interface DispatchStore {
  /**
   * Leases up to `limit` due deliveries of each webhook, oldest due first; attempt numbers are given out here.
   * A lease lasts for the webhook's time limit (its override, or `timeoutMs`) and `marginMs`. A webhook with limits of
   * its own is given no more than they leave, whoever claims.
   */
  claim(
    wishes: readonly { readonly webhookId: string; readonly limit: number }[],
    lease: { readonly timeoutMs: number; readonly marginMs: number },
  ): Promise<readonly Claimed[]>
  /** Where webhooks lead, and whose they are; a webhook that was deleted may be left out. */
  urlsOf(
    webhookIds: readonly string[],
  ): Promise<readonly { readonly webhookId: string; readonly projectId: string; readonly url: string }[]>
  /**
   * Ends leases whose deliveries were not sent, each only where it is still ours: what is still pending is due as
   * before, and its next attempt has the same number.
   */
  release(leases: readonly Pick<Claimed, 'deliveryId' | 'leaseToken'>[]): Promise<void>
  /** All of the batch in one commit, each delivery only where its lease is still ours. */
  settle(batch: readonly SettledAttempt[], count: CountAttempts): Promise<SettleReport>
  /**
   * Until when each webhook has nothing to do, or may do nothing by its rate; negative: overdue. Left out are those
   * with nothing due at all, and those that have as many requests under way as they may: the next settle says more.
   */
  nextDue(
    webhookIds: readonly string[],
  ): Promise<readonly { readonly webhookId: string; readonly inMs: number }[]>
  /**
   * Webhooks that have something due and not under lease, and may be sent to; those of each project in turn.
   * Overdue are those that have waited for `overdueMs` while nothing of theirs was under lease.
   */
  dueWebhooks(limit: number, overdueMs: number): Promise<readonly DueWebhook[]>
  /** Leases that ran out, as claims to be settled as interrupted. */
  expiredLeases(limit: number): Promise<readonly Claimed[]>
  /** Brings back up to so many deliveries of one of the webhooks to which a replay is owed; null: it is owed to none. */
  replaySkipped(limit: number): Promise<Replayed | null>
  /** Cancels up to so many pending deliveries of webhooks that were deleted; answers how many there were. */
  cancelPending(limit: number): Promise<number>
  /** Takes a customer's data out of up to so many events for which it is owed; answers how many there were. */
  erasePending(limit: number): Promise<number>
  /** Removes up to so many counts of attempts that are older than any rule or figure looks back; answers how many there were. */
  removeOldCounts(limit: number): Promise<number>
  /** Makes the partitions of today and the days to come; never fails for one that is there. */
  ensurePartitions(): Promise<void>
}
