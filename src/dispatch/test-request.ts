/**
 * Sends the test request of a webhook's dialect, or the request for a given event, once, through the guarded sender, under the time limit and success rule
 * of the webhook's policy. Reads and writes nothing in the database, so the webhook need not be saved yet.
 */
import { exampleEvent, type Event } from '../domain/orders/event.ts'
import type { SendResult } from '../domain/deliveries/outcome.ts'
import { succeeded } from '../domain/policies/success.ts'
import type { Webhook } from '../domain/webhooks/webhook.ts'
import { detailOf, type AttemptDeps } from './attempt.ts'
import type { Credentials } from './credentials.ts'
import { prepareWebhook } from './prepared-webhook.ts'
import {
  shownRequest,
  shownResponse,
  writeRequest,
  type ShownRequest,
  type WrittenRequest,
} from './write-request.ts'

export interface TestRequest {
  readonly projectId: string
  readonly webhookId: string
  readonly webhook: Pick<Webhook, 'url' | 'preset' | 'dialect' | 'overrides' | 'headers'>
  /** In clear text, as `decryptCredentials` returns them. */
  readonly credentials: Credentials
  /** The time of the request. */
  readonly at: Date
  /** The event whose request is sent. Absent: the test request of the dialect, with an example event. */
  readonly event?: Event
}

export interface TestSent {
  /** The attempt's id, which is the request id of the request that was sent last. */
  readonly attemptId: string
  /** The event of the request. */
  readonly event: Event
  /** The result, with secrets redacted from the response. */
  readonly result: SendResult
  /** Whether the policy's success rule is satisfied. */
  readonly success: boolean
  /** A sentence for users that says why the test failed; null for a success. */
  readonly detail: string | null
  /** The request with its secrets masked. */
  readonly shown: ShownRequest
}

/**
 * Takes up to the policy's time limit. Failures of the receiver, of name resolution and of the network are returned as
 * the result, not thrown.
 */
export async function sendTestRequest(
  deps: Pick<AttemptDeps, 'system' | 'sender' | 'publicUrl' | 'userAgent'>,
  test: TestRequest,
): Promise<TestSent> {
  const { system, sender } = deps
  const { projectId, at } = test
  const webhook = prepareWebhook(test.webhookId, test.webhook, test.credentials)
  const { policy } = webhook
  const event = test.event ?? exampleEvent(system.newId('event'), at)
  const kind = test.event === undefined ? 'TEST' : 'EVENT'
  const deliveryId = system.newId('delivery')
  const write = (): WrittenRequest => {
    const requestId = system.newId('attempt', at)
    return writeRequest(deps, webhook, { kind, deliveryId, requestId, event, at })
  }
  // The sender may send the request twice, each time with an id of its own; the response belongs to the last one.
  let request = write()
  const sent = await sender.send({
    projectId,
    url: webhook.url,
    headers: request.headers,
    body: request.body,
    writeAgain: () => (request = write()),
    timeoutMs: policy.timeoutMs,
    httpsOnly: policy.httpsOnly,
  })
  const result = { ...sent, response: shownResponse(webhook, request, sent.response) }
  const success = succeeded(policy.success, result.answer)
  const detail = success ? null : detailOf(result.answer, policy.success)
  const shown = shownRequest(webhook, request)
  return { attemptId: request.requestId, event, result, success, detail, shown }
}
