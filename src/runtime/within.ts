/** Waits for a promise for a limited time. Does not cancel the work behind the promise. */

/** Rejected with by `within` when the time is over and the caller names no error of its own. */
export class NoAnswerInTime extends Error {
  override readonly name = 'NoAnswerInTime'

  constructor(what: string, limitMs: number) {
    super(`${what}: no answer within ${limitMs} ms`)
  }
}

/**
 * Settles like the promise, or rejects when the promise takes longer than `limitMs`, so that a server that stops
 * answering cannot block a step or the shutdown. `what`: the beginning of the error's message, or the error itself.
 */
export function within<T>(limitMs: number, what: string | (() => Error), promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // Cleared when the promise settles: a busy process would otherwise keep thousands of timers, as it would with
    // AbortSignal.timeout.
    const timer = setTimeout(() => {
      reject(typeof what === 'string' ? new NoAnswerInTime(what, limitMs) : what())
    }, limitMs)
    const end = (): void => clearTimeout(timer)
    promise.then(resolve, reject).then(end, end)
  })
}
