/** The preset of Foody Delivery (couriers). */
import { foodySchedule } from '../../policies/retry.ts'
import { byDefault, documented, type PresetRules } from './preset-rules.ts'

const secondMs = 1_000

export const foodyPreset: PresetRules = {
  dialect: 'FOODY',
  policy: {
    success: 'EXACTLY_200',
    timeoutMs: 10 * secondMs,
    httpsOnly: false,
    saveCheck: true,
    retry: foodySchedule,
    honourRetryAfter: false,
    disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 10 }],
    recovery: 'NONE',
  },
  source: 'Foody Delivery: Documentação técnica dos webhooks',
  rules: [
    documented('TOPICS', 'order.state_changed, as order_status_updated', '"event": "order_status_updated"'),
    byDefault('TOPICS', 'order.created has the same name: the document shows no other'),
    byDefault(
      'TOPICS',
      'no deletion: the document shows no event for it. Cancel an order before deleting it to show status cancelled',
    ),
    documented(
      'BODY',
      '{"uid", "updateDate", "event", "token", "status"}; updateDate to the second, status in lower case',
      '"updateDate": "2020-06-19T17:42:12Z"',
    ),
    documented(
      'AUTHENTICATION',
      'a token in the body, generated if none is given',
      'O token de autorização é gerado automaticamente, mas você pode alterá-lo se quiser.',
    ),
    byDefault('HEADERS', 'content-type and user-agent'),
    documented('SUCCESS', 'exactly 200', 'qualquer status diferente de 200 será considerado um erro'),
    documented('TIME_LIMIT', '10 s', 'timeout de 10 segundos'),
    byDefault('HTTPS_ONLY', 'the settings of the installation decide whether http is allowed'),
    documented(
      'SAVE_CHECK',
      'the receiver must answer hook_test with 200 before the webhook is saved',
      'Caso a url não retorne http-status 200 no momento desta validação, não será possível proceder',
    ),
    documented('RETRY', 'once, after 60 to 120 s', 'ele tenta mais uma vez depois de 60-120 segundos'),
    documented(
      'RETRY_AFTER',
      'ignored: the only retry follows after 60 to 120 s',
      'ele tenta mais uma vez depois de 60-120 segundos',
    ),
    documented(
      'DISABLE',
      'more than 10 consecutive failures',
      'Se seu endpoint retornar consecutivamente mais de 10 erros, o webhook será automaticamente desativado.',
    ),
    byDefault('RECOVERY', 'only on request; the document does not say how a webhook is enabled again'),
    documented('TEST', 'the event hook_test', "enviando um payload de teste com o evento 'hook_test'"),
    byDefault('TEST', 'uid, updateDate and status are those of the example in the document'),
  ],
}
