/** An error whose outcome is already known. */
import type { NoAnswer } from '../../domain/deliveries/outcome.ts'

/** Raised while connecting or reading, with the outcome already known. */
export class NoAnswerError extends Error {
  readonly answer: NoAnswer
  constructor(kind: NoAnswer['kind'], detail: string, cause?: unknown) {
    super(detail, { cause })
    this.name = 'NoAnswerError'
    this.answer = { kind, detail }
  }
}
