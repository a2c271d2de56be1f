/** The result of one attempt: what the sender observed, and the outcomes that are stored. Does not decide about success. */

/** The outcomes of stored attempts; the same list as AttemptOutcome in the SDL. */
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

/** One HTTP header as sent or received. Names keep their case, and repeated headers are not merged. */
export interface Header {
  readonly name: string
  readonly value: string
}

/** The sender received no status line. `detail` is human-readable and contains no internal address. */
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

/** The sender received a status line. The webhook's policy decides whether the status is a success. */
export interface Answered {
  readonly kind: 'ANSWERED'
  readonly status: number
  /** The Retry-After header as received; null when absent. */
  readonly retryAfter: string | null
}

export type Answer = Answered | NoAnswer

/** The receiver's response, truncated. */
export interface ReceivedResponse {
  /** Null when the status line could not be parsed. */
  readonly statusCode: number | null
  readonly headers: readonly Header[]
  /** The first 16 KiB of the body. For a malformed response: the first KiB of the received bytes. */
  readonly body: Uint8Array
  /**
   * Bytes of the body as the receiver sent it, before decompression: counted, or the Content-Length when reading
   * stopped early. Null when neither is known.
   */
  readonly bodySize: number | null
  /** True when `body` is not the complete body. */
  readonly truncated: boolean
  /** True when the receiver compressed the body and `body` is its decompressed content. */
  readonly decompressed: boolean
  /** True when the received bytes are not a valid response, or the response ended early. */
  readonly malformed: boolean
}

/**
 * Durations of an attempt's phases, in milliseconds. Null: the attempt did not reach the phase, or a reused connection
 * skipped it.
 */
export interface Phases {
  readonly dnsMs: number | null
  readonly connectMs: number | null
  readonly tlsMs: number | null
  /** From the start of the request to the status line of the response. */
  readonly firstByteMs: number | null
}

/** The result that the sender returns for one request. */
export interface SendResult {
  readonly answer: Answer
  readonly response: ReceivedResponse | null
  /** The IP address of the connection; null when no connection was made, or the guard refused the address. */
  readonly resolvedAddress: string | null
  /** From the start of the request to its end, in milliseconds. */
  readonly durationMs: number
  readonly phases: Phases
  /**
   * True when the request was sent twice: a reused connection was closed before any byte of a response arrived, and the
   * sender sent the request again on a new connection.
   */
  readonly resentOnNewConnection: boolean
  /** True when `mayBegin` returned false and nothing was sent to the receiver. */
  readonly notBegun?: true
}
