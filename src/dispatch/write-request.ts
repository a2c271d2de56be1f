/**
 * Writes the requests of a webhook in its dialect: the request that is sent, and the same request with its secrets
 * masked, which is stored and shown. Sends nothing.
 */
import type { AttemptContent } from '../domain/deliveries/delivery.ts'
import type { Header, SendResult } from '../domain/deliveries/outcome.ts'
import { redactSecrets } from '../domain/deliveries/redact-response.ts'
import type { RequestContext } from '../domain/dialects/dialect.ts'
import type { Event } from '../domain/orders/event.ts'
import { mask } from '../domain/shared/mask.ts'
import type { ClaimedWebhook } from '../ports/dispatch-store.ts'
import type { Secrets } from '../ports/secrets.ts'
import { decryptCredentials } from './credentials.ts'
import { prepareWebhook, secretTexts, type PreparedWebhook } from './prepared-webhook.ts'

/** How requests name this installation. */
export interface RequestOrigin {
  /** The URL by which requests to receivers name this installation. */
  readonly publicUrl: string
  /** The User-Agent header of every request. */
  readonly userAgent: string
}

/** A request as it is sent, and as it is stored and shown. */
export interface WrittenRequest {
  /** The request's id, which is the attempt's id. */
  readonly requestId: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  readonly shown: NonNullable<AttemptContent['request']>
  /** The request's secrets in clear text. They are redacted from the response before it is stored or shown. */
  readonly secrets: readonly string[]
}

/** The ids, the event and the time of one request. */
export interface RequestFacts {
  /** EVENT: the request for the event. TEST: the dialect's test request. */
  readonly kind: 'EVENT' | 'TEST'
  readonly deliveryId: string
  readonly requestId: string
  readonly event: Event
  readonly at: Date
}

/** Decrypts the webhook's credentials and writes the request for the event, with the timestamp `at`. */
export async function renderRequest(
  deps: RequestOrigin & { readonly secrets: Secrets },
  {
    projectId,
    webhookId,
    webhook,
    ...facts
  }: Omit<RequestFacts, 'kind'> & {
    readonly projectId: string
    readonly webhookId: string
    readonly webhook: Omit<ClaimedWebhook, 'maxConcurrency'>
  },
): Promise<WrittenRequest> {
  const credentials = await decryptCredentials(deps, { projectId, webhookId }, webhook)
  return writeRequest(deps, prepareWebhook(webhookId, webhook, credentials), { ...facts, kind: 'EVENT' })
}

/** Writes a request in the webhook's dialect. */
export function writeRequest(
  origin: RequestOrigin,
  webhook: PreparedWebhook,
  { kind, deliveryId, requestId, event, at }: RequestFacts,
): WrittenRequest {
  const { dialect, credentials } = webhook
  const context: RequestContext = {
    webhookId: webhook.webhookId,
    deliveryId,
    requestId,
    event,
    at,
    publicUrl: origin.publicUrl,
    userAgent: origin.userAgent,
    secrets: credentials.secrets,
    token: credentials.token,
  }
  const rendered = kind === 'TEST' ? dialect.renderTest(context) : dialect.render(context)
  const shownHeaders: Header[] = []
  const secrets = [...webhook.secrets]
  for (const header of rendered.headers) {
    const isSecret = dialect.secretHeaders.includes(header.name.toLowerCase())
    shownHeaders.push(isSecret ? { name: header.name, value: mask } : header)
    if (isSecret) secrets.push(...secretTexts(header))
  }
  shownHeaders.push(...webhook.shownHeaders)
  return {
    requestId,
    headers:
      credentials.headers.length === 0 ? rendered.headers : [...rendered.headers, ...credentials.headers],
    body: rendered.bytes ?? Buffer.from(rendered.body),
    shown: { url: webhook.url, headers: shownHeaders, body: rendered.shownBody ?? rendered.body },
    secrets,
  }
}

/** Redacts the request's secrets from a response, so that it can be stored and shown. */
export function shownResponse(
  response: SendResult['response'],
  { secrets }: Pick<WrittenRequest, 'secrets'>,
): SendResult['response'] {
  return response && redactSecrets(response, secrets)
}
