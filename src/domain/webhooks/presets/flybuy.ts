/** The preset of FlyBuy (curbside pickup). */
import { standardSchedule } from '../../policies/retry.ts'
import { byDefault, documented, type PresetRules } from './preset-rules.ts'

const secondMs = 1_000

export const flybuyPreset: PresetRules = {
  dialect: 'FLYBUY',
  policy: {
    success: 'ANY_2XX',
    timeoutMs: 15 * secondMs,
    httpsOnly: false,
    saveCheck: false,
    retry: standardSchedule,
    honourRetryAfter: false,
    disable: [{ rule: 'FAILING_DAYS', days: 3 }],
    recovery: 'NONE',
  },
  source: 'FlyBuy: Webhooks',
  rules: [
    documented(
      'TOPICS',
      'every order topic',
      'any time an event occurs for an order associated with any of your sites',
    ),
    documented(
      'TOPICS',
      "order.arriving at each of the project's arrivingMinutes: the ordinary order, both changed-flags false",
      'Send a push notification alert to a staff-facing application when a customer is 10 minutes out',
    ),
    byDefault(
      'TOPICS',
      "order.deleted only if the webhook's topics name it; order.* does not include it. The document has no field for a deletion, so the request looks like an update, with the last state of the order and both changed-flags false. Cancel an order before deleting it to show state cancelled",
    ),
    documented(
      'BODY',
      '{"data": {...}}: the order as one flat object of 21 keys; null and "" are different',
      '"site_partner_identifier": ""',
    ),
    byDefault(
      'BODY',
      'pickup_window, if the order has one, is an ISO 8601 interval (start/end); the document shows only null',
    ),
    documented(
      'AUTHENTICATION',
      'Authorization: Token token="...", if a token is set',
      'FlyBuy optionally supports the use of an Authorization Token',
    ),
    documented(
      'HEADERS',
      'Accept, Content-Type, and Authorization if a token is set',
      'Accept: application/json',
    ),
    byDefault('HEADERS', 'also User-Agent'),
    documented('SUCCESS', 'any 2xx; a 3xx is a failure', 'your endpoint must return a 2xx HTTP status code'),
    byDefault('TIME_LIMIT', '15 s'),
    byDefault('HTTPS_ONLY', 'the settings of the installation decide whether http is allowed'),
    byDefault('SAVE_CHECK', 'none'),
    byDefault('RETRY', 'as STANDARD'),
    documented(
      'RETRY_AFTER',
      'ignored',
      'FlyBuy ignores any other information returned in the request headers or request body.',
    ),
    documented(
      'DISABLE',
      'consecutive days with failures and no success',
      'Your endpoint is disabled if it fails to acknowledge events over consecutive days.',
    ),
    byDefault('DISABLE', 'three such days, in UTC; days without attempts are ignored'),
    byDefault('RECOVERY', 'only on request; the document does not say how an endpoint is enabled again'),
    documented(
      'TEST',
      'exactly the example in the document',
      'Press the **Send** to deliver an example payload to the defined webhook.',
    ),
    documented(
      'LIMIT',
      'one FLYBUY webhook per project',
      'There is a single webhook that can be configured per project.',
    ),
  ],
}
