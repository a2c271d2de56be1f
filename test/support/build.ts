/**
 * Builds `dist/` before the tests that start Orderbell as a process: a process starts from it in half the time that it
 * needs from the sources. A build after another one compiles only what has changed.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export default async function build(): Promise<void> {
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd, timeout: 300_000 })
}
