/** The preset of Flipdish (ordering). */
import { flipdishSchedule } from '../../policies/retry.ts'
import { byDefault, documented, type PresetRules } from './preset-rules.ts'

const secondMs = 1_000
const hourMs = 3_600_000

export const flipdishPreset: PresetRules = {
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
    recovery: 'NONE',
  },
  source: 'Flipdish: Using webhooks',
  rules: [
    documented('TOPICS', 'every topic', 'notified about events that happen in a Flipdish account'),
    byDefault('BODY', 'as STANDARD; the document shows no body'),
    documented('AUTHENTICATION', 'a signature', 'We also recommend verifying webhook signatures'),
    byDefault('AUTHENTICATION', 'the signature of Standard Webhooks'),
    byDefault('HEADERS', 'as STANDARD'),
    documented(
      'SUCCESS',
      'any 2xx; a 3xx is a failure',
      'your endpoint should return a 2xx HTTP status code',
    ),
    documented(
      'TIME_LIMIT',
      '10 s',
      'Flipdish will wait a maximum of 10 seconds for a response to a webhook.',
    ),
    byDefault('HTTPS_ONLY', 'the settings of the installation decide whether http is allowed'),
    byDefault('SAVE_CHECK', 'none'),
    documented('RETRY', 'for 24 h', 'Flipdish will continue trying to send the webhook for 24 hours.'),
    byDefault('RETRY', 'after 5 s, 5 min, 30 min, 2 h, then every 4 h'),
    documented('RETRY_AFTER', 'ignored', 'Any other information returned is ignored.'),
    documented(
      'DISABLE',
      'more than half of the attempts failed in 72 h; the rule applies once the attempts span 72 h',
      'When over 50% of webhooks receive a non-2xx response over a 72 hour period',
    ),
    byDefault(
      'DISABLE',
      'at least 10 attempts; a pause, for example while a shop is closed, starts the 72 h again',
    ),
    documented(
      'RECOVERY',
      'only on request',
      'your webhook will be disabled and you will need to re-enable it via the portal or via our API',
    ),
    byDefault('TEST', 'as STANDARD'),
  ],
}
