/**
 * Maintains a server's row in the registry of processes. The row is written before the server's keys are checked,
 * refreshed every few seconds, and removed when the server stops. The command `rotate-master-key` reads which keys each
 * process has.
 */
import type { RunningProcess } from '../../domain/installation/process.ts'
import type { Log } from '../../ports/log.ts'
import type { ProcessStore } from '../../db/installation/processes.ts'

export interface RegistryDeps {
  readonly store: ProcessStore
  readonly log: Log
  /** Rejects unless SECRETS_KEYS contains every key with which data keys are encrypted. */
  readonly checkKeys: () => Promise<void>
}

/**
 * Registers the process, then checks its keys. In this order no rotation of the master key is missed: a rotation that
 * starts after the registration sees the process, and the key check sees the data keys that an earlier rotation
 * encrypted.
 */
export async function enterRegistry(
  { store, checkKeys }: RegistryDeps,
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

/**
 * Refreshes the row. If other processes took this process for dead in the meantime, a rotation of the master key may have
 * encrypted data keys with a key that this process does not have, so the keys are checked again.
 */
export async function stayInRegistry(
  { store, log, checkKeys }: RegistryDeps,
  process: Omit<RunningProcess, 'startedAt'>,
): Promise<void> {
  const found = await store.seeProcess(process.id)
  if (found === 'SEEN') return
  if (found === 'REMOVED') await store.registerProcess(process)
  log.warn({ processId: process.id }, 'process.refresh-recovered')
  await checkKeys()
}
