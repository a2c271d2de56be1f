/**
 * Writes the requests of a webhook in its dialect: the request that is sent, and the same request with its secrets
 * masked, which is stored and shown. Sends nothing.
 */
import type { AttemptContent } from '../domain/deliveries/delivery.ts'
import { shownHeader } from '../domain/webhooks/custom-headers.ts'
import { type RequestContext, type RenderedRequest } from '../domain/dialects/dialect.ts'
import { dialectRules, maskHeaders } from '../domain/dialects/registry.ts'
import { redactSecrets } from '../domain/deliveries/redact-response.ts'
import type { Event } from '../domain/orders/event.ts'
import type { SendResult } from '../domain/deliveries/outcome.ts'
import type { ClaimedWebhook } from '../ports/dispatch-store.ts'
import type { Secrets } from '../ports/secrets.ts'
import type { SendRequest } from '../ports/sender.ts'
import { decryptCredentials, type Credentials } from './credentials.ts'

/** How requests name this installation. */
export interface RequestOrigin {
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
interface RequestFacts {
  readonly webhookId: string
  readonly deliveryId: string
  /** The attempt's id. */
  readonly requestId: string
  readonly event: Event
  readonly at: Date
}

/** Decrypts the webhook's credentials and writes the request for the event, with the timestamp `at`. */
export async function renderRequest(
  deps: RequestOrigin & { readonly secrets: Secrets },
  context: RequestFacts & {
    readonly projectId: string
    readonly webhook: Pick<ClaimedWebhook, 'url' | 'dialect' | 'headers' | 'encrypted'>
  },
): Promise<PreparedRequest> {
  const credentials = await decryptCredentials(deps, context, context.webhook)
  return writeRequest(deps, { ...context, credentials, kind: 'EVENT' })
}

/** Writes the request of the webhook's dialect: for an event, or the dialect's test request. */
export function writeRequest(
  { publicUrl, userAgent }: RequestOrigin,
  context: RequestFacts & {
    readonly webhook: Pick<ClaimedWebhook, 'url' | 'dialect' | 'headers'>
    readonly credentials: Credentials
    readonly kind: 'EVENT' | 'TEST'
  },
): PreparedRequest {
  const { webhookId, webhook, deliveryId, requestId, event, at } = context
  const { headers: customHeaders, secrets, token } = context.credentials
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
    rendered: { ...rendered, headers: [...rendered.headers, ...customHeaders] },
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
  const custom = credentials.headers.filter((_, index) => 'sealedValue' in (webhook.headers[index] ?? {}))
  return [...ofDialect, ...custom].flatMap(({ value }) => [value, value.slice(value.indexOf(' ') + 1)])
}

/** A prepared request with its request id, which is the attempt's id. */
export interface AttemptRequest {
  readonly attemptId: string
  readonly prepared: PreparedRequest
}

/**
 * A request that the sender may have to send twice (`resentOnNewConnection`). The second request is written again with
 * a new request id, because Fast Events' documentation requires a unique id for every request. The delivery id, the
 * time and the signatures stay the same. The attempt is stored with the request that was sent last, because the
 * response belongs to that request.
 */
export function makeResendable(write: () => AttemptRequest): {
  readonly toSend: Required<Pick<SendRequest, 'headers' | 'body' | 'writeAgain'>>
  last(): AttemptRequest
} {
  let last = write()
  const asSent = ({ prepared: { rendered } }: AttemptRequest) => ({
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
