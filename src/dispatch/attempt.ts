/**
 * Attempts one delivery under lease: writes the request, sends it by the guarded sender, and decides the next step by
 * the webhook's policy. Nothing is written to the database here: `db/dispatch/record-attempts.ts` stores the attempt.
 */
import type { AttemptContent } from '../domain/deliveries/delivery.ts'
import { leavesTimeLimit, type ClockReading } from '../domain/deliveries/lease.ts'
import type { Answer, SendResult } from '../domain/deliveries/outcome.ts'
import type { SuccessRule } from '../domain/policies/success.ts'
import { settle, settleManualRetry, type Settlement } from '../domain/policies/next-step.ts'
import { policyOf } from '../domain/webhooks/webhook.ts'
import type { Claimed, SettledAttempt } from '../ports/dispatch-store.ts'
import type { System } from '../ports/system.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { Sender } from '../ports/sender.ts'
import { decryptCredentials, type Credentials } from './credentials.ts'
import {
  makeResendable,
  shownResponse,
  writeRequest,
  type AttemptRequest,
  type RequestOrigin,
} from './write-request.ts'

export interface AttemptDeps extends RequestOrigin {
  readonly system: System
  readonly sender: Sender
  readonly secrets: Secrets
}

/** Values that the attempts of one claim share. */
export interface ClaimContext {
  /** The clocks' reading before the claim statement was sent. */
  readonly claimSentAt: ClockReading
  /** Decrypts the credentials of the delivery's webhook, once for all deliveries of the webhook in the claim. */
  readonly credentialsOf: (claimed: Claimed) => Promise<Credentials>
}

export function makeClaimContext(deps: Pick<AttemptDeps, 'system' | 'secrets'>): ClaimContext {
  const decrypted = new Map<string, Promise<Credentials>>()
  return {
    claimSentAt: deps.system.clocks(),
    credentialsOf: (claimed) => {
      const { webhookId, webhook } = claimed
      const credentials = decrypted.get(webhookId) ?? decryptCredentials(deps, claimed, webhook)
      decrypted.set(webhookId, credentials)
      return credentials
    },
  }
}

/**
 * Sends one delivery under lease and decides the next step. Returns null when the lease left too little time, so that
 * nothing was sent. When `interrupted` resolves before the response arrives, the attempt ends as interrupted.
 */
export async function attemptDelivery(
  deps: AttemptDeps,
  claimed: Claimed,
  { claimSentAt, credentialsOf }: ClaimContext,
  interrupted: Promise<Answer>,
): Promise<SettledAttempt | null> {
  const mayBegin = (): boolean => leavesTimeLimit(claimSentAt, deps.system.clocks())
  if (!mayBegin()) return null
  const startedAtMs = deps.system.monotonicMs()
  const credentials = await credentialsOf(claimed)
  const { webhookId, webhook, deliveryId, event, startedAt: at } = claimed
  const request = makeResendable(() => {
    const requestId = deps.system.newId('attempt', at)
    const kind = 'EVENT'
    const context = { webhookId, webhook, deliveryId, requestId, event, at, credentials, kind } as const
    return { attemptId: requestId, prepared: writeRequest(deps, context) }
  })
  const { headers, body, writeAgain } = request.toSend
  const policy = policyOf(claimed.webhook)
  const sent = deps.sender.send({
    projectId: claimed.projectId,
    url: claimed.webhook.url,
    headers,
    body,
    writeAgain,
    timeoutMs: policy.timeoutMs,
    httpsOnly: policy.httpsOnly,
    entered: true, // by its lane, before it was claimed
    mayBegin,
  })
  const result = await Promise.race([sent, interrupted.then(asInterrupted)])
  if ('answer' in result && result.notBegun === true) return null
  const elapsedMs = deps.system.monotonicMs() - startedAtMs
  return 'answer' in result
    ? settled(deps.system, claimed, result, request.last(), elapsedMs)
    : settledInterrupted(deps.system, claimed, result.interrupted)
}

function asInterrupted(interrupted: Answer): { readonly interrupted: Answer } {
  return { interrupted }
}

/** An attempt that ended before a response arrived. It is not known whether the receiver got the request. */
export function settledInterrupted(system: System, claimed: Claimed, answer: Answer): SettledAttempt {
  const noContent: AttemptContent = { request: null, response: null }
  const settlement = settlementOf(claimed, answer, { elapsedMs: 0, random: system.random() })
  return {
    claimed,
    attemptId: system.newId('attempt', claimed.startedAt),
    answer,
    settlement,
    counts: settlement.failures > claimed.facts.failures ? 'FAILURE' : 'NOTHING',
    result: null,
    detail: detailOf(answer, policyOf(claimed.webhook).success),
    content: noContent,
  }
}

function settled(
  system: System,
  claimed: Claimed,
  result: SendResult,
  { attemptId, prepared }: AttemptRequest,
  elapsedMs: number,
): SettledAttempt {
  const settlement = settlementOf(claimed, result.answer, { elapsedMs, random: system.random() })
  return {
    claimed,
    attemptId,
    answer: result.answer,
    settlement,
    counts: countsOf(claimed, settlement),
    result,
    detail:
      settlement.outcome === 'SUCCEEDED' ? null : detailOf(result.answer, policyOf(claimed.webhook).success),
    content: { request: prepared.shown, response: shownResponse(result.response, prepared) },
  }
}

/** `elapsedMs` is the time since the attempt began. */
function settlementOf(
  { facts, resumption, webhook, startedAt }: Claimed,
  answer: Answer,
  { elapsedMs, random }: { readonly elapsedMs: number; readonly random: number },
): Settlement {
  if (resumption !== null) {
    const inMs = resumption.inMs === null ? null : resumption.inMs - elapsedMs
    return settleManualRetry(facts, { ...resumption, inMs }, answer, policyOf(webhook))
  }
  // The database's time at the start of the attempt, plus the time measured by the monotonic clock.
  const nowMs = startedAt.getTime() + elapsedMs
  return settle({ ...facts, ageMs: facts.ageMs + elapsedMs }, answer, policyOf(webhook), nowMs, random)
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
