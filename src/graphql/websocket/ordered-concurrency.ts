/**
 * Maps the events of a subscription concurrently, and returns the results in the order of the events. Events that are
 * mapped concurrently share their SQL statements. A subscription that catches up would otherwise wait for the statements
 * of each event in turn.
 */

/** The results, in the order of the events. */
export interface OrderedResults<Result> {
  /**
   * The next result; one call at a time. Rejects with the error of `pull` or of the mapping of that event. Is done when
   * there are no more events.
   */
  next(): Promise<IteratorResult<Result, undefined>>
}

const done = { done: true, value: undefined } as const

/** Calls `pull` for one event at a time, and only while fewer than `maxAhead` results wait to be returned. */
export function mapInOrder<Event, Result>(
  pull: () => Promise<IteratorResult<Event, unknown>>,
  map: (event: Event) => Promise<Result>,
  maxAhead: number,
): OrderedResults<Result> {
  const results: Promise<IteratorResult<Result, undefined>>[] = []
  let isPulling = false
  let isEnded = false
  let notify: () => void = () => undefined

  const add = (result: Promise<IteratorResult<Result, undefined>>): void => {
    // `next` returns the rejection. Until `next` is called, the rejection must not count as unhandled.
    result.catch(() => undefined)
    results.push(result)
  }

  const pullOne = async (): Promise<void> => {
    const pulling = pull()
    const pulled = await pulling.catch(() => null)
    if (pulled === null) add(pulling.then(() => done))
    else if (pulled.done !== true) add(map(pulled.value).then((value) => ({ done: false, value })))
    isEnded = pulled === null || pulled.done === true
  }

  const fill = async (): Promise<void> => {
    if (isPulling) return
    isPulling = true
    while (!isEnded && results.length < maxAhead) {
      await pullOne()
      notify()
    }
    isPulling = false
  }

  return {
    next: async () => {
      void fill()
      while (results.length === 0 && !isEnded) await new Promise<void>((resolve) => (notify = resolve))
      const first = results.shift()
      if (first === undefined) return done
      void fill()
      return first
    },
  }
}
