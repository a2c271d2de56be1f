/**
 * Writes the requests of a webhook in its dialect: the request that is sent, and the same request with its secrets
 * masked, which is stored and shown. Sends nothing.
 */
import type { AttemptContent } from '../domain/deliveries/delivery.ts'
import type { Header, SendResult } from '../domain/deliveries/outcome.ts'
import { redactSecrets } from '../domain/deliveries/redact-response.ts'
import type { RenderedRequest, RequestContext } from '../domain/dialects/dialect.ts'
import { isSecretHeader, maskedHeaders } from '../domain/dialects/masked-headers.ts'
import type { Event } from '../domain/orders/event.ts'
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

/** A request as it is sent. */
export interface WrittenRequest {
  /** The request's id, which is the attempt's id. */
  readonly requestId: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  readonly rendered: RenderedRequest
}

/** A request as it is stored and shown, with its secrets masked. */
export type ShownRequest = NonNullable<AttemptContent['request']>

/** The ids, the event and the time of one request. */
export interface RequestFacts {
  /** EVENT: the request for the event. TEST: the dialect's test request. */
  readonly kind: 'EVENT' | 'TEST'
  readonly deliveryId: string
  readonly requestId: string
  readonly event: Event
  readonly at: Date
}

/**
 * Decrypts the webhook's credentials, writes the request for the event with the timestamp `at`, and returns it as it
 * would be shown.
 */
export async function previewRequest(
  deps: RequestOrigin & { readonly secrets: Secrets },
  {
    projectId,
    webhookId,
    webhook,
    ...facts
  }: Omit<RequestFacts, 'kind'> & {
    readonly projectId: string
    readonly webhookId: string
    readonly webhook: Omit<ClaimedWebhook, 'maxConcurrency' | 'pauses'>
  },
): Promise<ShownRequest> {
  const credentials = await decryptCredentials(deps, { projectId, webhookId }, webhook)
  const prepared = prepareWebhook(webhookId, webhook, credentials)
  return shownRequest(prepared, writeRequest(deps, prepared, { ...facts, kind: 'EVENT' }))
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
  return {
    requestId,
    headers: joined(rendered.headers, credentials.headers),
    body: rendered.bytes ?? Buffer.from(rendered.body),
    rendered,
  }
}

/** Returns the request with its secrets masked, as it is stored and shown. */
export function shownRequest(webhook: PreparedWebhook, { rendered }: WrittenRequest): ShownRequest {
  return {
    url: webhook.url,
    headers: joined(maskedHeaders(webhook.dialect, rendered.headers), webhook.shownHeaders),
    body: rendered.shownBody ?? rendered.body,
  }
}

/** Redacts the secrets of the request from its response, so that the response can be stored and shown. */
export function shownResponse(
  webhook: PreparedWebhook,
  { rendered }: WrittenRequest,
  response: SendResult['response'],
): SendResult['response'] {
  if (response === null) return null
  const secrets = [...webhook.secrets]
  for (const header of rendered.headers)
    if (isSecretHeader(webhook.dialect, header)) secrets.push(...secretTexts(header))
  return redactSecrets(response, secrets)
}

function joined(some: readonly Header[], others: readonly Header[]): readonly Header[] {
  return others.length === 0 ? some : [...some, ...others]
}
