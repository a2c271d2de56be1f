/**
 * What the steps need from the world, as types. The edges implement them; `app.ts` wires the
 * two together. Nothing here knows drizzle, bullmq, graphql or undici.
 */
import type { Header, SendResult } from '../domain/outcome.ts'
import type { Problem } from '../domain/problem.ts'

/** One request to a receiver, complete: the bytes that were signed are the bytes that are sent. */
export interface SendRequest {
  /** Connections are never shared between projects. */
  readonly projectId: string
  readonly url: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  /** Total, from name look-up to the last byte read, in milliseconds. */
  readonly timeoutMs: number
  /** False only where the operator allows plain http and the webhook's policy asks for it. */
  readonly httpsOnly: boolean
}

/** The guarded sender. It never throws for what a receiver, a name or a network did: that is in the result. */
export interface Sender {
  send(request: SendRequest): Promise<SendResult>
  /** Judges a URL at save time: syntax, scheme, user info, port, name, literal address. No name is looked up. */
  judgeUrl(url: string, rules: { readonly httpsOnly: boolean }, field: readonly string[]): JudgedUrl
  /** Waits for nothing: aborts what is under way and closes every connection. */
  close(): Promise<void>
}

export type JudgedUrl =
  | { readonly ok: true; /** The canonical form: what is stored, and what is sent to. */ readonly url: string }
  | { readonly ok: false; readonly problem: Problem }

/** One wide line per step, past tense, in the words of the glossary. */
export interface Log {
  debug(fields: Record<string, unknown>, step: string): void
  info(fields: Record<string, unknown>, step: string): void
  warn(fields: Record<string, unknown>, step: string): void
  error(fields: Record<string, unknown>, step: string): void
}
