/**
 * Opens, checks and migrates the database, and checks the keys of secrets. An error names the setting that is wrong.
 */
import { ConfigFault, type Config } from './config.ts'
import { checkPostgres, DatabaseRefused } from './db/connection/check-postgres.ts'
import { migrateDatabase } from './db/connection/migrate.ts'
import type { RlsMode } from './db/connection/pool-roles.ts'
import type { AdminStore } from './db/installation/installation-store.ts'
import type { Log } from './ports/log.ts'
import type { Secrets } from './ports/secrets.ts'
import { placeOf, readAddress } from './postgres/address.ts'
import { unpatchedDriver } from './postgres/driver-patch.ts'
import { resolveSslmode } from './postgres/resolve-sslmode.ts'
import { adviceFor } from './postgres/connection-errors.ts'
import { withNewerSettings } from './postgres/session.ts'
import { causeOf } from './queue/backend/faults.ts'
import type { EmbeddedPostgres } from './runtime/embedded-postgres/index.ts'
import { keptKeyRing, keyFileName } from './runtime/crypto/keyring.ts'
import { makeSecrets, type KeyRing } from './runtime/crypto/secrets.ts'

/** The migrated database, external or embedded, and the keys of secrets. */
export interface Storage {
  readonly databaseUrl: string
  /** How row-level security distinguishes the sessions of the API, the dispatcher and administration. */
  readonly rlsMode: RlsMode
  readonly keyRing: KeyRing
  stop(): Promise<void>
}

/**
 * Opens the storage. For a server, migrates the queue as well. Rejects soon after the signal, with its reason. Throws
 * `ConfigFault` when a setting cannot be used.
 */
export async function openStorage(
  config: Config,
  log: Log,
  purpose: 'server' | 'command',
  signal?: AbortSignal,
): Promise<Storage> {
  const unpatched = unpatchedDriver()
  if (unpatched !== undefined) throw new ConfigFault([unpatched])
  const given = config.databaseUrl
  const embedded = given === undefined ? await startEmbedded(config, log, purpose) : undefined
  try {
    signal?.throwIfAborted()
    if (given !== undefined) logIgnoredParameters(given, log)
    const { databaseUrl, rlsMode } = await migrated(given, embedded?.url ?? '', signal)
    if (purpose === 'server') await migrateQueue(config, databaseUrl, signal)
    const keyRing = config.secretsKeys ?? (await keptKeyRing(config.dataDir, log))
    return { databaseUrl, rlsMode, keyRing, stop: async () => embedded?.stop() }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

/** Loads the embedded PostgreSQL, which is not needed with DATABASE_URL. */
async function startEmbedded(
  { dataDir }: Config,
  log: Log,
  purpose: 'server' | 'command',
): Promise<EmbeddedPostgres> {
  const { startEmbeddedPostgres } = await import('./runtime/embedded-postgres/index.ts')
  return startEmbeddedPostgres({ dataDir, log, purpose })
}

/**
 * Migrates the queue, unless it is in Redis. BullMQ is loaded here and not with this module, because it takes half of
 * the time of a command, and only servers and `migrate` need it.
 */
export async function migrateQueue(
  { redisUrl }: Config,
  databaseUrl: string,
  signal?: AbortSignal,
): Promise<void> {
  if (redisUrl !== undefined) return
  const backend = await import('./queue/backend/postgres-backend.ts')
  await backend.migrateQueue(databaseUrl, signal)
}

/** Checks and migrates the database. Throws `ConfigFault` with a one-line message when it cannot be used. */
async function migrated(
  given: string | undefined,
  embeddedUrl: string,
  signal: AbortSignal | undefined,
): Promise<Pick<Storage, 'databaseUrl' | 'rlsMode'>> {
  const url = given === undefined ? embeddedUrl : await resolveSslmode(given)
  const place = placeOf(readAddress(url))
  try {
    const without = 'Orderbell uses the embedded PostgreSQL'
    const version = await usable('DATABASE_URL', 'PostgreSQL', url, checkPostgres, without, place)
    signal?.throwIfAborted()
    const databaseUrl = withNewerSettings(url, version)
    return { databaseUrl, rlsMode: await migrateDatabase(databaseUrl, signal) }
  } catch (error) {
    if (!(error instanceof DatabaseRefused)) throw error
    const which = given === undefined ? 'The embedded database' : `The database of DATABASE_URL (${place})`
    throw new ConfigFault([`${which} ${error.message}`])
  }
}

function logIgnoredParameters(url: string, log: Log): void {
  const { ignored } = readAddress(url)
  if (ignored.length > 0) log.info({ parameters: ignored }, 'postgres.parameters-ignored')
}

/** Runs `check` on an external server. Reports a failure as a `ConfigFault` of the setting that names the server. */
export async function usable<T>(
  setting: string,
  part: string,
  url: string,
  check: (url: string) => Promise<T>,
  without: string,
  // Name only the host: the rest of the URL may contain a password.
  place = new URL(url).host,
): Promise<T> {
  try {
    return await check(url)
  } catch (error) {
    if (error instanceof DatabaseRefused) throw error
    const names = `${setting} names ${part} at ${place}, which cannot be used`
    const advice = adviceFor(error)
    throw new ConfigFault([
      advice === undefined
        ? `${names}: ${causeOf(error).replace(/\.$/, '')}. Start it, or correct the setting (if it is not set, ${without}).`
        : `${names}: ${advice}.`,
    ])
  }
}

/** Encryption with the projects' data keys, which are read from the store. */
export function secretsOver(store: AdminStore, keyRing: KeyRing): Secrets {
  return makeSecrets(keyRing, (projectId) => store.encryptedDataKey(projectId))
}

/**
 * Throws `ConfigFault` unless the key ring decrypts a sample for each key that encrypts data keys. A server without the
 * keys would accept orders but could not send requests. A project that is created with a key that the servers do not
 * have would receive no deliveries.
 */
export async function checkKeyRing(store: AdminStore, keyRing: KeyRing): Promise<void> {
  const secrets = secretsOver(store, keyRing)
  const unreadable = (await store.encryptedSamples()).filter(
    ({ projectId, encrypted }) => !secrets.canDecrypt(projectId, encrypted),
  )
  const isNamed = ({ keyId }: { readonly keyId: string }) => keyRing.some(({ id }) => id === keyId)
  const missing = unreadable.filter((sample) => !isNamed(sample)).map(({ keyId }) => keyId)
  const others = unreadable.filter(isNamed).map(({ keyId }) => keyId)
  const generated = `the generated key is kept:<content of DATA_DIR/${keyFileName}>`
  const faults = [
    ...(missing.length === 0
      ? []
      : [
          `SECRETS_KEYS has no key ${missing.join(', ')}, which encrypts secrets of this database: add it at the end (${generated})`,
        ]),
    ...others.map(
      (keyId) =>
        `SECRETS_KEYS has a key ${keyId} that is not the key ${keyId} which encrypts secrets of this database: restore that key (${generated}), and give a new key another name`,
    ),
  ]
  if (faults.length > 0) throw new ConfigFault(faults)
}
