/** What a scenario of the bench is. `run.ts` runs its rounds, and `report.ts` prints its figures. */
import type { Bench } from './bench.ts'

/** Measured values by name. The name of a figure contains its unit. NaN: not known on this system. */
export type Figures = Readonly<Record<string, number>>

/** One round of a column of the table. Throws when the measured work was not done completely and correctly. */
export type Round = () => Promise<Figures>

export interface Scenario {
  /** The name on the command line. */
  readonly name: string
  /** What is measured, and the ceiling that it is compared with. One line. */
  readonly summary: string
  /** What is set up before the rounds: webhooks, receivers, settings. One or two sentences. */
  readonly setUp: string
  /** The scenario takes more than about five minutes, so it runs only when it is named. */
  readonly onlyWhenNamed?: true
  /** Sets up the parts, and returns the round of each column. `Bench` closes the parts. */
  open(bench: Bench): Promise<Readonly<Record<string, Round>>>
}

/** Throws when a value differs: a wrong figure is worse than none. */
export function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`)
}
