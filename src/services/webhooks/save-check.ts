/**
 * The check on save: where a webhook's policy requires it, the receiver must accept the dialect's test request before
 * the webhook is saved. No transaction is open during the request. The request is not stored as an attempt; only the
 * log of this process records it.
 */
import { instantOf } from '../../domain/shared/ids.ts'
import { succeeded } from '../../domain/policies/success.ts'
import { presetRules } from '../../domain/webhooks/preset.ts'
import { problem, type Problem } from '../../domain/shared/problem.ts'
import { maxProjectSaveChecks } from '../../domain/access/rate-limits.ts'
import { policyOf, type Webhook } from '../../domain/webhooks/webhook.ts'
import { detailOf } from '../../dispatch/attempt.ts'
import type { WebhookDeps } from './enable-disable-delete.ts'
import type { EncryptedSecrets } from '../../ports/dispatch-store.ts'
import { consumeRateLimit } from '../shared/consume-rate-limit.ts'
import { sendTestRequest } from '../../dispatch/test-request.ts'
import { decryptCredentials } from '../../dispatch/credentials.ts'

/**
 * Returns SAVE_CHECK_FAILED when the test request fails; null when it succeeds, or when the policy requires no check.
 * `encrypted` holds the credentials that would be saved. Throws `RateLimited`.
 */
export async function checkOnSave(
  deps: WebhookDeps,
  webhook: Webhook,
  encrypted: EncryptedSecrets,
): Promise<Problem | null> {
  const policy = policyOf(webhook)
  if (!policy.saveCheck) return null
  const { id, headers } = webhook
  const { projectId } = deps
  const often = `a project's webhooks can be checked on save at most ${maxProjectSaveChecks} times a minute`
  await consumeRateLimit(deps.rates, 'PROJECT_SAVE_CHECKS', projectId, often)
  const credentials = await decryptCredentials(deps, { projectId, webhookId: id }, { headers, encrypted })
  // The request is not stored, so this process's clock is accurate enough.
  const at = instantOf(deps.system.newId('attempt'))
  const { result } = await sendTestRequest(deps, { projectId, webhookId: id, webhook, credentials, at })
  const { answer, durationMs } = result
  // The preset's success rule applies despite an override. The webhook's own rule applies too, if it is stricter.
  const rules = [presetRules[webhook.preset].policy.success, policy.success]
  const rule = rules.includes('EXACTLY_200') ? 'EXACTLY_200' : 'ANY_2XX'
  const passed = succeeded(rule, answer)
  const detail = passed ? null : detailOf(answer, rule)
  deps.log.info({ webhookId: id, passed, detail, durationMs: Math.round(durationMs) }, 'webhook.checked')
  if (detail === null) return null
  return problem(
    'SAVE_CHECK_FAILED',
    ['url'],
    `nothing was saved, because the test request failed: ${detail}`,
  )
}
