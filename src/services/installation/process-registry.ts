/**
 * A server's row in the registry of processes: written before its keys are checked, refreshed every few seconds, removed
 * when it stops. `rewrap` reads which keys each process has.
 */
import type { RunningProcess } from '../../domain/installation/process.ts'
import type { Log, ProcessStore } from '../../ports/platform.ts'

export interface RegistryWorld {
  readonly store: ProcessStore
  readonly log: Log
  /** Rejects unless SECRETS_KEYS has all keys by which data keys are sealed. */
  readonly checkKeys: () => Promise<void>
}

/** Registered first: a rewrap that begins later sees the process, and of an earlier one the check sees what it sealed. */
export async function enterRegistry(
  { store, checkKeys }: RegistryWorld,
  process: Omit<RunningProcess, 'startedAt'>,
): Promise<void> {
  await store.registerProcess(process)
  try {
    await checkKeys()
  } catch (error) {
    await store.removeProcess(process.id)
    throw error
  }
}

/** While others took the process for dead, they may have sealed data keys by a key that it does not have. */
export async function stayInRegistry(
  { store, log, checkKeys }: RegistryWorld,
  process: Omit<RunningProcess, 'startedAt'>,
): Promise<void> {
  const found = await store.seeProcess(process.id)
  if (found === 'SEEN') return
  if (found === 'REMOVED') await store.registerProcess(process)
  log.warn({ processId: process.id }, 'process.refresh-recovered')
  await checkKeys()
}
