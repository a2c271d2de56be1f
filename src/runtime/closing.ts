/**
 * Closes what a process opened, in the reverse order, each step within a limit of its own: a server that gives no
 * answer delays the end by no more than that. Closing never rejects; the log says what failed and what was late.
 */
import type { Log } from '../ports/platform.ts'

export interface Step {
  readonly what: string
  /** How long closing may take; then the next step begins all the same. */
  readonly withinMs: number
  /** True: closing begins at once, beside the steps before it, and its limit counts from then. */
  readonly atOnce?: boolean
  readonly close: () => Promise<void>
}

export interface Closing {
  /** Closed before all that was added before it. */
  add(step: Step): void
  /** The same promise each time. */
  closeAll(): Promise<void>
  /** What was opened and has not closed yet. */
  open(): readonly string[]
}

export function makeClosing(log: Log): Closing {
  const steps: Step[] = []
  const open = new Set<Step>()
  let closing: Promise<void> | undefined

  const close = async (step: Step): Promise<void> => {
    const { what, withinMs } = step
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'LATE'>((resolve) => (timer = setTimeout(() => resolve('LATE'), withinMs)))
    const closed = step.close().then(
      () => void open.delete(step),
      (cause: unknown) => {
        open.delete(step)
        log.warn({ what, cause }, 'stop.failed')
      },
    )
    if ((await Promise.race([closed, late])) === 'LATE') log.warn({ what, withinMs }, 'stop.late')
    clearTimeout(timer)
  }

  const closeAll = async (): Promise<void> => {
    const begun = new Map(steps.filter(({ atOnce }) => atOnce === true).map((step) => [step, close(step)]))
    for (const step of [...steps].reverse()) await (begun.get(step) ?? close(step))
  }

  return {
    add: (step) => {
      steps.push(step)
      open.add(step)
    },
    closeAll: () => (closing ??= closeAll()),
    open: () => [...open].map(({ what }) => what),
  }
}
