/**
 * `npm run bench`: runs scenarios and prints their figures. Each scenario measures the ceiling of the machine in the same
 * run, because machines differ and drift: compare ratios, not rates. A scenario that finds lost or wrong results fails:
 * the others run, BENCHMARKS.md is not written, and the process ends with 1. Progress is printed to standard error.
 */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { format } from 'prettier'
import { openBench } from './frame/bench.ts'
import { benchmarksFile, contextOf } from './frame/benchmarks-file.ts'
import { jsonOf, textOf } from './frame/report.ts'
import { runScenario, type Report } from './frame/run.ts'
import { scenarios } from './scenarios/scenarios.ts'

const benchmarksPath = fileURLToPath(new URL('../../BENCHMARKS.md', import.meta.url))

const usage = `npm run bench [-- <scenario>...] [options]

Options:
  --rounds N   measures each figure N times, and reports the median, the least and the most; default 3
  --scale X    multiplies all counts by X, to try a scenario out; the figures are then not comparable
  --json       prints the figures as JSON
  --write      runs all scenarios, or the named ones, and writes BENCHMARKS.md
  --help       prints this text

Scenarios (those with * take long, and run only when named or with --write):
${scenarios.map(({ name, summary, onlyWhenNamed }) => `  ${(name + (onlyWhenNamed === true ? ' *' : '')).padEnd(12)} ${summary}`).join('\n')}
`

function readArguments() {
  const flag = { type: 'boolean', default: false } as const
  const { values, positionals } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      json: flag,
      write: flag,
      help: flag,
    },
    allowPositionals: true,
  })
  const rounds = Number(values.rounds)
  const scale = Number(values.scale)
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name))
  if (!values.help && unknown.length === 0 && Number.isInteger(rounds) && rounds >= 1 && scale > 0)
    return { ...values, rounds, scale, names: positionals }
  if (values.help) process.stdout.write(usage)
  else process.stderr.write(usage)
  process.exit(values.help ? 0 : 2)
}

const { rounds, scale, json, write, names } = readArguments()
const chosen = scenarios.filter(({ name, onlyWhenNamed }) =>
  names.length === 0 ? write || onlyWhenNamed !== true : names.includes(name),
)
const bench = await openBench({ scale, progress: (line) => void process.stderr.write(`${line}\n`) })
const reports: Report[] = []
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
try {
  await Promise.race([runAll(), once(interrupted.signal, 'abort')])
} finally {
  await bench.close()
}
// A scenario that was interrupted may still wait for parts that are closed.
if (interrupted.signal.aborted) process.exit(130)
if (json) process.stdout.write(`${JSON.stringify(jsonOf(reports))}\n`)

async function runAll(): Promise<void> {
  for (const scenario of chosen) {
    const report = await runScenario(scenario, bench, rounds).catch((error: unknown) => {
      if (interrupted.signal.aborted) return
      // The other scenarios are still measured.
      process.exitCode = 1
      console.error(`${scenario.name} failed:`, error)
    })
    if (interrupted.signal.aborted) return
    await bench.closeParts()
    if (report === undefined) continue
    reports.push(report)
    if (!json) process.stdout.write(`${textOf(report)}\n`)
  }
  if (write && reports.length === chosen.length) await writeBenchmarks()
}

async function writeBenchmarks(): Promise<void> {
  const [server] = await bench.cluster.admin<{ server_version: string }[]>`show server_version`
  const context = contextOf(process.argv.slice(2).join(' '), server?.server_version ?? '')
  writeFileSync(benchmarksPath, await format(benchmarksFile(reports, context), { parser: 'markdown' }))
}
