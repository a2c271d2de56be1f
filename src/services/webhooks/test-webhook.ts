/**
 * Sends a test request to a webhook's receiver, once. The attempt belongs to no delivery and does not count for or
 * against the webhook; only the rate limits of tests count it.
 */
import type { Attempt } from '../../domain/deliveries/delivery.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, problem, refused, type Result } from '../../domain/shared/problem.ts'
import { maxProjectTests, maxWebhookTests } from '../../domain/access/rate-limits.ts'
import type { TopicDeps } from '../events/change-topic.ts'
import { webhookNotFound, type WebhookDeps } from './enable-disable-delete.ts'
import { exampleOf } from './example-event.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { consumeRateLimit } from '../shared/consume-rate-limit.ts'
import { sendTestRequest, type TestSent } from '../../dispatch/test-request.ts'
import { decryptCredentials } from '../../dispatch/credentials.ts'

export interface WebhookTestInput {
  readonly id: string
  /** The topic whose request is sent. Null or absent: the test request of the dialect. */
  readonly topic?: string | null | undefined
  /** The data of the topic's event. Null or absent: the topic's example. */
  readonly data?: unknown
}

/**
 * Returns the attempt. NOT_FOUND; UNKNOWN_TOPIC, and the problems of the data; throws `RateLimited` before a request is
 * sent.
 */
export async function testWebhook(
  deps: WebhookDeps & TopicDeps,
  { id, topic, data }: WebhookTestInput,
): Promise<Result<Attempt>> {
  const { projectId } = deps
  // Read in one transaction, send, then write in another: no transaction is open during the request.
  const [webhook] = isIdOf('webhook', id) ? await deps.store.webhooksByIds([id]) : []
  if (webhook === undefined || webhook.deletedAt !== null) return refused(webhookNotFound())
  if (topic == null && data != null)
    return refused(problem('REQUIRED', ['topic'], 'data without a topic: name the topic of the data'))
  const event = topic == null ? undefined : await exampleOf(deps, { topic, data, dialect: webhook.dialect })
  if (event?.ok === false) return event
  await spendTest(deps, id)
  const { encrypted, at } = await deps.store.transaction(async (tx) => ({
    encrypted: await tx.webhookSecrets(id),
    at: tx.now,
  }))
  const { headers } = webhook
  const credentials = await decryptCredentials(deps, { projectId, webhookId: id }, { headers, encrypted })
  const sent = await sendTestRequest(deps, {
    projectId,
    webhookId: id,
    webhook,
    credentials,
    at,
    ...(event !== undefined && { event: { ...event.value, createdAt: at } }),
  })
  const attempt = attemptOf(sent, id, at)
  const content = { request: sent.shown, response: sent.result.response }
  const { outcome, statusCode } = attempt
  await deps.store.transaction(async (tx) => {
    await tx.insertTestAttempt(attempt, content)
    const after = { attemptId: attempt.id, outcome, ...(event !== undefined && { topic: event.value.topic }) }
    const audited = { before: null, after }
    await writeAuditEntry(deps, tx, { operation: 'webhookTest', objectId: id, ...audited })
  })
  deps.log.info({ webhookId: id, attemptId: attempt.id, outcome, statusCode }, 'webhook.tested')
  return ok(attempt)
}

// Called only for a webhook that exists and that the caller may see, so that a caller cannot use up the budget of other
// webhooks, and no budget is kept for ids that do not exist.
async function spendTest({ rates, projectId }: WebhookDeps, id: string): Promise<void> {
  const ofWebhook = `a webhook can be tested at most ${maxWebhookTests} times a minute`
  await consumeRateLimit(rates, 'WEBHOOK_TESTS', id, ofWebhook)
  const ofProject = `the webhooks of a project can be tested at most ${maxProjectTests} times a minute`
  await consumeRateLimit(rates, 'PROJECT_TESTS', projectId, ofProject)
}

function attemptOf({ attemptId, event, result, success, detail }: TestSent, id: string, at: Date): Attempt {
  const { answer, response } = result
  return {
    id: attemptId,
    position: null,
    deliveryId: null,
    webhookId: id,
    orderId: null,
    topic: event.topic,
    number: 1,
    trigger: 'TEST',
    outcome: success ? 'SUCCEEDED' : answer.kind === 'ANSWERED' ? 'HTTP_ERROR' : answer.kind,
    detail,
    statusCode: response?.statusCode ?? null,
    startedAt: at,
    durationMs: Math.round(result.durationMs),
    phases: result.phases,
    resolvedAddress: result.resolvedAddress,
    resentOnNewConnection: result.resentOnNewConnection,
    nextStep: 'NONE',
    nextStepReason: 'a test is sent once',
    nextAttemptAt: null,
  }
}
