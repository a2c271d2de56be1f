/** The error that carries the outcome of a request without a response. */
import type { NoAnswer } from '../../domain/deliveries/outcome.ts'

/** Thrown while connecting or reading. Carries the outcome to store; its message is the outcome's text. */
export class NoAnswerError extends Error {
  readonly answer: NoAnswer
  constructor(kind: NoAnswer['kind'], detail: string, cause?: unknown) {
    super(detail, { cause })
    this.name = 'NoAnswerError'
    this.answer = { kind, detail }
  }
}
