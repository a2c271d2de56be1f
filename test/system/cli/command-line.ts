/**
 * Runs the entry of the command line in this process, which costs a tenth of the CPU of a process. One run at a time,
 * because the arguments, the environment and the output belong to the process.
 */
import type { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import type { Environment, Exit } from '../support/process.ts'

const entry = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const emitters: readonly EventEmitter[] = [process, process.stdout, process.stderr]
let runs = 0

/** Runs the command line with these arguments until it exits. The log is not part of its standard error. */
export async function runCommandLine(
  environment: Environment,
  ...args: readonly string[]
): Promise<Omit<Exit, 'signal'>> {
  const removeListeners = rememberListeners()
  const output = { stdout: '', stderr: '' }
  const exited = new Promise<number>((resolve) => {
    vi.spyOn(process, 'exit').mockImplementation((code) => resolve(Number(code)) as never)
  })
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text, ...then: unknown[]) => {
      output[name] += text.toString()
      for (const each of then) if (typeof each === 'function') each()
      return true
    })
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
    removeListeners()
  }
}

/** Returns a function that removes the listeners that were added since. A process ends with them. */
function rememberListeners(): () => void {
  const known = emitters.flatMap((emitter) =>
    emitter.eventNames().map((name) => ({ emitter, name, listeners: new Set(emitter.listeners(name)) })),
  )
  return () => {
    for (const emitter of emitters)
      for (const name of emitter.eventNames()) {
        const before = known.find((one) => one.emitter === emitter && one.name === name)?.listeners
        for (const listener of emitter.listeners(name))
          if (before?.has(listener) !== true) emitter.removeListener(name, listener as () => void)
      }
  }
}
