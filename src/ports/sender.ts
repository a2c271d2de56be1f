/** The port of requests to receivers. */
import type { Header, NoAnswer, SendResult } from '../domain/deliveries/outcome.ts'
import type { Problem } from '../domain/shared/problem.ts'

/** A complete request to a receiver. It is sent byte for byte, so that the signature matches. */
export interface SendRequest {
  /** Projects do not share connections. */
  readonly projectId: string
  readonly url: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  /** Time limit in milliseconds, from the DNS lookup to the last byte of the response. */
  readonly timeoutMs: number
  /** Whether http URLs are refused. If false, the installation's settings decide. */
  readonly httpsOnly: boolean
  /**
   * Whether `enter` has counted the request already. Otherwise the request waits until the host's concurrency limit
   * allows it; the time limit begins after that wait.
   */
  readonly entered?: boolean
  /**
   * Renders the request again when it is sent again on a new connection (`resentOnNewConnection`). Absent: the same
   * bytes are sent again.
   */
  readonly writeAgain?: () => { readonly headers: readonly Header[]; readonly body: Uint8Array }
  /**
   * Called immediately before the first byte of the request is sent. If it returns false, nothing is sent and the
   * result has `notBegun`. Absent: the request may always begin.
   */
  readonly mayBegin?: () => boolean
}

/**
 * Sends requests to receivers, and refuses destinations that are not allowed. Failures of receivers, DNS and networks
 * are in the result and are never thrown.
 */
export interface Sender {
  send(request: SendRequest): Promise<SendResult>
  /** Validates a webhook's URL: syntax, scheme, user info, port, name, literal address. Does not use DNS. */
  checkUrl(url: string, rules: { readonly httpsOnly: boolean }, field: readonly string[]): CheckedUrl
  /** Returns the host of a URL, for which requests of all projects share one concurrency limit. */
  hostOf(url: string): string
  /** Returns whether the project may run one more request to the host from this process. */
  hasRoomAt(host: string, projectId: string): boolean
  /** Counts a request to the host until the caller calls the returned function. */
  enter(host: string, projectId: string): () => void
  /** Calls the listener whenever a request to any host has ended, including test requests. */
  onRequestEnded(listener: () => void): void
  /**
   * Ends all running requests with this answer. A request whose response has begun ends with the part of the response
   * that was received.
   */
  interrupt(answer: NoAnswer): void
  /** Aborts running requests and closes all connections. Does not wait for responses. */
  close(): Promise<void>
}

/** The result of `Sender.checkUrl`. */
export type CheckedUrl =
  | {
      readonly ok: true
      /** The canonical form, which is stored and to which requests are sent. */
      readonly url: string
    }
  | { readonly ok: false; readonly problem: Problem }
