/**
 * Answers several events of a subscription at a time, and brings the answers in the order of the events. Who catches up
 * would wait for each event's statements in turn otherwise, though a round reads for many at once (`event-turns.ts`).
 */

export interface Answers<Answer> {
  /** One call at a time. Rejects with what broke the pull, or the answer whose turn it is; is done once the events are. */
  next(): Promise<IteratorResult<Answer, undefined>>
}

const done = { done: true, value: undefined } as const

/** `pull` is called for one event at a time, and only while fewer than `most` answers wait to be brought. */
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
    // Whoever asks for it is told; until then, and when nobody does, it is no fault of the process.
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
