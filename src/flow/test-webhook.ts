/** Sends an example to a webhook's receiver, once and now. It belongs to no delivery and counts for nothing. */
import type { Attempt } from '../domain/delivery.ts'
import { exampleEvent } from '../domain/event.ts'
import { isIdOf } from '../domain/ids.ts'
import { succeeded } from '../domain/policy/success.ts'
import { ok, refused, type Result } from '../domain/problem.ts'
import { policyOf } from '../domain/webhook.ts'
import { detailOf, renderRequest } from './attempt.ts'
import { webhookNotFound, type WebhookWorld } from './change-webhook.ts'

export async function testWebhook(world: WebhookWorld, id: string): Promise<Result<Attempt>> {
  // Read first, send then, write last: no transaction is held while a receiver takes its time.
  const [webhook] = isIdOf('webhook', id) ? await world.store.webhooksByIds([id]) : []
  if (webhook === undefined || webhook.deletedAt !== null) return refused(webhookNotFound())
  const { sealed, at } = await world.store.transaction(async (tx) => ({
    sealed: await tx.webhookSecrets(id),
    at: tx.now,
  }))
  const policy = policyOf(webhook)
  const attemptId = world.chance.newId('attempt', at)
  const event = exampleEvent(world.chance.newId('event'), at)
  const ready = await renderRequest(world, {
    projectId: world.projectId,
    webhookId: id,
    webhook: { ...webhook, sealed },
    requestId: attemptId,
    deliveryId: world.chance.newId('delivery'),
    event,
    at,
  })
  const result = await world.sender.send({
    projectId: world.projectId,
    url: webhook.url,
    headers: ready.rendered.headers,
    body: Buffer.from(ready.rendered.body),
    timeoutMs: policy.timeoutMs,
    httpsOnly: policy.httpsOnly,
  })
  const { answer, response } = result
  const success = succeeded(policy.success, answer)
  const attempt: Attempt = {
    id: attemptId,
    position: null,
    deliveryId: null,
    webhookId: id,
    orderId: null,
    topic: event.topic,
    number: 1,
    trigger: 'TEST',
    outcome: success ? 'SUCCEEDED' : answer.kind === 'ANSWERED' ? 'HTTP_ERROR' : answer.kind,
    detail: success ? null : detailOf(answer, policy.success),
    statusCode: response?.statusCode ?? null,
    startedAt: at,
    durationMs: Math.round(result.durationMs),
    phases: result.phases,
    resolvedAddress: result.resolvedAddress,
    nextStep: 'NONE',
    nextStepReason: 'a test is sent once',
    nextAttemptAt: null,
  }
  await world.store.transaction((tx) => tx.insertTestAttempt(attempt, { request: ready.shown, response }))
  world.log.info(
    { webhookId: id, attemptId, outcome: attempt.outcome, statusCode: attempt.statusCode },
    'webhook.tested',
  )
  return ok(attempt)
}
