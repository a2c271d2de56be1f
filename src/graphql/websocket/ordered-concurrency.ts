/**
 * Answers several events of a subscription concurrently, and returns the answers in the order of the events. Otherwise
 * a subscription that catches up would wait for the statements of one event after the other, although a batch of events
 * shares its statements.
 */

export interface Answers<Answer> {
  /**
   * The next answer, in the order of the events; one call at a time. Rejects with the error of `pull` or of that
   * answer. Is done when there are no more events.
   */
  next(): Promise<IteratorResult<Answer, undefined>>
}

const done = { done: true, value: undefined } as const

/** Calls `pull` for one event at a time, and only while fewer than `most` answers wait to be returned. */
export function answersAhead<Event, Answer>(
  pull: () => Promise<IteratorResult<Event, unknown>>,
  answer: (event: Event) => Promise<Answer>,
  most: number,
): Answers<Answer> {
  const coming: Promise<IteratorResult<Answer, undefined>>[] = []
  let pulling = false
  let ended = false
  let stir: () => void = () => undefined

  const bring = (answered: Promise<IteratorResult<Answer, undefined>>): void => {
    // `next` returns the rejection. Until `next` is called, the rejection must not count as unhandled.
    answered.catch(() => undefined)
    coming.push(answered)
  }

  const take = async (): Promise<void> => {
    const taken = pull()
    const pulled = await taken.catch(() => null)
    if (pulled === null) bring(taken.then(() => done))
    else if (pulled.done !== true) bring(answer(pulled.value).then((value) => ({ done: false, value })))
    ended = pulled === null || pulled.done === true
  }

  const fill = async (): Promise<void> => {
    if (pulling) return
    pulling = true
    while (!ended && coming.length < most) {
      await take()
      stir()
    }
    pulling = false
  }

  return {
    next: async () => {
      void fill()
      while (coming.length === 0 && !ended) await new Promise<void>((resolve) => (stir = resolve))
      const first = coming.shift()
      if (first === undefined) return done
      void fill()
      return first
    },
  }
}
