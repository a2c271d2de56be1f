/** Waits for a promise until a signal is aborted. Does not cancel the work behind the promise. */
import { setMaxListeners } from 'node:events'

/** Settles like the promise, or rejects with the reason of the signal as soon as the signal is aborted. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(reasonOf(signal))
    if (signal.aborted) abort()
    // Many promises may wait for one signal. Node would warn of a leak from the eleventh on.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', abort, { once: true })
    const end = (): void => signal.removeEventListener('abort', abort)
    // The listener is removed as soon as the promise settles, because the signal may outlive many promises.
    promise.then(resolve, reject).then(end, end)
  })
}

function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
