/**
 * A dialect writes requests: body, headers, signature. It is given the frozen snapshot and the
 * attempt's own facts, and knows nothing of schedules or sockets.
 */
import type { Event } from '../orders/event.ts'
import type { Header } from '../deliveries/outcome.ts'
import type { OrderPart } from '../orders/order-fields.ts'
import type { Problem } from '../shared/problem.ts'

/** What a request is written from. */
export interface RequestContext {
  readonly webhookId: string
  /** The same on every attempt of a delivery: receivers recognise a duplicate by it. */
  readonly deliveryId: string
  /** Of this one request: the attempt's id. */
  readonly requestId: string
  readonly event: Event
  /** The instant of this attempt. */
  readonly at: Date
  /** Signing secrets that receivers may hold, newest first; more than one while rotating. */
  readonly secrets: readonly string[]
  /** Null: none is set. */
  readonly token: string | null
  /** What Orderbell calls itself to receivers: PUBLIC_URL. */
  readonly publicUrl: string
  /** The User-Agent, of which every dialect's requests have one: `user-agent.ts`. */
  readonly userAgent: string
}

/** A request as it goes out; the bytes that were signed are the bytes that are sent. */
export interface RenderedRequest {
  readonly headers: readonly Header[]
  readonly body: string
  /** As the body may be stored and shown, where it proves a secret itself; else the body is shown as it is. */
  readonly shownBody?: string
}

/** A signing secret as people see it. */
export interface SecretForm {
  write(bytes: Uint8Array): string
  /** The given secret in its one form, or what is wrong with it: it must hold 24 to 64 bytes. */
  check(text: string, field: readonly string[]): string | Problem
}

export interface DialectRules {
  render(context: RequestContext): RenderedRequest
  /** The request that `webhookTest` and the check on save send; `letter.event` is an example. */
  renderTest(context: RequestContext): RenderedRequest
  /** Whether the wire has a form for the topic. */
  carries(topic: string): boolean
  /**
   * Topics whose requests a receiver would take for something else, because the wire has no field that says what happened.
   * They are sent to webhooks that select them by name, not to those that select `resource.*`. Absent: none.
   */
  readonly onlyByName?: readonly string[]
  /** What its payloads carry of an order besides its number, states and times: a partner whose webhooks write it sees no more. */
  readonly shows: readonly OrderPart[]
  /** Names of headers, in lower case, whose values prove a secret: they are masked wherever a request is shown. */
  readonly secretHeaders: readonly string[]
  /** How a signing secret is written; null where the dialect does not sign. */
  readonly secret: SecretForm | null
  /** Whether a request has room for several signatures, so that an old secret may sign beside the new one. */
  readonly manySignatures: boolean
  /** Whether its requests carry a token: one is made where none was given, or only a given one is sent. */
  readonly token: 'NONE' | 'OPTIONAL' | 'GENERATED'
}
