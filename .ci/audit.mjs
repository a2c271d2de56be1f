/**
 * Checks the shipped dependencies for known vulnerabilities. Exits with 1 for high and critical ones, and with 0 if there
 * are none or the registry's audit service cannot be reached, which this project cannot fix. Prints which of the two it
 * was. Takes at most a minute.
 */
import { spawnSync } from 'node:child_process'

const severe = ['high', 'critical']
const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0'], {
  encoding: 'utf8',
  timeout: 60_000,
  maxBuffer: 64 * 1024 * 1024,
  shell: process.platform === 'win32',
})

const report = read(stdout)
const counts = report?.metadata?.vulnerabilities
if (counts === undefined) {
  const why = report?.message || report?.error?.summary || 'no answer'
  console.log(`audit: NOT CHECKED, the registry's audit service could not be reached (${firstLine(why)})`)
} else {
  const found = Object.values(report.vulnerabilities ?? {})
  for (const { name, severity, range } of found) console.log(`audit: ${severity}: ${name} ${range}`)
  const bad = severe.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0)
  console.log(`audit: ${bad} of ${found.length} known vulnerabilities are high or critical`)
  if (bad > 0) process.exitCode = 1
}

function read(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function firstLine(text) {
  return String(text).trim().split('\n')[0]
}
