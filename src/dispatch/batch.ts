/**
 * Combines calls into batches: calls that arrive while a batch runs are processed together in the next batch. A single
 * call runs at once when no batch is running.
 */

/** Processes one input. Rejects when the batch that contained it failed. */
export type Batched<Wish, Answer> = (wish: Wish) => Promise<Answer>

interface Waiting<Wish, Answer> {
  readonly wish: Wish
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
}

/**
 * `run` receives at most `maxWishes` inputs and returns their results in the same order. It never runs concurrently.
 * `rest`, when given, is awaited between two consecutive batches if the second would not be full, so that it collects
 * more inputs.
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
      const taken = waiting.slice(0, maxWishes)
      waiting = waiting.slice(maxWishes)
      try {
        const answers = await run(taken.map(({ wish }) => wish))
        for (const [index, { resolve }] of taken.entries()) resolve(answers[index] as Answer)
      } catch (error) {
        for (const { reject } of taken) reject(error)
      }
      // An error of `rest` must not stop the following batches.
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
      // Calls in the same event-loop iteration join the batch.
      setImmediate(() => void work())
    })
}
