/**
 * Runs statements of one transaction without waiting for each other's results; PostgreSQL runs them in the order in which
 * they are sent. Waits for all, so that none is sent after the transaction has ended, and throws the first error: after
 * it, the others fail only because the transaction is aborted.
 */
export async function sendTogether<T extends readonly unknown[]>(
  ...work: { readonly [Index in keyof T]: Promise<T[Index]> }
): Promise<T> {
  const errors: unknown[] = []
  const results = await Promise.allSettled(
    work.map((one) =>
      one.catch((error: unknown) => {
        errors.push(error)
        throw error
      }),
    ),
  )
  if (errors.length > 0) throw errors[0]
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T
}
