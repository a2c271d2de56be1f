/** The interface of a bench, and the statistics that benches share. */

export interface Bench {
  /** The name on the command line. */
  readonly name: string
  readonly summary: string
  /** Throws when the measured work was not done completely and correctly. */
  run(options: BenchOptions): Promise<BenchReport>
}

export interface BenchOptions {
  /** The number of measurements of each rate. */
  readonly rounds: number
  /** Prints a line of progress. */
  readonly progress: (line: string) => void
}

export interface BenchReport {
  readonly title: string
  /** Texts by column and figure. */
  readonly columns: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The same figures unrounded, for programs. */
  readonly json: unknown
}

/** The measurements of one figure. Machines are noisy: the median counts, and the range is reported. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? NaN
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) }
}

export function write({ median, least, most }: Spread, digits: number): string {
  const figure = (value: number): string =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${figure(median)} (${figure(least)} to ${figure(most)})`
}

/** Throws when a count differs: a wrong figure is worse than none. */
export function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`)
}
