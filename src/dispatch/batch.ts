/**
 * Many wishes, one round trip: what is asked for while a run is under way goes together into the
 * next one. A single wish on an idle line is not kept waiting.
 */

/** Answers one wish; rejects when the run that carried it failed. */
export type Batched<Wish, Answer> = (wish: Wish) => Promise<Answer>

interface Waiting<Wish, Answer> {
  readonly wish: Wish
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

/**
 * `run` answers in the order of its wishes; it is given `maxWishes` at the most, and never runs twice at once. On a
 * busy line, before a run that would not be full, it waits for `rest`, where there is one, so that more come along.
 */
export function batched<Wish, Answer>(
  maxWishes: number,
  run: (wishes: readonly Wish[]) => Promise<readonly Answer[]>,
  rest?: () => Promise<void>,
): Batched<Wish, Answer> {
  let waiting: Waiting<Wish, Answer>[] = []
  let running = false

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const credentials = waiting.slice(0, maxWishes)
      waiting = waiting.slice(maxWishes)
      try {
        const answers = await run(credentials.map(({ wish }) => wish))
        for (const [index, { resolve }] of credentials.entries()) resolve(answers[index] as Answer)
      } catch (error) {
        for (const { reject } of credentials) reject(error)
      }
      // A rest that fails must not stop the runs that follow.
      if (rest !== undefined && waiting.length > 0 && waiting.length < maxWishes)
        await rest().catch(() => undefined)
    }
    running = false
  }

  return (wish) =>
    new Promise((resolve, reject) => {
      waiting.push({ wish, resolve, reject })
      if (running) return
      running = true
      // Whoever asks in this same turn of the event loop comes along.
      setImmediate(() => void work())
    })
}
