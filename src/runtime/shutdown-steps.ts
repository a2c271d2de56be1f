/**
 * Closes the resources of a process in the reverse order of their opening, each within a time limit of its own. An
 * unresponsive server delays the shutdown by at most its limit. Never rejects; failed and late steps are logged.
 */
import type { Log } from '../ports/log.ts'
import { within } from './within.ts'

/** A resource to close. */
export interface Step {
  /** The name of the resource in the log. */
  readonly what: string
  /** Time limit for closing. After it the next step begins. */
  readonly withinMs: number
  /**
   * True: closing begins at the start of the shutdown, in parallel with the other steps, and the limit counts from
   * there.
   */
  readonly atOnce?: boolean
  readonly close: () => Promise<void>
}

/** The resources of a process. */
export interface ShutdownSteps {
  /** Registers a resource. It is closed before all resources that were registered earlier. */
  add(step: Step): void
  /** Closes everything. Later calls return the same promise. */
  closeAll(): Promise<void>
  /** The names of the resources that are not closed yet. */
  open(): readonly string[]
}

/** Creates an empty list of resources. */
export function makeShutdownSteps(log: Log): ShutdownSteps {
  const steps: Step[] = []
  const open = new Set<Step>()
  let closing: Promise<void> | undefined

  const close = async (step: Step): Promise<void> => {
    const { what, withinMs } = step
    const closed = Promise.resolve()
      .then(step.close)
      .catch((cause: unknown) => log.warn({ what, cause }, 'stop.failed'))
      .finally(() => open.delete(step))
    // `closed` never rejects, so an error means that the time limit has passed.
    await within(withinMs, `closing ${what}`, closed).catch(() => log.warn({ what, withinMs }, 'stop.late'))
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
