/**
 * Steps 8 to 10 of the path, for one delivery under lease: the dialect writes the request, the
 * guarded sender sends it, and the policy says what follows. Nothing is written down here.
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
  /** What Orderbell calls itself to receivers. */
  readonly publicUrl: string
  /** The User-Agent of every request. */
  readonly userAgent: string
}

/** What is sent, and how it is to be shown. */
export interface PreparedRequest {
  readonly rendered: RenderedRequest
  readonly shown: NonNullable<AttemptContent['request']>
  /** What the request proves itself by, in clear: hidden from what its receiver answers. */
  readonly secrets: readonly string[]
}

/** What one request is about. */
interface AttemptFacts {
  readonly webhookId: string
  readonly deliveryId: string
  /** The attempt's id. */
  readonly requestId: string
  readonly event: Event
  readonly at: Date
}

/** Writes the request as it goes out at `at`. */
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

/** What the attempts of one claim share. */
export interface ClaimContext {
  /** Read before the claim was sent. */
  readonly askedAt: ClockReading
  /** Opens what is sealed of the delivery's webhook: once for all deliveries of the webhook in the claim. */
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

/** The request as its dialect writes it: one that tells of the event, or the dialect's test. */
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
  const all: RequestContext = { webhookId, deliveryId, requestId, event, at, publicUrl, userAgent, secrets, token }
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

/** The values of headers that are shown masked; of those with a scheme, `Bearer x`, also what follows it. */
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

/** A request as it was written, and the id that it carries: the attempt's. */
export interface Written {
  readonly attemptId: string
  readonly ready: PreparedRequest
}

/**
 * A request that may have to go out twice (`resentOnNewConnection`). It is written anew for the second time, under a new
 * id: Fast Events' document wants a unique id for every request. The delivery's id and the instant stay the same, and
 * so do the signatures. The attempt is stored as the one that was sent last: that is the one an answer is to.
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

/** A response as it may be stored and shown. */
export function shownResponse(
  response: SendResult['response'],
  { secrets }: Pick<PreparedRequest, 'secrets'>,
): SendResult['response'] {
  return response && redactSecrets(response, secrets)
}

/**
 * Sends one delivery under lease and says what follows; null when its lease left too little time, and nothing was
 * sent. `interrupted` settles it before an answer came.
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

/** An attempt of which nobody knows whether its receiver saw it: we stopped in the middle. */
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
  // The database's clock, carried on by one that never jumps.
  const nowMs = startedAt.getTime() + elapsedMs
  return settle({ ...facts, ageMs: facts.ageMs + elapsedMs }, answer, policyOf(webhook), nowMs, random)
}

// A person's attempt speaks neither for nor against its webhook: it may be one of many, at a receiver half mended.
function countsOf({ trigger }: Claimed, { outcome }: Settlement): SettledAttempt['counts'] {
  if (trigger === 'PERSON') return 'NOTHING'
  return outcome === 'SUCCEEDED' ? 'SUCCESS' : 'FAILURE'
}

/** For people: what went wrong, in a sentence. */
export function detailOf(answer: Answer, rule: SuccessRule): string {
  if (answer.kind !== 'ANSWERED') return answer.detail
  if (answer.status >= 300 && answer.status <= 399)
    return `the receiver answered ${answer.status}; redirects are not followed and count as failures`
  const wanted = rule === 'EXACTLY_200' ? 'exactly 200' : 'a 2xx'
  return `the receiver answered ${answer.status}, where ${wanted} was expected`
}
