/** Wires a server's row in the registry of processes, from before its keys are checked until it stops. */
import { hostname } from 'node:os'
import type { Config } from './config.ts'
import type { AdminStore, Log } from './ports/platform.ts'
import { enterRegistry, stayInRegistry } from './services/installation/process-registry.ts'
import { regularly } from './runtime/periodic.ts'
import { fingerprintOf, type KeyRing } from './runtime/crypto/secrets.ts'
import { version } from './runtime/version.ts'
import { checkKeyRing } from './storage.ts'

/** Others take the process for dead after a minute. */
const seenEveryMs = 5_000
/** A refresh that has had no answer for so long does not keep the next from beginning. */
const seenWithinMs = 15_000

interface Entering {
  /** The process id of the registry, which the process's sessions are named by. */
  readonly id: string
  readonly config: Pick<Config, 'roles'>
  readonly keyRing: KeyRing
  readonly log: Log
}

/** Rejects with a ConfigFault when SECRETS_KEYS lacks a key by which data keys are sealed. */
export async function enterProcess(
  store: AdminStore,
  { id, config: { roles }, keyRing, log }: Entering,
): Promise<{ leave(): Promise<void> }> {
  const keys = keyRing.map((key) => ({ id: key.id, fingerprint: fingerprintOf(key) }))
  const world = { store, log, checkKeys: () => checkKeyRing(store, keyRing) }
  const keyFingerprints = keys.map(({ fingerprint }) => fingerprint)
  const row = { ...{ id, roles, version, keyFingerprints }, host: hostname(), pid: process.pid }
  await enterRegistry(world, row)
  log.info({ processId: id, keys }, 'process.registered')
  const refresh = regularly({
    everyMs: seenEveryMs,
    firstAfterMs: seenEveryMs,
    aloneForMs: seenWithinMs,
    work: () => stayInRegistry(world, row),
    ...{ log, failedAs: 'process.refresh-failed' },
  })
  return {
    leave: async () => {
      await refresh.stop(0)
      await store.removeProcess(id)
    },
  }
}
