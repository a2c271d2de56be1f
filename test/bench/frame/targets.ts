/** The targets of the measured ratios and costs. BENCHMARKS.md compares a run with them. */
import type { Spread } from './figures.ts'
import type { Report } from './run.ts'

export interface Target {
  readonly scenario: string
  readonly column: string
  readonly figure: string
  /** Whether a larger value is better, or a smaller one. */
  readonly better: 'more' | 'less'
  readonly target: number
  /** What the design may reach beyond the target; absent when it is not known. */
  readonly beyond?: number
}

/** The CPU time of a request by undici alone on the machine for which the targets in microseconds were set. */
export const targetsUsPerPost = 75

const bothQueues = ['PostgreSQL', 'Redis'] as const

function inColumns(columns: readonly string[], target: Omit<Target, 'column'>): readonly Target[] {
  return columns.map((column) => ({ ...target, column }))
}

export const targets: readonly Target[] = [
  ...inColumns(bothQueues, more('hot', 'deliveries / ceiling', 0.4, 0.5)),
  ...inColumns(['PostgreSQL'], less('hot', 'CPU us per delivery, server', 200, 150)),
  ...inColumns(['PostgreSQL'], less('hot', 'CPU us per delivery, PostgreSQL', 130, 95)),
  ...inColumns(bothQueues, less('hot', 'SQL statements per delivery', 0.05, 0.02)),
  ...inColumns(
    bothQueues.flatMap((queue) => [`${queue}, 1 host`, `${queue}, 200 hosts`]),
    more('wide', 'deliveries / ceiling', 0.33, 0.4),
  ),
  ...inColumns(bothQueues, more('mixed', 'healthy / ceiling', 0.9)),
  ...inColumns(bothQueues, more('by-hand', 'Orderbell / by hand', 3, 5)),
  ...inColumns(['{ __typename }'], more('front', 'requests / ceiling', 0.6, 0.75)),
  ...inColumns(['orderStateChange', 'eventPublish'], more('ingest', 'changes / ceiling', 0.7, 1.5)),
  ...inColumns(
    bothQueues.map((queue) => `one delivery, ${queue}`),
    less('ingest', 'CPU ms per event with one delivery', 5, 3),
  ),
  ...inColumns(
    bothQueues.map((queue) => `one delivery, ${queue}`),
    less('ingest', 'SQL statements per change', 1, 0.5),
  ),
  ...inColumns(
    bothQueues.map((queue) => `one delivery, ${queue}`),
    less('ingest', 'BullMQ jobs per change', 0.1),
  ),
  ...inColumns(['one delivery, Redis'], less('ingest', 'Redis commands per change', 5)),
  ...inColumns(bothQueues, less('latency', 'p50 / ceiling', 2.5)),
  ...inColumns(bothQueues, less('latency', 'p99 / ceiling', 5)),
  ...inColumns(bothQueues, less('feed', '1,000 subscribers / 1', 3)),
  ...inColumns(['PostgreSQL'], less('backlog', 'server, MB, most', 300)),
  ...inColumns(['deliveries'], more('log', 'deliveries / ceiling', 0.85)),
]

function more(scenario: string, figure: string, target: number, beyond?: number): Omit<Target, 'column'> {
  return { scenario, figure, better: 'more', target, ...(beyond !== undefined && { beyond }) }
}

function less(scenario: string, figure: string, target: number, beyond?: number): Omit<Target, 'column'> {
  return { scenario, figure, better: 'less', target, ...(beyond !== undefined && { beyond }) }
}

/** The spread of a target's figure; undefined when the reports do not contain it. */
export function measuredOf(
  reports: readonly Report[],
  { scenario, column, figure }: Target,
): Spread | undefined {
  return reports.find((report) => report.scenario.name === scenario)?.columns[column]?.[figure]
}

export function isReached({ better, target }: Target, { median }: Spread): boolean {
  return better === 'more' ? median >= target : median <= target
}
