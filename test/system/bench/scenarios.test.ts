/** Runs every scenario of `npm run bench` with few deliveries. Real measurements take minutes and are not made in tests. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { benchmarksFile } from '../../bench/frame/benchmarks-file.ts'
import { openBench, type Bench } from '../../bench/frame/bench.ts'
import { spreadOf } from '../../bench/frame/figures.ts'
import { cores, runScenario, type Report } from '../../bench/frame/run.ts'
import type { Figures, Scenario } from '../../bench/frame/scenario.ts'
import { measuredOf, targets } from '../../bench/frame/targets.ts'
import { scenarios } from '../../bench/scenarios/scenarios.ts'

const scale = 0.005
/** A scenario starts up to four servers and waits for receivers that never answer. */
const deadlineMs = 300_000
/** These run on both queues here. The others do the same on each, so that one is enough. */
const onBothQueues: readonly string[] = ['hot', 'ingest']
const reports: Report[] = []
let bench: Bench

// The scenarios share servers and peers here, which they do not in a measurement.
beforeAll(async () => {
  bench = await openBench({ scale, progress: () => undefined })
})
afterAll(() => bench.close())

describe('a scenario of the bench', () => {
  test.each(scenarios)(
    '$name completes with few deliveries, and its figures are consistent',
    async (scenario) => {
      const report = await runScenario(scenario, benchFor(scenario), 1)
      reports.push(report)
      expect(Object.keys(report.columns).length).toBeGreaterThan(0)
      for (const figures of Object.values(report.columns)) expectConsistent(mediansOf(figures))
    },
    deadlineMs,
  )

  test('has a figure for each target', () => {
    const measured = targets.filter(
      ({ scenario, column }) =>
        !column.includes('Redis') || (onBothQueues.includes(scenario) && bench.queues.length === 2),
    )
    const missing = measured.filter((target) => measuredOf(reports, target) === undefined)
    expect(missing).toEqual([])
  })

  test.each([
    ['negative', -1],
    ['infinite', Infinity],
  ])('that measures a %s value fails', async (_, value) => {
    const wrong: Scenario = {
      ...{ name: 'wrong', summary: 'wrong', setUp: 'wrong' },
      open: () => Promise.resolve({ column: () => Promise.resolve({ rate: value }) }),
    }
    await expect(runScenario(wrong, bench, 1)).rejects.toThrow(
      `expected "rate" to be a number from 0, found ${value}`,
    )
  })
})

describe('BENCHMARKS.md', () => {
  test('contains every figure of the run, and says for each target whether it is reached', () => {
    const [hot] = scenarios
    if (hot === undefined) throw new Error('expected scenarios')
    const column = (ratio: number) => ({
      'deliveries / ceiling': spreadOf([ratio, ratio + 0.1, ratio - 0.1]),
    })
    const report = { scenario: hot, rounds: 3, columns: { PostgreSQL: column(0.45), Redis: column(0.3) } }
    const context = {
      command: '--write',
      date: new Date(0),
      hardware: 'a machine',
      versions: ['Orderbell 1'],
    }

    const file = benchmarksFile([report], context)

    expect(file).toContain('npm run bench -- --write')
    expect(file).toContain('1970-01-01')
    expect(file).toContain(
      '| `hot`: PostgreSQL | deliveries / ceiling | 0.450 (0.350 to 0.550) | at least 0.4 | at least 0.5 | yes |',
    )
    expect(file).toContain(
      '| `hot`: Redis | deliveries / ceiling | 0.300 (0.200 to 0.400) | at least 0.4 | at least 0.5 | no |',
    )
    expect(file).toContain(
      '| `mixed`: PostgreSQL | healthy / ceiling | not in this run | at least 0.9 |  |  |',
    )
    expect(file).toContain('| deliveries / ceiling | 0.450 (0.350 to 0.550) | 0.300 (0.200 to 0.400) |')
  })
})

function benchFor({ name }: Scenario): Bench {
  return onBothQueues.includes(name) ? bench : { ...bench, queues: ['PostgreSQL'] }
}

function mediansOf(figures: Report['columns'][string]): Figures {
  return Object.fromEntries(Object.entries(figures).map(([name, { median }]) => [name, median]))
}

/** The CPU time of all processes is the sum of theirs, and no rate by CPU exceeds what all cores allow. */
function expectConsistent(figures: Figures): void {
  for (const [name, all] of Object.entries(figures)) {
    const unit = /^CPU us per (\w+), all processes$/.exec(name)?.[1]
    if (unit === undefined) continue
    const parts = Object.entries(figures).filter(
      ([part]) => part.startsWith(`CPU us per ${unit}, `) && part !== name && !part.endsWith('alone'),
    )
    expect(parts.map(([part]) => part)).toContain(`CPU us per ${unit}, PostgreSQL`)
    expect(parts.reduce((sum, [, us]) => sum + us, 0)).toBeCloseTo(all, 3)
    const [, byCpu = NaN] = Object.entries(figures).find(([rate]) => rate.endsWith('/s by CPU alone')) ?? []
    expect(byCpu).toBeLessThanOrEqual(((cores * 1e6) / all) * 1.001)
  }
}
