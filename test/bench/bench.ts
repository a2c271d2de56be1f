/** What `main.ts` asks of a bench, and the arithmetic that benches share. */

export interface Bench {
  /** As on the command line. */
  readonly name: string
  readonly summary: string
  /** Throws when what it measured did not do its work. */
  run(options: BenchOptions): Promise<BenchReport>
}

export interface BenchOptions {
  /** How often each rate is measured. */
  readonly rounds: number
  /** For a person who waits. */
  readonly say: (line: string) => void
}

export interface BenchReport {
  readonly title: string
  /** By column, then by figure. */
  readonly columns: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The same for machines, unrounded. */
  readonly json: unknown
}

/** Rounds of one figure: machines are noisy, so the middle counts and the range is told. */
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

/** A figure that is wrong is worse than none. */
export function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`)
}
