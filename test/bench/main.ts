/**
 * `npm run bench [-- <name>...] [--json] [--rounds N]`: runs the named benches, or all. Each measures its parts and the
 * ceiling of the machine in the same run, because machines differ and drift: compare ratios, not rates. A bench that
 * finds lost or wrong deliveries throws, and the process ends with 1. Progress is printed to standard error.
 */
import { parseArgs } from 'node:util'
import type { Bench } from './bench.ts'
import { dispatchBench } from './dispatch.ts'
import { fairnessBench } from './fairness.ts'
import { feedBench } from './feed.ts'
import { frontBench } from './front.ts'
import { ingestBench } from './ingest.ts'
import { logBench } from './log/log.ts'

const benches: readonly Bench[] = [dispatchBench, fairnessBench, feedBench, frontBench, ingestBench, logBench]

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '3' } },
  allowPositionals: true,
})
const rounds = Number(values.rounds)
const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name))
if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
  const names = benches.map((bench) => `  ${bench.name}  ${bench.summary}`).join('\n')
  process.stderr.write(`npm run bench [-- <name>...] [--json] [--rounds N]\n${names}\n`)
  process.exit(2)
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`)
const reports: Record<string, unknown> = {}
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue
  const { title, columns, json } = await bench.run({ rounds, progress })
  reports[bench.name] = json
  if (values.json) continue
  console.log(`\n${title}`)
  console.table(transposed(columns))
}
if (values.json) console.log(JSON.stringify(reports))

/** Makes the figures rows: their names are long, and there are few columns. */
function transposed(columns: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const rows: Record<string, Record<string, string>> = {}
  for (const [column, figures] of Object.entries(columns))
    for (const [figure, value] of Object.entries(figures)) (rows[figure] ??= {})[column] = value
  return rows
}
