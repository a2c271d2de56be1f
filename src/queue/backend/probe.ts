/**
 * Writes to the queue again and again, so that each process learns within seconds whether the queue takes writes, also
 * when it has nothing else to store.
 */
import { within } from './timeout.ts'
import type { QueueState } from './queue-state.ts'

export interface Probe {
  stop(): void
}

const EVERY_MS = 2_000
const EVERY_MS_WHILE_DEGRADED = 1_000
const ANSWER_WITHIN_MS = 2_000
/** An answer that has not come after this time is not waited for: the connection may have been replaced. */
const FORGOTTEN_AFTER_MS = 15_000

export function startProbe(
  part: string,
  write: () => Promise<unknown>,
  state: Pick<QueueState, 'condition' | 'works' | 'fails'>,
): Probe {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let unansweredSinceMs: number | undefined

  /** One at a time, so that a server without answers does not collect them. */
  async function writeOnce(): Promise<void> {
    const now = performance.now()
    if (unansweredSinceMs !== undefined && now - unansweredSinceMs < FORGOTTEN_AFTER_MS)
      throw new Error(`no answer for ${Math.round(now - unansweredSinceMs)} ms`)
    unansweredSinceMs = now
    const writing = write().finally(() => {
      if (unansweredSinceMs === now) unansweredSinceMs = undefined
    })
    await within(ANSWER_WITHIN_MS, 'writing to the queue', writing)
  }

  async function probe(): Promise<void> {
    try {
      await writeOnce()
      if (!stopped) state.works(part)
    } catch (fault) {
      if (!stopped) state.fails(part, fault)
    }
    const everyMs = state.condition() === 'ok' ? EVERY_MS : EVERY_MS_WHILE_DEGRADED
    if (!stopped) timer = setTimeout(() => void probe(), everyMs).unref()
  }

  void probe()
  return {
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
