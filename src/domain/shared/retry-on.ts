/** Repeats work that failed with an error that may not occur again. Waits only where `beforeRetry` does. */

export interface RetryOptions {
  /** Maximum number of tries, the first one included. */
  readonly tries: number
  /** Whether the work is tried again after this error. Other errors are thrown at once. */
  readonly isRetryable: (error: unknown) => boolean
  /** Runs before each further try, for example a pause or a repair. `failedTries` counts from 1. */
  readonly beforeRetry?: (error: unknown, failedTries: number) => Promise<unknown>
}

/** Returns the result of the first try that succeeds. Throws the error of the last try. */
export async function retryOn<T>(
  { tries, isRetryable, beforeRetry }: RetryOptions,
  work: () => Promise<T>,
): Promise<T> {
  for (let failedTries = 1; ; failedTries += 1) {
    try {
      return await work()
    } catch (error) {
      if (failedTries === tries || !isRetryable(error)) throw error
      await beforeRetry?.(error, failedTries)
    }
  }
}
