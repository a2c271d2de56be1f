/**
 * The parts that a server closes when it stops, and how long each of them may take. They close in the reverse order of
 * their opening. The dispatcher is not among them: it registers itself, has more time and closes concurrently.
 */
import type { ShutdownSteps } from './runtime/shutdown-steps.ts'

/** How long each part may take to close, in milliseconds. */
const closeWithinMs = {
  // Subscriptions are closed within 5 s. After that, running requests have 3 s.
  http: 9_000,
  rates: 500,
  notifier: 3_000,
  deliveryScheduler: 4_000,
  sender: 1_000,
  registry: 1_000,
  connections: 2_500,
  storage: 5_000,
  health: 1_000,
}

/** Registers a part that was just opened. It is closed before all parts that were registered earlier. */
export type CloseLater = (what: keyof typeof closeWithinMs, close: () => Promise<void>) => void

export function makeCloseLater(shutdownSteps: ShutdownSteps): CloseLater {
  return (what, close) => shutdownSteps.add({ what, withinMs: closeWithinMs[what], close })
}
