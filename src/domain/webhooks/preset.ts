/** The presets: for each sender's document a dialect, a policy and the human-readable rules with their origin. */
import { namesOf } from '../shared/names.ts'
import type { Policy } from '../policies/policy.ts'
import { flipdishSchedule, foodySchedule, standardSchedule } from '../policies/retry.ts'
import { ours, says, type PresetRule } from './preset-rules.ts'
import type { Dialect } from '../dialects/registry.ts'

/** The definition of one preset. */
export interface PresetRules {
  readonly dialect: Dialect
  readonly policy: Policy
  /** The title or the URL of the sender's document. */
  readonly source: string
  readonly rules: readonly PresetRule[]
}

const secondMs = 1000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** All presets; the same list as Preset in the SDL. */
export const presetRules = presetsOf({
  STANDARD: {
    dialect: 'STANDARD',
    policy: {
      success: 'ANY_2XX',
      timeoutMs: 15 * secondMs,
      httpsOnly: false,
      saveCheck: false,
      retry: standardSchedule,
      honourRetryAfter: true,
      disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 5 * dayMs }],
    },
    source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    rules: [
      ours('TOPICS', 'every topic'),
      says(
        'BODY',
        '{"type", "timestamp", "data"}',
        '`data`: the actual event data associated with the event',
      ),
      says(
        'AUTHENTICATION',
        'HMAC-SHA256 over id, timestamp and body; several signatures while a secret is rotated',
        'The content to be signed is therefore: `{msg_id}.{timestamp}.{payload}`',
      ),
      says(
        'HEADERS',
        'webhook-id, webhook-timestamp, webhook-signature',
        'All of the headers should be prefixed with `webhook-`',
      ),
      ours('HEADERS', 'content-type and user-agent besides'),
      says(
        'SUCCESS',
        'any 2xx; a 3xx is a failure',
        'considered successful if it was responded to with a `2xx` status code',
      ),
      says('TIME_LIMIT', '15 s', 'somewhere between 15 and 30s'),
      ours('HTTPS_ONLY', 'the installation says whether plain http may be used'),
      ours('SAVE_CHECK', 'none'),
      says('RETRY', 'after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h', 'Example retry schedule'),
      ours('RETRY', 'each wait is longer by up to 20 %, never shorter'),
      says(
        'RETRY_AFTER',
        'honoured on 429 and 503, where it asks for a longer wait',
        'some responses may also include a `Retry-After` header (e.g. `503 Service Unavailable`), which should be taken into consideration when scheduling the next attempt',
      ),
      ours('RETRY_AFTER', 'up to 6 h'),
      says(
        'DISABLE',
        'at once by a 410',
        'Sender should disable the webhook endpoint, and stop sending it messages.',
      ),
      ours('DISABLE', '5 days of failures without a success'),
      ours('TEST', 'an event about an order that is made up'),
    ],
  },
  FLYBUY: {
    dialect: 'FLYBUY',
    policy: {
      success: 'ANY_2XX',
      timeoutMs: 15 * secondMs,
      httpsOnly: false,
      saveCheck: false,
      retry: standardSchedule,
      honourRetryAfter: false,
      disable: [{ rule: 'FAILING_DAYS', days: 3 }],
    },
    source: 'FlyBuy: Webhooks',
    rules: [
      says(
        'TOPICS',
        'every topic of orders',
        'any time an event occurs for an order associated with any of your sites',
      ),
      ours(
        'TOPICS',
        "order.deleted only where the webhook's topics name it, not by order.*: the document has no field for a deletion, so the request looks like any update, with the order as it was last and both changed-flags false; cancel an order before deleting it to show state cancelled",
      ),
      says(
        'BODY',
        '{"data": {...}}: the order as one flat object of 21 keys; null and "" stay apart',
        '"site_partner_identifier": ""',
      ),
      ours(
        'BODY',
        'pickup_window, where there is one, is an ISO 8601 interval: start/end; the document shows null only',
      ),
      says(
        'AUTHENTICATION',
        'Authorization: Token token="...", where a token is set',
        'FlyBuy optionally supports the use of an Authorization Token',
      ),
      says('HEADERS', 'Accept, Content-Type, Authorization where a token is set', 'Accept: application/json'),
      ours('HEADERS', 'User-Agent besides'),
      says('SUCCESS', 'any 2xx; a 3xx is a failure', 'your endpoint must return a 2xx HTTP status code'),
      ours('TIME_LIMIT', '15 s'),
      ours('HTTPS_ONLY', 'the installation says whether plain http may be used'),
      ours('SAVE_CHECK', 'none'),
      ours('RETRY', 'as STANDARD'),
      says(
        'RETRY_AFTER',
        'ignored',
        'FlyBuy ignores any other information returned in the request headers or request body.',
      ),
      says(
        'DISABLE',
        'days in a row with failures and no success',
        'Your endpoint is disabled if it fails to acknowledge events over consecutive days.',
      ),
      ours('DISABLE', 'three such days, in UTC; days without an attempt neither count nor break the row'),
      says(
        'TEST',
        'exactly the example of the document',
        'Press the **Send** to deliver an example payload to the defined webhook.',
      ),
      says(
        'LIMIT',
        'one such webhook per project',
        'There is a single webhook that can be configured per project.',
      ),
    ],
  },
  FLIPDISH: {
    dialect: 'FLIPDISH',
    policy: {
      success: 'ANY_2XX',
      timeoutMs: 10 * secondMs,
      httpsOnly: false,
      saveCheck: false,
      retry: flipdishSchedule,
      honourRetryAfter: false,
      disable: [
        { rule: 'FAILURE_SHARE', share: 0.5, windowMs: 72 * hourMs, minPeriodMs: 72 * hourMs, minVolume: 10 },
      ],
    },
    source: 'Flipdish: Using webhooks',
    rules: [
      says('TOPICS', 'every topic', 'notified about events that happen in a Flipdish account'),
      ours('BODY', 'as STANDARD; the document shows none'),
      says('AUTHENTICATION', 'a signature', 'We also recommend verifying webhook signatures'),
      ours('AUTHENTICATION', 'that of Standard Webhooks'),
      ours('HEADERS', 'as STANDARD'),
      says('SUCCESS', 'any 2xx; a 3xx is a failure', 'your endpoint should return a 2xx HTTP status code'),
      says('TIME_LIMIT', '10 s', 'Flipdish will wait a maximum of 10 seconds for a response to a webhook.'),
      ours('HTTPS_ONLY', 'the installation says whether plain http may be used'),
      ours('SAVE_CHECK', 'none'),
      says('RETRY', 'until 24 h are over', 'Flipdish will continue trying to send the webhook for 24 hours.'),
      ours('RETRY', 'after 5 s, 5 min, 30 min, 2 h, then every 4 h'),
      says('RETRY_AFTER', 'ignored', 'Any other information returned is ignored.'),
      says(
        'DISABLE',
        'more than half of the attempts failed in 72 h, judged once they span 72 h',
        'When over 50% of webhooks receive a non-2xx response over a 72 hour period',
      ),
      ours('DISABLE', 'from 10 attempts on; a pause, as of a closed shop, begins the 72 h again'),
      ours('TEST', 'as STANDARD'),
    ],
  },
  FOODY: {
    dialect: 'FOODY',
    policy: {
      success: 'EXACTLY_200',
      timeoutMs: 10 * secondMs,
      httpsOnly: false,
      saveCheck: true,
      retry: foodySchedule,
      honourRetryAfter: false,
      disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 10 }],
    },
    source: 'Foody Delivery: Documentação técnica dos webhooks',
    rules: [
      says('TOPICS', 'order.state_changed, as order_status_updated', '"event": "order_status_updated"'),
      ours('TOPICS', 'order.created under the same name: the document shows no other'),
      ours(
        'TOPICS',
        'no deletion, since the document shows no event for it; cancel an order before deleting it to show status cancelled',
      ),
      says(
        'BODY',
        '{"uid", "updateDate", "event", "token", "status"}; updateDate to the second, status in lower case',
        '"updateDate": "2020-06-19T17:42:12Z"',
      ),
      says(
        'AUTHENTICATION',
        'a token in the body, generated unless one is given',
        'O token de autorização é gerado automaticamente, mas você pode alterá-lo se quiser.',
      ),
      ours('HEADERS', 'content-type and user-agent'),
      says('SUCCESS', 'exactly 200', 'qualquer status diferente de 200 será considerado um erro'),
      says('TIME_LIMIT', '10 s', 'timeout de 10 segundos'),
      ours('HTTPS_ONLY', 'the installation says whether plain http may be used'),
      says(
        'SAVE_CHECK',
        'hook_test must be answered with 200 before it is saved',
        'Caso a url não retorne http-status 200 no momento desta validação, não será possível proceder',
      ),
      says('RETRY', 'once, after 60 to 120 s', 'ele tenta mais uma vez depois de 60-120 segundos'),
      says(
        'RETRY_AFTER',
        'ignored: the one retry follows after 60 to 120 s',
        'ele tenta mais uma vez depois de 60-120 segundos',
      ),
      says(
        'DISABLE',
        'more than 10 failures in a row',
        'Se seu endpoint retornar consecutivamente mais de 10 erros, o webhook será automaticamente desativado.',
      ),
      says('TEST', 'the event hook_test', "enviando um payload de teste com o evento 'hook_test'"),
      ours('TEST', 'uid, updateDate and status are those of the example of the document'),
    ],
  },
  FAST_EVENTS: {
    dialect: 'FAST_EVENTS',
    policy: {
      success: 'EXACTLY_200',
      timeoutMs: 5 * secondMs,
      httpsOnly: true,
      saveCheck: false,
      retry: standardSchedule,
      honourRetryAfter: true,
      disable: [{ rule: 'NEVER' }],
    },
    source: 'Fast Events: Webhooks',
    rules: [
      ours('TOPICS', 'every topic'),
      says(
        'TOPICS',
        'topics of orders are written order.created, order.updated, order.deleted',
        'when a new order is added, updated, deleted',
      ),
      says('BODY', 'the resource as JSON', 'The body payload is always a JSON encoded string.'),
      says(
        'AUTHENTICATION',
        'base64 of HMAC-SHA256 over the body, keyed by the text of the secret',
        'A unique signature based on the Webhook secret and the body content.',
      ),
      ours(
        'AUTHENTICATION',
        'while a secret is rotated the new one signs at once: there is room for one signature',
      ),
      says(
        'HEADERS',
        'User-Agent and X-FE-Webhook-ID, -Source, -Topic, -Resource, -Event, -Delivery-ID, -Signature',
        'Every HTTP POST has a number of unique HTTP headers',
      ),
      says(
        'HEADERS',
        'User-Agent: product, version and a comment, such as Orderbell/0.1.0 (Webhooks/1.0.0)',
        'Fast-Events/1.6.0 (WordPress/6.1.1)',
      ),
      ours('HEADERS', 'Content-Type besides'),
      says('SUCCESS', 'exactly 200', 'Consumers must return a HTTP 200 as soon as possible'),
      ours('TIME_LIMIT', '5 s; the document asks for "a fraction of a second"'),
      says('HTTPS_ONLY', 'https only', 'Only ``https`` is supported.'),
      ours('SAVE_CHECK', 'none'),
      ours('RETRY', 'as STANDARD'),
      ours('RETRY_AFTER', 'as STANDARD'),
      ours('DISABLE', 'never'),
      says('TEST', 'an empty body; the duration is shown', 'This request has an empty body!'),
      ours('TEST', 'its headers name the topic order.updated, and the signature is that of the empty body'),
    ],
  },
})
export type Preset = keyof typeof presetRules
export const presets = namesOf(presetRules)

function presetsOf<Name extends string>(rules: Readonly<Record<Name, PresetRules>>) {
  return rules
}
