/** Waits for a promise for a limited time. Does not cancel the work behind the promise. */
import { untilAborted } from './until-aborted.ts'

/**
 * Settles like the promise, or rejects when the promise takes longer than `limitMs`, so that a server that stops
 * answering cannot block a step or the shutdown. The message begins with `what`.
 */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  const deadline = new AbortController()
  // The timer of AbortSignal.timeout could not be cleared: thousands of them would wait in a busy process.
  const timer = setTimeout(() => {
    deadline.abort(new Error(`${what}: no answer within ${limitMs} ms`))
  }, limitMs)
  try {
    return await untilAborted(promise, deadline.signal)
  } finally {
    clearTimeout(timer)
  }
}
