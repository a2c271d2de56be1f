/**
 * Which operation an id of a socket names. graphql-ws keeps ids and not operations: when a client ends an operation and
 * uses its id again at once, graphql-ws takes what still comes of the first one for the second.
 */

export interface Operation {
  /** False once another operation of the socket has the id. */
  readonly isCurrent: () => boolean
  readonly end: () => void
}

export type BeginOperation = (socket: object, id: string) => Operation

export function makeOperationIds(): BeginOperation {
  const operationsOf = new WeakMap<object, Map<string, Operation>>()
  return (socket, id) => {
    const operations = operationsOf.get(socket) ?? new Map<string, Operation>()
    operationsOf.set(socket, operations)
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

/** Never comes. graphql-ws does nothing more for what waits on it, and nothing keeps it in memory. */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}
