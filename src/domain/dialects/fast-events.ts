/**
 * Fast Events (tickets): the body is the resource as JSON, headers name the topic, and the signature is the base64 of
 * an HMAC-SHA256 over the body. A test request has an empty body.
 */
import { createHmac } from 'node:crypto'
import { orderParts } from '../orders/order-fields.ts'
import { problem, type Problem } from '../shared/problem.ts'
import { isNoticeTopic, isOrderTopic } from '../orders/topic.ts'
import type { DialectRules, RequestContext, RenderedRequest } from './dialect.ts'
import { mask } from '../shared/mask.ts'
import { wrongLength } from './standard.ts'

export const fastEventsDialect: DialectRules = {
  secret: { write: (bytes) => Buffer.from(bytes).toString('base64url'), check: checkSecret },
  // The document shows one signature header with one signature.
  manySignatures: false,
  token: 'NONE',
  carries: (topic) => !isNoticeTopic(topic),
  shows: orderParts,
  secretHeaders: ['x-fe-webhook-signature'],
  render: (context) => renderFastEvents(context, context.event.data),
  // "This request has an empty body!" That its headers name the topic of the example event is our choice.
  renderTest: (context) => renderFastEvents(context, ''),
}

function renderFastEvents(context: RequestContext, body: string): RenderedRequest {
  const topic = writtenTopic(context.event.topic)
  const dot = topic.indexOf('.')
  // The format has one signature. During a rotation only the new secret signs.
  const [secret] = context.secrets
  const bytes = Buffer.from(body)
  return {
    body,
    bytes,
    headers: [
      { name: 'Content-Type', value: 'application/json' },
      // The document shows "Fast-Events/1.6.0 (WordPress/6.1.1)". Ours has that form and names Orderbell.
      { name: 'User-Agent', value: context.userAgent },
      { name: 'X-FE-Webhook-ID', value: context.webhookId },
      { name: 'X-FE-Webhook-Source', value: context.publicUrl },
      { name: 'X-FE-Webhook-Topic', value: topic },
      { name: 'X-FE-Webhook-Resource', value: topic.slice(0, dot) },
      { name: 'X-FE-Webhook-Event', value: topic.slice(dot + 1) },
      { name: 'X-FE-Webhook-Delivery-ID', value: context.requestId },
      { name: 'X-FE-Webhook-Signature', value: secret === undefined ? '' : sign(secret, bytes) },
    ],
  }
}

// "when a new order is added, updated, deleted": the document has no other topics of orders.
function writtenTopic(topic: string): string {
  const known = topic === 'order.created' || topic === 'order.deleted' || !isOrderTopic(topic)
  return known ? topic : 'order.updated'
}

function sign(secret: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(body).digest('base64')
}

/** The HMAC key is the bytes of the secret's text. Only ASCII, so that its bytes are the same in every encoding. */
function checkSecret(text: string, field: readonly string[]): string | Problem {
  if (!/^[!-~]*$/.test(text))
    return problem(
      'INVALID',
      field,
      `${field.at(-1) ?? 'the secret'} may contain only printable ASCII characters, without spaces`,
    )
  // Refuses the mask that the API shows instead of a secret, and zeros: the digit, or zero bytes in base64url.
  if (text.includes(mask) || /^(0*|A*)$/.test(text))
    return problem('INVALID', field, `${field.at(-1) ?? 'the secret'} is easy to guess; use a random secret`)
  return wrongLength(text.length, field) ?? text
}
