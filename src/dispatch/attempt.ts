/**
 * Attempts one delivery under lease: writes the request, sends it by the guarded sender, and decides the next step by
 * the webhook's policy. Nothing is written to the database here: `db/dispatch/settle` stores the attempt.
 */
import type { AttemptContent } from '../domain/deliveries/delivery.ts'
import { elapsedMs as elapsedBetween, leavesTimeLimit } from '../domain/deliveries/lease.ts'
import type { Answer } from '../domain/deliveries/outcome.ts'
import type { Policy } from '../domain/policies/policy.ts'
import type { SuccessRule } from '../domain/policies/success.ts'
import { settle, settleManualRetry, startsSchedule, type Settlement } from '../domain/policies/next-step.ts'
import { policyOf } from '../domain/webhooks/webhook.ts'
import type { Claimed, SettledAttempt } from '../ports/dispatch-store.ts'
import type { System } from '../ports/system.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { Sender } from '../ports/sender.ts'
import type { PrepareClaimed, PreparedWebhook } from './prepared-webhook.ts'
import {
  shownRequest,
  shownResponse,
  writeRequest,
  type RequestOrigin,
  type WrittenRequest,
} from './write-request.ts'

export interface AttemptDeps extends RequestOrigin {
  readonly system: System
  readonly sender: Sender
  readonly secrets: Secrets
}

/** What the attempts of one claim share. */
export interface ClaimContext {
  /** Whether a request may still begin: its full time limit must fit into the leases of the claim. */
  readonly mayBegin: () => boolean
  /** Milliseconds since a time before the claim statement was sent. */
  readonly elapsedMs: () => number
}

/** Must be called before the claim statement is sent. */
export function makeClaimContext({ system }: Pick<AttemptDeps, 'system'>): ClaimContext {
  const claimSentAt = system.clocks()
  return {
    mayBegin: () => leavesTimeLimit(claimSentAt, system.clocks()),
    elapsedMs: () => elapsedBetween(claimSentAt, system.clocks()),
  }
}

/**
 * Sends one delivery under lease and decides the next step. Returns null when nothing was sent, because the lease left too
 * little time or the deadline of the delivery has passed. `interruption` returns an answer when requests must not begin any more; then nothing is sent, and the
 * attempt ends as interrupted, like a request that `sender.interrupt` ends.
 */
export async function attemptDelivery(
  deps: AttemptDeps & { readonly prepare: PrepareClaimed },
  claimed: Claimed,
  context: ClaimContext,
  interruption: () => Answer | null,
): Promise<SettledAttempt | null> {
  const mayBegin = (): boolean => context.mayBegin() && !isExpired(claimed, context.elapsedMs())
  if (!mayBegin()) return null
  const { system } = deps
  const startedAtMs = system.monotonicMs()
  const webhook = await deps.prepare(claimed)
  const interrupted = interruption()
  if (interrupted !== null) return settledInterrupted(system, claimed, interrupted)
  // A request that the sender sends twice is written again, with a new id, because Fast Events' documentation requires
  // a unique id for every request. The attempt is stored with the request that was sent last, because the response
  // belongs to that request.
  let request = writeEvent(deps, webhook, claimed)
  const result = await deps.sender.send({
    projectId: claimed.projectId,
    url: webhook.url,
    headers: request.headers,
    body: request.body,
    writeAgain: () => (request = writeEvent(deps, webhook, claimed)),
    timeoutMs: webhook.policy.timeoutMs,
    httpsOnly: webhook.policy.httpsOnly,
    entered: true, // by its lane, before it was claimed
    mayBegin,
  })
  if (result.notBegun === true) return null
  const { answer } = result
  if (answer.kind === 'INTERRUPTED') return settledInterrupted(system, claimed, answer)
  const elapsedMs = system.monotonicMs() - startedAtMs
  const settlement = settlementOf(claimed, answer, webhook.policy, { elapsedMs, random: system.random() })
  return {
    claimed,
    attemptId: request.requestId,
    answer,
    settlement,
    counts: countsOf(claimed, settlement),
    result,
    detail: settlement.outcome === 'SUCCEEDED' ? null : detailOf(answer, webhook.policy.success),
    content: {
      request: shownRequest(webhook, request),
      response: shownResponse(webhook, request, result.response),
    },
  }
}

// Manual attempts have no deadline.
function isExpired({ facts: { expiresInMs = null }, trigger }: Claimed, elapsedMs: number): boolean {
  return trigger === 'SCHEDULE' && expiresInMs !== null && expiresInMs <= elapsedMs
}

function writeEvent(
  deps: AttemptDeps,
  webhook: PreparedWebhook,
  { deliveryId, event, startedAt: at }: Claimed,
): WrittenRequest {
  const requestId = deps.system.newId('attempt', at)
  return writeRequest(deps, webhook, { kind: 'EVENT', deliveryId, requestId, event, at })
}

/** An attempt that ended before a response arrived. It is not known whether the receiver got the request. */
export function settledInterrupted(system: System, claimed: Claimed, answer: Answer): SettledAttempt {
  const noContent: AttemptContent = { request: null, response: null }
  const policy = policyOf(claimed.webhook)
  const settlement = settlementOf(claimed, answer, policy, { elapsedMs: 0, random: system.random() })
  return {
    claimed,
    attemptId: system.newId('attempt', claimed.startedAt),
    answer,
    settlement,
    counts: settlement.failures > claimed.facts.failures ? 'FAILURE' : 'NOTHING',
    result: null,
    detail: detailOf(answer, policy.success),
    content: noContent,
  }
}

/** `elapsedMs` is the time since the attempt began. */
function settlementOf(
  { facts, resumption, startedAt }: Claimed,
  answer: Answer,
  policy: Policy,
  { elapsedMs, random }: { readonly elapsedMs: number; readonly random: number },
): Settlement {
  const now = { ...facts, ageMs: facts.ageMs + elapsedMs, expiresInMs: after(facts.expiresInMs, elapsedMs) }
  if (resumption !== null && !startsSchedule(resumption)) {
    const inMs = after(resumption.inMs, elapsedMs)
    return settleManualRetry(now, { ...resumption, inMs }, answer, policy)
  }
  // The database's time at the start of the attempt, plus the time measured by the monotonic clock.
  const nowMs = startedAt.getTime() + elapsedMs
  return settle(now, answer, policy, nowMs, random)
}

function after(inMs: number | null | undefined, elapsedMs: number): number | null {
  return inMs == null ? null : inMs - elapsedMs
}

// Manual retries do not count for or against the webhook: there may be many of them, to a receiver that is being
// repaired.
function countsOf({ trigger }: Claimed, { outcome }: Settlement): SettledAttempt['counts'] {
  if (trigger === 'MANUAL') return 'NOTHING'
  return outcome === 'SUCCEEDED' ? 'SUCCESS' : 'FAILURE'
}

/** A sentence for users that says why the attempt failed. */
export function detailOf(answer: Answer, rule: SuccessRule): string {
  if (answer.kind !== 'ANSWERED') return answer.detail
  if (answer.status >= 300 && answer.status <= 399)
    return `the receiver answered ${answer.status}; redirects are not followed and count as failures`
  const wanted = rule === 'EXACTLY_200' ? 'exactly 200' : 'a 2xx'
  return `the receiver answered ${answer.status}, where ${wanted} was expected`
}
