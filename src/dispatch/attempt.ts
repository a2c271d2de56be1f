/**
 * Attempts one delivery under lease: the dialect writes the request, the guarded sender sends it, and the policy
 * decides the next step. Nothing is written to the database here.
 */
import type { AttemptContent } from '../domain/deliveries/delivery.ts'
import { shownHeader } from '../domain/webhooks/custom-headers.ts'
import { type RequestContext, type RenderedRequest } from '../domain/dialects/dialect.ts'
import { dialectRules, maskHeaders } from '../domain/dialects/registry.ts'
import { redactSecrets } from '../domain/deliveries/redact-response.ts'
import type { Event } from '../domain/orders/event.ts'
import { leavesTimeLimit, type ClockReading } from '../domain/deliveries/lease.ts'
import type { Answer, SendResult } from '../domain/deliveries/outcome.ts'
import type { SuccessRule } from '../domain/policies/success.ts'
import { settle, settleManualRetry, type Settlement } from '../domain/policies/next-step.ts'
import { policyOf } from '../domain/webhooks/webhook.ts'
import type { Claimed, ClaimedWebhook, SettledAttempt } from '../ports/dispatch-store.ts'
import type { System, Secrets, Sender, SendRequest } from '../ports/platform.ts'
import type { Credentials } from './credentials.ts'
import { openCredentials } from './credentials.ts'

export interface AttemptWorld {
  readonly system: System
  readonly sender: Sender
  readonly secrets: Secrets
  /** The URL by which requests to receivers name this installation. */
  readonly publicUrl: string
  /** The User-Agent header of every request. */
  readonly userAgent: string
}

/** A request as it is sent, and as it is stored and shown. */
export interface PreparedRequest {
  readonly rendered: RenderedRequest
  readonly shown: NonNullable<AttemptContent['request']>
  /** The request's secrets in clear text. They are redacted from the response before it is stored or shown. */
  readonly secrets: readonly string[]
}

/** The ids, the event and the time of one request. */
interface AttemptFacts {
  readonly webhookId: string
  readonly deliveryId: string
  /** The attempt's id. */
  readonly requestId: string
  readonly event: Event
  readonly at: Date
}

/** Decrypts the webhook's credentials and writes the request for the event, with the timestamp `at`. */
export async function renderRequest(
  world: AttemptWorld,
  context: AttemptFacts & {
    readonly projectId: string
    readonly webhook: Pick<ClaimedWebhook, 'url' | 'dialect' | 'headers' | 'encrypted'>
  },
): Promise<PreparedRequest> {
  const credentials = await openCredentials(world, context, context.webhook)
  return writeRequest(world, { ...context, credentials, kind: 'EVENT' })
}

/** Values that the attempts of one claim share. */
export interface ClaimContext {
  /** The clocks' reading before the claim statement was sent. */
  readonly askedAt: ClockReading
  /** Decrypts the credentials of the delivery's webhook, once for all deliveries of the webhook in the claim. */
  readonly credentialsOf: (claimed: Claimed) => Promise<Credentials>
}

export function makeClaimContext(world: Pick<AttemptWorld, 'system' | 'secrets'>): ClaimContext {
  const opened = new Map<string, Promise<Credentials>>()
  return {
    askedAt: world.system.clocks(),
    credentialsOf: (claimed) => {
      const { webhookId, webhook } = claimed
      const credentials = opened.get(webhookId) ?? openCredentials(world, claimed, webhook)
      opened.set(webhookId, credentials)
      return credentials
    },
  }
}

/** Writes the request of the webhook's dialect: for an event, or the dialect's test request. */
export function writeRequest(
  world: Pick<AttemptWorld, 'publicUrl' | 'userAgent'>,
  context: AttemptFacts & {
    readonly webhook: Pick<ClaimedWebhook, 'url' | 'dialect' | 'headers'>
    readonly credentials: Credentials
    readonly kind: 'EVENT' | 'TEST'
  },
): PreparedRequest {
  const { webhookId, webhook, deliveryId, requestId, event, at } = context
  const { headers: own, secrets, token } = context.credentials
  const { publicUrl, userAgent } = world
  const dialect = dialectRules[webhook.dialect]
  const all: RequestContext = {
    webhookId,
    deliveryId,
    requestId,
    event,
    at,
    publicUrl,
    userAgent,
    secrets,
    token,
  }
  const rendered = context.kind === 'TEST' ? dialect.renderTest(all) : dialect.render(all)
  const shownHeaders = [
    ...maskHeaders(webhook.dialect, rendered.headers),
    ...webhook.headers.map(shownHeader),
  ]
  return {
    rendered: { ...rendered, headers: [...rendered.headers, ...own] },
    shown: { url: webhook.url, headers: shownHeaders, body: rendered.shownBody ?? rendered.body },
    secrets: [...secrets, ...(token === null ? [] : [token]), ...credentialValues(context, rendered)],
  }
}

/** The values of masked headers. For a value with a scheme, such as `Bearer x`, also the part after the scheme. */
function credentialValues(
  {
    webhook,
    credentials,
  }: { readonly webhook: Pick<ClaimedWebhook, 'dialect' | 'headers'>; readonly credentials: Credentials },
  { headers }: RenderedRequest,
): readonly string[] {
  const { secretHeaders } = dialectRules[webhook.dialect]
  const ofDialect = headers.filter(({ name }) => secretHeaders.includes(name.toLowerCase()))
  const own = credentials.headers.filter((_, index) => 'sealedValue' in (webhook.headers[index] ?? {}))
  return [...ofDialect, ...own].flatMap(({ value }) => [value, value.slice(value.indexOf(' ') + 1)])
}

/** A written request and its request id, which is the attempt's id. */
export interface Written {
  readonly attemptId: string
  readonly ready: PreparedRequest
}

/**
 * A request that the sender may have to send twice (`resentOnNewConnection`). The second request is written again with
 * a new request id, because Fast Events' documentation requires a unique id for every request. The delivery id, the
 * time and the signatures stay the same. The attempt is stored with the request that was sent last, because the
 * response belongs to that request.
 */
export function makeRequest(write: () => Written): {
  readonly toSend: Required<Pick<SendRequest, 'headers' | 'body' | 'writeAgain'>>
  last(): Written
} {
  let last = write()
  const asSent = ({ ready: { rendered } }: Written) => ({
    headers: rendered.headers,
    body: Buffer.from(rendered.body),
  })
  const writeAgain = () => {
    last = write()
    return asSent(last)
  }
  const { headers, body } = asSent(last)
  return { toSend: { headers, body, writeAgain }, last: () => last }
}

/** Redacts the request's secrets from a response, so that it can be stored and shown. */
export function shownResponse(
  response: SendResult['response'],
  { secrets }: Pick<PreparedRequest, 'secrets'>,
): SendResult['response'] {
  return response && redactSecrets(response, secrets)
}

/**
 * Sends one delivery under lease and decides the next step. Returns null when the lease left too little time, so that
 * nothing was sent. When `interrupted` resolves before the response arrives, the attempt ends as interrupted.
 */
export async function attemptDelivery(
  world: AttemptWorld,
  claimed: Claimed,
  { askedAt, credentialsOf }: ClaimContext,
  interrupted: Promise<Answer>,
): Promise<SettledAttempt | null> {
  const mayBegin = (): boolean => leavesTimeLimit(askedAt, world.system.clocks())
  if (!mayBegin()) return null
  const beganMs = world.system.monotonicMs()
  const credentials = await credentialsOf(claimed)
  const { webhookId, webhook, deliveryId, event, startedAt: at } = claimed
  const write = (): Written => {
    const requestId = world.system.newId('attempt', at)
    const kind = 'EVENT'
    const context = { webhookId, webhook, deliveryId, requestId, event, at, credentials, kind } as const
    return { attemptId: requestId, ready: writeRequest(world, context) }
  }
  const request = makeRequest(write)
  const { headers, body, writeAgain } = request.toSend
  const policy = policyOf(claimed.webhook)
  const sent = world.sender.send({
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
  const elapsedMs = world.system.monotonicMs() - beganMs
  return 'answer' in result
    ? settled(world.system, claimed, result, request.last(), elapsedMs)
    : settledInterrupted(world.system, claimed, result.interrupted)
}

function asInterrupted(interrupted: Answer): { readonly interrupted: Answer } {
  return { interrupted }
}

/** An attempt that ended before a response arrived. It is not known whether the receiver got the request. */
export function settledInterrupted(system: System, claimed: Claimed, answer: Answer): SettledAttempt {
  const nothing: AttemptContent = { request: null, response: null }
  const settlement = settlementOf(claimed, answer, { elapsedMs: 0, random: system.random() })
  return {
    claimed,
    attemptId: system.newId('attempt', claimed.startedAt),
    answer,
    settlement,
    counts: settlement.failures > claimed.facts.failures ? 'FAILURE' : 'NOTHING',
    result: null,
    detail: detailOf(answer, policyOf(claimed.webhook).success),
    content: nothing,
  }
}

function settled(
  system: System,
  claimed: Claimed,
  result: SendResult,
  { attemptId, ready }: Written,
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
    content: { request: ready.shown, response: shownResponse(result.response, ready) },
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
  if (trigger === 'PERSON') return 'NOTHING'
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
