/**
 * The interface of a dialect. A dialect renders a request (body, headers, signature) from an event's snapshot and the
 * facts of one attempt. It does not schedule or send requests.
 */
import type { Event } from '../orders/event.ts'
import type { Header } from '../deliveries/outcome.ts'
import type { OrderPart } from '../orders/order-fields.ts'
import type { Problem } from '../shared/problem.ts'

/** The input that a request is rendered from. */
export interface RequestContext {
  readonly webhookId: string
  /** The same in every attempt of a delivery, so that receivers can recognise duplicates. */
  readonly deliveryId: string
  /** The attempt's id. */
  readonly requestId: string
  readonly event: Event
  /** The time of this attempt. */
  readonly at: Date
  /** Valid signing secrets, newest first; more than one during a rotation. */
  readonly secrets: readonly string[]
  /** Null: the webhook has no token. */
  readonly token: string | null
  /** The setting PUBLIC_URL. */
  readonly publicUrl: string
  /** The value of the User-Agent header, which every dialect sends. */
  readonly userAgent: string
}

/** A rendered request. It is sent byte for byte, so that the signature matches. */
export interface RenderedRequest {
  readonly headers: readonly Header[]
  readonly body: string
  /** `body` in UTF-8. Absent: the dialect does not sign the body, so it has not encoded it. */
  readonly bytes?: Uint8Array
  /** The body to store and show, with its secrets masked. Absent: `body` contains no secret and is stored itself. */
  readonly shownBody?: string
}

/** The text form of a dialect's signing secrets. */
export interface SecretForm {
  /** Encodes random bytes as a secret. */
  write(bytes: Uint8Array): string
  /** Returns the given secret in canonical form, or a problem. A secret must have 24 to 64 bytes. */
  check(text: string, field: readonly string[]): string | Problem
}

/** Everything that distinguishes one dialect from another. */
export interface DialectRules {
  render(context: RequestContext): RenderedRequest
  /** Renders the request of `webhookTest` and of the save check; `context.event` is the example event. */
  renderTest(context: RequestContext): RenderedRequest
  /** Returns whether the dialect can represent events of the topic. */
  carries(topic: string): boolean
  /**
   * Topics whose requests a receiver would misread, because the format has no field that says what happened. They are
   * sent to webhooks that select them by name, not to webhooks that select `resource.*`. Absent: none.
   */
  readonly onlyByName?: readonly string[]
  /**
   * The parts of an order that the payloads contain, besides its number, states and times. The API shows a partner only
   * the parts that the dialects of its webhooks contain.
   */
  readonly shows: readonly OrderPart[]
  /** Lower-case names of headers whose values are credentials or signatures. They are masked in stored requests. */
  readonly secretHeaders: readonly string[]
  /** The form of a signing secret; null when the dialect does not sign. */
  readonly secret: SecretForm | null
  /** Whether a request can have several signatures, so that the old and the new secret both sign during a rotation. */
  readonly manySignatures: boolean
  /** Whether requests have a token. OPTIONAL: only if the client set one. GENERATED: always; generated if not set. */
  readonly token: 'NONE' | 'OPTIONAL' | 'GENERATED'
}
