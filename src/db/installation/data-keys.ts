/** The encrypted data keys of all projects: which keys of SECRETS_KEYS encrypt them, and how they are re-encrypted. */
import { asc, count, eq, gt, sql } from 'drizzle-orm'
import type { Running } from '../../domain/installation/process.ts'
import type { Database } from '../connection/connect.ts'
import { projects } from '../schema/index.ts'
import { lockKeys, runningServers } from './processes.ts'

/** The number of data keys that a key of SECRETS_KEYS encrypts. */
export interface EncryptionKey {
  readonly keyId: string
  readonly dataKeys: number
}

/** The data key of a project, encrypted with the key `keyId` of SECRETS_KEYS. */
export interface EncryptedSample {
  readonly keyId: string
  readonly projectId: string
  readonly encrypted: string
}

/** One batch of `reencryptDataKeys`. */
export interface ReencryptedBatch {
  /** The id of the last project that was read; null: no project is left. */
  readonly last: string | null
  readonly reencrypted: number
}

// The second part of an encrypted text is the id of its key; see `runtime/crypto/secrets.ts`.
const encryptionKeyId = sql<string>`split_part(${projects.encryptedDataKey}, '.', 2)`

/** Null when there is no such project. */
export async function encryptedDataKey(db: Database, projectId: string): Promise<string | null> {
  const [row] = await db
    .select({ encryptedDataKey: projects.encryptedDataKey })
    .from(projects)
    .where(eq(projects.id, projectId))
  return row?.encryptedDataKey ?? null
}

/** Returns how many data keys are encrypted with each key of SECRETS_KEYS, by key id. */
export async function encryptionKeys(db: Database): Promise<readonly EncryptionKey[]> {
  return db
    .select({ keyId: encryptionKeyId, dataKeys: count() })
    .from(projects)
    .groupBy(encryptionKeyId)
    .orderBy(encryptionKeyId)
}

/** Returns one data key for each key of SECRETS_KEYS that encrypts any: that of the oldest project. */
export async function encryptedSamples(db: Database): Promise<readonly EncryptedSample[]> {
  return db
    .selectDistinctOn([encryptionKeyId], {
      keyId: encryptionKeyId,
      projectId: projects.id,
      encrypted: projects.encryptedDataKey,
    })
    .from(projects)
    .orderBy(encryptionKeyId, asc(projects.id))
}

/**
 * Reads up to `limit` data keys of projects after the id `after` and stores what `reencrypt` returns, in one
 * transaction. If `reencrypt` returns null, the data key is not changed. Skips rows that another transaction has locked.
 * Before the first write it calls `mayReencrypt`, which throws unless the running servers have the key. No server can
 * register until the transaction ends.
 */
export function reencryptDataKeys(
  db: Database,
  after: string,
  limit: number,
  mayReencrypt: (running: Running) => void,
  reencrypt: (projectId: string, encrypted: string) => string | null,
): Promise<ReencryptedBatch> {
  return db.transaction(async (tx) => {
    await lockKeys(tx)
    const rows = await tx
      .select({ id: projects.id, encrypted: projects.encryptedDataKey })
      .from(projects)
      .where(gt(projects.id, after))
      .orderBy(asc(projects.id))
      .limit(limit)
      // FOR NO KEY UPDATE: transactions that insert rows that refer to the project do not wait.
      .for('no key update', { skipLocked: true })
    const changed = rows.flatMap(({ id, encrypted }) => {
      const reencrypted = reencrypt(id, encrypted)
      return reencrypted === null ? [] : [{ id, reencrypted }]
    })
    if (changed.length > 0) mayReencrypt(await runningServers(tx))
    for (const { id, reencrypted } of changed)
      await tx.update(projects).set({ encryptedDataKey: reencrypted }).where(eq(projects.id, id))
    return { last: rows.at(-1)?.id ?? null, reencrypted: changed.length }
  })
}
