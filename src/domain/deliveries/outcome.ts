/**
 * What can come of one attempt: the receiver's answer as the sender saw it, and the outcome
 * under which it is stored. Whether an answer counts as a success is `policy/success.ts`.
 */

/** Every outcome under which an attempt is stored; the same list as SDL's AttemptOutcome. */
export const attemptOutcomes = [
  'SUCCEEDED',
  'HTTP_ERROR',
  'TIMED_OUT',
  'DNS_FAILED',
  'CONNECTION_FAILED',
  'TLS_FAILED',
  'PROTOCOL_ERROR',
  'BLOCKED',
  'INTERRUPTED',
] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]

/** One HTTP header as sent or received; names keep their case, repeated names stay repeated. */
export interface Header {
  readonly name: string
  readonly value: string
}

/** Why no status line came. `detail` is for people: it names no internal address. */
export interface NoAnswer {
  readonly kind:
    | 'TIMED_OUT'
    | 'DNS_FAILED'
    | 'CONNECTION_FAILED'
    | 'TLS_FAILED'
    | 'PROTOCOL_ERROR'
    | 'BLOCKED'
    | 'INTERRUPTED'
  readonly detail: string
}

/** A status line came; the receiver has judged us, and the policy will judge it. */
export interface Answered {
  readonly kind: 'ANSWERED'
  readonly status: number
  /** The response's Retry-After header as received; null when there was none. */
  readonly retryAfter: string | null
}

export type Answer = Answered | NoAnswer

/** What a receiver sent back, bounded. */
export interface ReceivedResponse {
  /** Null when it could not be read. */
  readonly statusCode: number | null
  readonly headers: readonly Header[]
  /** The first 16 KiB of the body, as bytes; of a malformed response the first KiB of all that came. */
  readonly body: Uint8Array
  /**
   * The size of the body as it was sent, in bytes: counted, or, where reading stopped early, as declared by
   * content-length. Null when neither is known.
   */
  readonly bodySize: number | null
  /** True when `body` is not the whole of what the receiver sent or meant to send. */
  readonly truncated: boolean
  /** True when the receiver had compressed the body, and `body` is what it holds. */
  readonly decompressed: boolean
  /** True when what came could not be read as a response: no answer, or one without its end. */
  readonly malformed: boolean
}

/** Where an attempt's time went, in milliseconds; null for a phase that a reused connection skipped or that was never reached. */
export interface Phases {
  readonly dnsMs: number | null
  readonly connectMs: number | null
  readonly tlsMs: number | null
  /** From the request's start to the response's status line. */
  readonly firstByteMs: number | null
}

/** Everything the guarded sender knows after one request. */
export interface SendResult {
  readonly answer: Answer
  readonly response: ReceivedResponse | null
  /** The address that was connected to; null when no connection was made, or when it was refused. */
  readonly resolvedAddress: string | null
  /** From the request's start to its end, in milliseconds. */
  readonly durationMs: number
  readonly phases: Phases
  /**
   * True when the request was written twice: a kept connection ended before any byte of an answer came, and the request
   * was sent once more on a new one.
   */
  readonly resentOnNewConnection: boolean
  /** True when nothing was written to the receiver, because the request might not begin any more. */
  readonly notBegun?: true
}
