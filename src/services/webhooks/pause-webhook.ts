/** Pauses and resumes webhooks on request. The sweep records the end of a pause that ends by itself. */
import { nothingReplaced } from '../../domain/audit/snapshots.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { maxPauseMs, paused, resumed } from '../../domain/deliveries/pause.ts'
import type { Webhook } from '../../domain/webhooks/webhook.ts'
import { checkVersion } from '../shared/mutation-context.ts'
import { changeWebhook, type WebhookDeps } from './enable-disable-delete.ts'

export interface WebhookPauseInput {
  readonly id: string
  /** Null: until `webhookResume`. */
  readonly until: Date | null
  /** Null: any version. */
  readonly expectedVersion: number | null
}

/**
 * Pauses a webhook: its deliveries wait as PENDING. Pausing a paused webhook moves the end of its pause. NOT_FOUND;
 * INVALID when the end is not in the future; WEBHOOK_DISABLED, because a disabled webhook skips its deliveries.
 */
export function pauseWebhook(deps: WebhookDeps, input: WebhookPauseInput): Promise<Result<Webhook>> {
  const { id, until, expectedVersion } = input
  const pausing = { operation: 'webhookPause', step: 'webhook.paused', replaced: nothingReplaced }
  return changeWebhook(deps, id, pausing, (before, { now }) => {
    const refusal = checkVersion(before, expectedVersion) ?? checkUntil(until, now) ?? checkEnabled(before)
    return refusal === null ? ok(paused(before, until, now)) : refused(refusal)
  })
}

/**
 * Ends the pause of a webhook. Its deliveries are attempted as soon as they are due, those that were due first before
 * the others. Resuming a webhook that is not paused changes nothing. NOT_FOUND.
 */
export async function resumeWebhook(
  deps: WebhookDeps,
  { id, expectedVersion }: Omit<WebhookPauseInput, 'until'>,
): Promise<Result<Webhook>> {
  const resuming = { operation: 'webhookResume', step: 'webhook.resumed', replaced: nothingReplaced }
  const result = await changeWebhook(deps, id, resuming, (before, { now }) => {
    const conflict = checkVersion(before, expectedVersion)
    return conflict === null ? ok(resumed(before, now)) : refused(conflict)
  })
  if (result.ok) deps.laneScheduler.wakeNow([id])
  return result
}

function checkUntil(until: Date | null, now: Date): Problem | null {
  if (until === null) return null
  if (until <= now)
    return problem(
      'INVALID',
      ['until'],
      `until is ${until.toISOString()}, which is not in the future; give a later time, or null to pause without an end`,
    )
  if (until.getTime() - now.getTime() > maxPauseMs)
    return problem(
      'INVALID',
      ['until'],
      `until is ${until.toISOString()}; it may be at most five years ahead, or null to pause without an end`,
    )
  return null
}

function checkEnabled({ disabled }: Webhook): Problem | null {
  if (disabled === null) return null
  const message =
    'the webhook is disabled, so its deliveries are skipped and cannot wait: call webhookEnable first'
  return problem('WEBHOOK_DISABLED', ['id'], message)
}
