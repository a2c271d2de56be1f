/**
 * Registers the process before its keys are checked, refreshes its row in the registry of processes every 5 s, and
 * removes the row when the process stops. The steps are in `services/installation/process-registry.ts`.
 */
import { hostname } from 'node:os'
import type { Config } from './config.ts'
import type { AdminStore } from './db/installation/installation-store.ts'
import type { Log } from './ports/log.ts'
import { enterRegistry, stayInRegistry } from './services/installation/process-registry.ts'
import { runPeriodically } from './runtime/periodic.ts'
import { fingerprintOf, type KeyRing } from './runtime/crypto/secrets.ts'
import { version } from './runtime/version.ts'
import { checkKeyRing } from './storage.ts'

/** Interval of refreshes. Other processes take a process for dead after a minute without a refresh. */
const seenEveryMs = 5_000
/** A refresh without an answer for this long does not prevent the next one. */
const seenWithinMs = 15_000

interface Entering {
  /** The id of the process in the registry. The names of its database sessions contain the id. */
  readonly id: string
  readonly config: Pick<Config, 'roles'>
  readonly keyRing: KeyRing
  readonly log: Log
}

/**
 * Registers the process and refreshes its row. Rejects with `ConfigFault` when SECRETS_KEYS lacks a key of data keys.
 */
export async function enterProcess(
  store: AdminStore,
  { id, config: { roles }, keyRing, log }: Entering,
): Promise<{ leave(): Promise<void> }> {
  const keys = keyRing.map((key) => ({ id: key.id, fingerprint: fingerprintOf(key) }))
  const deps = { store, log, checkKeys: () => checkKeyRing(store, keyRing) }
  const keyFingerprints = keys.map(({ fingerprint }) => fingerprint)
  const row = { id, roles, version, keyFingerprints, host: hostname(), pid: process.pid }
  await enterRegistry(deps, row)
  log.info({ processId: id, keys }, 'process.registered')
  const refresh = runPeriodically({
    everyMs: seenEveryMs,
    firstAfterMs: seenEveryMs,
    exclusiveMs: seenWithinMs,
    work: () => stayInRegistry(deps, row),
    log,
    failedAs: 'process.refresh-failed',
  })
  return {
    leave: async () => {
      await refresh.stop(0)
      await store.removeProcess(id)
    },
  }
}
