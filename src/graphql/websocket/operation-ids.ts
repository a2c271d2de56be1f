/**
 * Tells operations with the same id on one socket apart. graphql-ws stores ids and not operations: when a client
 * completes an operation and uses its id again at once, graphql-ws attributes late results of the first operation to
 * the second.
 */

export interface Operation {
  /** False once the operation has ended or another operation of the socket has its id. */
  readonly isCurrent: () => boolean
  readonly end: () => void
}

/** Begins an operation of the socket under an id. */
export type BeginOperation = (id: string) => Operation

/** Makes the operation ids of one socket. */
export function makeOperationIds(): BeginOperation {
  const operations = new Map<string, Operation>()
  return (id) => {
    const isCurrent = (): boolean => operations.get(id) === operation
    const operation: Operation = {
      isCurrent,
      end: () => {
        if (isCurrent()) operations.delete(id)
      },
    }
    operations.set(id, operation)
    return operation
  }
}

/**
 * A promise that never settles. graphql-ws does nothing more for an operation that waits for it, and nothing keeps the
 * promise in memory.
 */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}
