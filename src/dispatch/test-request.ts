/**
 * Sends a webhook's test request, once and now, through the guarded sender: what its dialect's test is, under
 * its policy's time limit and success rule. Nothing is read or written: the webhook need not be saved yet.
 */
import { exampleEvent, type Event } from '../domain/orders/event.ts'
import type { SendResult } from '../domain/deliveries/outcome.ts'
import { succeeded } from '../domain/policies/success.ts'
import { policyOf, type Webhook } from '../domain/webhooks/webhook.ts'
import {
  detailOf,
  makeRequest,
  shownResponse,
  writeRequest,
  type AttemptWorld,
  type PreparedRequest,
} from './attempt.ts'
import type { Credentials } from './credentials.ts'

export interface TestRequest {
  readonly projectId: string
  readonly webhookId: string
  readonly webhook: Pick<Webhook, 'url' | 'preset' | 'dialect' | 'overrides' | 'headers'>
  /** In clear: what was sealed is opened by `openCarried`. */
  readonly credentials: Credentials
  /** The instant of the request, on the database's clock. */
  readonly at: Date
}

export interface TestSent {
  /** The id that the request went out under. */
  readonly attemptId: string
  /** The example that it was written from. */
  readonly event: Event
  /** The answer as it may be shown. */
  readonly result: SendResult
  /** Whether the policy's success rule is satisfied. */
  readonly success: boolean
  /** For people: what came instead of a success, in a sentence; null for a success. */
  readonly detail: string | null
  /** The request with its secrets masked. */
  readonly shown: PreparedRequest['shown']
}

/** Takes up to the policy's time limit; never throws for what a receiver, a name or a network did. */
export async function sendTestRequest(
  world: Pick<AttemptWorld, 'system' | 'sender' | 'publicUrl' | 'userAgent'>,
  test: TestRequest,
): Promise<TestSent> {
  const { projectId, webhook, at } = test
  const policy = policyOf(webhook)
  const event = exampleEvent(world.system.newId('event'), at)
  const deliveryId = world.system.newId('delivery')
  const request = makeRequest(() => {
    const requestId = world.system.newId('attempt', at)
    const ready = writeRequest(world, { ...test, deliveryId, requestId, event, kind: 'TEST' })
    return { attemptId: requestId, ready }
  })
  const came = await world.sender.send({
    projectId,
    url: webhook.url,
    ...request.toSend,
    timeoutMs: policy.timeoutMs,
    httpsOnly: policy.httpsOnly,
  })
  const { attemptId, ready } = request.last()
  const result = { ...came, response: shownResponse(came.response, ready) }
  const success = succeeded(policy.success, result.answer)
  const detail = success ? null : detailOf(result.answer, policy.success)
  return { attemptId, event, result, success, detail, shown: ready.shown }
}
