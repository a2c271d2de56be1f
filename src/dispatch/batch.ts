/**
 * Combines calls into batches: calls that arrive while a batch runs, or while the batcher lingers after it, are processed
 * together in the next batch. A single call runs at once when the batcher is idle.
 */

/** Processes one input. Rejects when the batch that contained it failed. */
export type Batched<Input, Output> = (input: Input) => Promise<Output>

interface Waiting<Input, Output> {
  readonly input: Input
  readonly resolve: (output: Output) => void
  readonly reject: (reason: unknown) => void
}

/** A pause that collects more inputs for a batch. */
export interface Linger {
  /** Batches of this many inputs or more do not wait. */
  readonly below: number
  readonly pause: () => Promise<void>
}

/**
 * `run` receives at most `maxInputs` inputs and returns their results in the same order. It never runs concurrently.
 * `linger`, when given, is awaited after each batch if fewer than `below` inputs wait, so that the next batch collects
 * more.
 */
export function batched<Input, Output>(
  maxInputs: number,
  run: (inputs: readonly Input[]) => Promise<readonly Output[]>,
  linger?: Linger,
): Batched<Input, Output> {
  let waiting: Waiting<Input, Output>[] = []
  let isRunning = false

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxInputs)
      waiting = waiting.slice(maxInputs)
      try {
        const outputs = await run(batch.map(({ input }) => input))
        for (const [index, { resolve }] of batch.entries()) resolve(outputs[index] as Output)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      // An error of the pause must not stop the following batches.
      if (linger !== undefined && waiting.length < linger.below) await linger.pause().catch(() => undefined)
    }
    isRunning = false
  }

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      if (isRunning) return
      isRunning = true
      // Calls in the same event-loop iteration join the batch.
      setImmediate(() => void work())
    })
}
