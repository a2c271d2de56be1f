/**
 * Runs the entry of the command line in this process, which costs a tenth of the CPU of a process. One run at a time,
 * because the arguments, the environment and the output belong to the process.
 */
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import type { Environment, Exit } from '../support/process.ts'

const entry = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
let runs = 0

/** Runs the command line with these arguments until it exits. The log is not part of its standard error. */
export async function runCommandLine(
  environment: Environment,
  ...args: readonly string[]
): Promise<Omit<Exit, 'signal'>> {
  const output = { stdout: '', stderr: '' }
  const exited = new Promise<number>((resolve) => {
    vi.spyOn(process, 'exit').mockImplementation((code): never => {
      resolve(Number(code))
      return undefined as never
    })
  })
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text, ...then: unknown[]) => {
      output[name] += text.toString()
      for (const callback of then) if (typeof callback === 'function') (callback as () => void)()
      return true
    })
  // A process ends with its handlers of signals, faults and closed output; this one goes on without them.
  vi.spyOn(process, 'on').mockReturnValue(process)
  vi.spyOn(process.stdout, 'on').mockReturnValue(process.stdout)
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const argv = process.argv
  process.argv = [process.execPath, 'orderbell', ...args]
  try {
    // The entry runs when it is loaded. With another query it is loaded again, but not the modules that it imports.
    runs += 1
    await import(/* @vite-ignore */ `${entry}?run=${runs}`)
    return { code: await exited, ...output }
  } finally {
    process.argv = argv
    vi.unstubAllEnvs()
    vi.restoreAllMocks()
  }
}
