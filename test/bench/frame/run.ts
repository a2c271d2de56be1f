/** Runs the rounds of a scenario: one round of every column in turn, because the speed of a machine drifts. */
import { availableParallelism } from 'node:os'
import type { Bench } from './bench.ts'
import { spreadOf, writeNumber, type Spread } from './figures.ts'
import type { Figures, Scenario } from './scenario.ts'

/** The spreads of all figures by column and figure. */
export interface Report {
  readonly scenario: Scenario
  readonly rounds: number
  readonly columns: Readonly<Record<string, Readonly<Record<string, Spread>>>>
}

/** The figures that a line of progress shows, as far as the round has them. */
const shownFigures = 6

/** Throws when a round throws, and when a figure is infinite or negative. */
export async function runScenario(scenario: Scenario, bench: Bench, rounds: number): Promise<Report> {
  const measured: Record<string, Record<string, number[]>> = {}
  const columns = Object.entries(await scenario.open(bench))
  for (let round = 1; round <= rounds; round += 1) {
    for (const [column, measure] of columns) {
      const figures = await measure()
      requirePossible(`${scenario.name}, ${column}`, figures)
      for (const [name, value] of Object.entries(figures))
        ((measured[column] ??= {})[name] ??= []).push(value)
      bench.progress(`${scenario.name}, ${column}, round ${round}: ${shortOf(figures)}`)
    }
  }
  return {
    scenario,
    rounds,
    columns: Object.fromEntries(
      Object.entries(measured).map(([column, figures]) => [
        column,
        Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, spreadOf(values)])),
      ]),
    ),
  }
}

/** NaN is allowed on systems without /proc only. */
function requirePossible(where: string, figures: Figures): void {
  for (const [name, value] of Object.entries(figures)) {
    const isUnknown = Number.isNaN(value) && process.platform !== 'linux'
    if (!isUnknown && !(Number.isFinite(value) && value >= 0))
      throw new Error(`${where}: expected "${name}" to be a number from 0, found ${value}`)
  }
}

function shortOf(figures: Figures): string {
  return Object.entries(figures)
    .slice(0, shownFigures)
    .map(([name, value]) => `${name} ${writeNumber(value)}`)
    .join(', ')
}

/** The number of cores that the processes of the bench share. */
export const cores = availableParallelism()
