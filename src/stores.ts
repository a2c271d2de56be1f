/**
 * Connects a server to its storage: opens the connection pools, makes the stores that use them, and registers the
 * process.
 */
import type { CloseLater } from './close-later.ts'
import type { Config } from './config.ts'
import { connect, type Connections } from './db/connection/connect.ts'
import { roleOf } from './db/connection/pool-roles.ts'
import { makeDispatchStore } from './db/dispatch/dispatch-store.ts'
import { makeAdminStore, type AdminStore } from './db/installation/installation-store.ts'
import type { DispatchStore } from './ports/dispatch-store.ts'
import type { Log } from './ports/log.ts'
import type { Secrets } from './ports/secrets.ts'
import { enterProcess } from './process-heartbeat.ts'
import { system } from './runtime/system.ts'
import { secretsOver, type Storage } from './storage.ts'

interface Parts {
  readonly config: Config
  readonly log: Log
  readonly storage: Storage
}

/** The connection pools and the stores that use them. */
export interface Stores {
  readonly connections: Connections
  readonly adminStore: AdminStore
  readonly dispatchStore: DispatchStore
  readonly secrets: Secrets
}

/**
 * Resolves when PostgreSQL accepts the pools and the process is registered. Adds everything it opens to `closeLater`,
 * which also closes it when a later step fails.
 */
export async function connectStores(
  { config, log, storage }: Parts,
  closeLater: CloseLater,
): Promise<Stores> {
  const { databaseUrl, rlsMode, keyRing } = storage
  const processId = `prc_${system.newUuid()}`
  const connections = connect(databaseUrl, log, rlsMode, { processId })
  closeLater('connections', () => connections.close())
  await connections.verifyPoolRoles()
  if (rlsMode === 'SETTINGS') log.info({ missing: Object.values(roleOf) }, 'rls.roles-unavailable')
  const adminStore = makeAdminStore(connections.adminPool)
  const dispatchStore = makeDispatchStore(connections.sql, system)
  await dispatchStore.ensurePartitions()
  const secrets = secretsOver(adminStore, keyRing)
  const registry = await enterProcess(adminStore, { id: processId, config, log, keyRing })
  closeLater('registry', () => registry.leave())
  return { connections, adminStore, dispatchStore, secrets }
}
