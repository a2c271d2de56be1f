/** The preset of Fast Events (tickets). */
import { standardSchedule } from '../../policies/retry.ts'
import { byDefault, documented, type PresetRules } from './preset-rules.ts'

const secondMs = 1_000

export const fastEventsPreset: PresetRules = {
  dialect: 'FAST_EVENTS',
  policy: {
    success: 'EXACTLY_200',
    timeoutMs: 5 * secondMs,
    httpsOnly: true,
    saveCheck: false,
    retry: standardSchedule,
    honourRetryAfter: true,
    disable: [],
    recovery: 'NONE',
  },
  source: 'Fast Events: Webhooks',
  rules: [
    byDefault('TOPICS', 'every topic'),
    documented(
      'TOPICS',
      'order topics are written order.created, order.updated, order.deleted',
      'when a new order is added, updated, deleted',
    ),
    documented('BODY', 'the resource as JSON', 'The body payload is always a JSON encoded string.'),
    documented(
      'AUTHENTICATION',
      'base64 of HMAC-SHA256 over the body; the key is the text of the secret',
      'A unique signature based on the Webhook secret and the body content.',
    ),
    byDefault(
      'AUTHENTICATION',
      'after a rotation only the new secret signs: the request has room for one signature',
    ),
    documented(
      'HEADERS',
      'User-Agent and X-FE-Webhook-ID, -Source, -Topic, -Resource, -Event, -Delivery-ID, -Signature',
      'Every HTTP POST has a number of unique HTTP headers',
    ),
    documented(
      'HEADERS',
      'User-Agent: product, version and a comment, for example Orderbell/0.1.0 (Webhooks/1.0.0)',
      'Fast-Events/1.6.0 (WordPress/6.1.1)',
    ),
    byDefault('HEADERS', 'also Content-Type'),
    documented('SUCCESS', 'exactly 200', 'Consumers must return a HTTP 200 as soon as possible'),
    byDefault('TIME_LIMIT', '5 s; the document asks for "a fraction of a second"'),
    documented('HTTPS_ONLY', 'https only', 'Only ``https`` is supported.'),
    byDefault('SAVE_CHECK', 'none'),
    byDefault('RETRY', 'as STANDARD'),
    byDefault('RETRY_AFTER', 'as STANDARD'),
    byDefault('DISABLE', 'never'),
    byDefault('RECOVERY', 'none, because no rule disables the webhook'),
    documented('TEST', 'an empty body; the duration is shown', 'This request has an empty body!'),
    byDefault('TEST', 'the headers name the topic order.updated; the signature is over the empty body'),
  ],
}
