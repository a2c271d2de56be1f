/**
 * Writes to the queue periodically, so that each process detects within seconds whether the queue accepts writes, even
 * when the process has nothing else to store.
 */
import { within } from '../../runtime/within.ts'
import type { QueueState } from './queue-state.ts'

export interface Probe {
  stop(): void
}

const EVERY_MS = 2_000
const EVERY_MS_WHILE_DEGRADED = 1_000
const ANSWER_WITHIN_MS = 2_000
/** After this time an unanswered write is ignored, because the connection may have been replaced. */
const FORGOTTEN_AFTER_MS = 15_000

export function startProbe(
  part: string,
  write: () => Promise<unknown>,
  state: Pick<QueueState, 'condition' | 'works' | 'fails'>,
): Probe {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let unansweredSinceMs: number | undefined

  /** Starts at most one write at a time, so that writes do not pile up at a server that does not answer. */
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
