/** The preset of Standard Webhooks. */
import { standardSchedule } from '../../policies/retry.ts'
import { byDefault, documented, type PresetRules } from './preset-rules.ts'

const secondMs = 1_000
const dayMs = 24 * 3_600_000

export const standardPreset: PresetRules = {
  dialect: 'STANDARD',
  policy: {
    success: 'ANY_2XX',
    timeoutMs: 15 * secondMs,
    httpsOnly: false,
    saveCheck: false,
    retry: standardSchedule,
    honourRetryAfter: true,
    disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 5 * dayMs }],
    recovery: 'PROBE',
  },
  source: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
  rules: [
    byDefault('TOPICS', 'every topic'),
    documented(
      'BODY',
      '{"type", "timestamp", "data"}',
      '`data`: the actual event data associated with the event',
    ),
    documented(
      'AUTHENTICATION',
      'HMAC-SHA256 over id, timestamp and body; several signatures while a secret is rotated',
      'The content to be signed is therefore: `{msg_id}.{timestamp}.{payload}`',
    ),
    documented(
      'HEADERS',
      'webhook-id, webhook-timestamp, webhook-signature',
      'All of the headers should be prefixed with `webhook-`',
    ),
    byDefault('HEADERS', 'also content-type and user-agent'),
    documented(
      'SUCCESS',
      'any 2xx; a 3xx is a failure',
      'considered successful if it was responded to with a `2xx` status code',
    ),
    documented('TIME_LIMIT', '15 s', 'somewhere between 15 and 30s'),
    byDefault('HTTPS_ONLY', 'the settings of the installation decide whether http is allowed'),
    byDefault('SAVE_CHECK', 'none'),
    documented(
      'RETRY',
      'after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h',
      'Example retry schedule',
    ),
    byDefault('RETRY', 'each wait is longer by up to 20 %, never shorter'),
    documented(
      'RETRY_AFTER',
      'honoured on 429 and 503, if it requests a longer wait',
      'some responses may also include a `Retry-After` header (e.g. `503 Service Unavailable`), which should be taken into consideration when scheduling the next attempt',
    ),
    byDefault('RETRY_AFTER', 'up to 6 h'),
    documented(
      'DISABLE',
      'immediately after a 410',
      'Sender should disable the webhook endpoint, and stop sending it messages.',
    ),
    byDefault('DISABLE', '5 days of failures without a success'),
    byDefault(
      'RECOVERY',
      'by a probe: the document asks for no person, and a receiver that was repaired should not have to wait for one. Never after a 410',
    ),
    byDefault('TEST', 'an event of a fictitious order'),
  ],
}
