/**
 * A dialect writes requests: body, headers, signature. It is given the frozen snapshot and the
 * attempt's own facts, and knows nothing of schedules or sockets.
 */
import type { Event } from '../event.ts'
import type { Header } from '../outcome.ts'
import type { Dialect } from '../preset.ts'
import { standardDialect } from './standard.ts'

/** What a request is written from. */
export interface Letter {
  /** The same on every attempt of a delivery: receivers recognise a duplicate by it. */
  readonly deliveryId: string
  readonly event: Event
  /** The instant of this attempt. */
  readonly at: Date
  /** Signing secrets that receivers may hold, newest first; more than one while rotating. */
  readonly secrets: readonly string[]
}

/** A request as it goes out; the bytes that were signed are the bytes that are sent. */
export interface Rendered {
  readonly headers: readonly Header[]
  readonly body: string
}

export interface DialectRules {
  render(letter: Letter): Rendered
  /** Names of headers, in lower case, whose values prove a secret: they are masked wherever a request is shown. */
  readonly secretHeaders: readonly string[]
  /** Whether the dialect signs, so that a webhook has a secret. */
  readonly signs: boolean
}

export const dialectRules: Readonly<Record<Dialect, DialectRules>> = {
  STANDARD: standardDialect,
}

/** What is shown instead of a secret. */
export const mask = '[masked]'

/** The headers as they may be stored and shown. */
export function maskHeaders(dialect: Dialect, headers: readonly Header[]): readonly Header[] {
  const { secretHeaders } = dialectRules[dialect]
  return headers.map((header) =>
    secretHeaders.includes(header.name.toLowerCase()) ? { name: header.name, value: mask } : header,
  )
}
