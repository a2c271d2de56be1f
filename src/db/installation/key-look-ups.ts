/** Look-ups of keys of any project and of OPERATOR keys, for the authentication of requests. */
import { eq, sql } from 'drizzle-orm'
import type { Key } from '../../domain/access/key.ts'
import type { Database } from '../connection/connect.ts'
import { toKey } from '../shared/row-mapping.ts'
import { textArray } from '../shared/text-array.ts'
import { keys } from '../schema/index.ts'
import { nowMs } from './database-clock.ts'

/** A key with its hash, and the time of the query on the database's clock. */
export interface KnownKey {
  readonly key: Key
  readonly secretHash: string
  readonly now: Date
}

/** Returns a key of any project or an OPERATOR key; null: there is no such key. */
export async function keyById(db: Database, id: string): Promise<KnownKey | null> {
  const [row] = await db.select({ key: keys, nowMs }).from(keys).where(eq(keys.id, id))
  if (row === undefined) return null
  return { key: toKey(row.key), secretHash: row.key.secretHash, now: new Date(Number(row.nowMs)) }
}

/** Returns those of the ids that name no valid key, on the database's clock: revoked, expired or unknown. */
export async function endedKeys(db: Database, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select wanted.id from unnest(${textArray(ids)}) as wanted(id)
    where not exists (
      select from keys
      where keys.id = wanted.id and revoked_at is null and (expires_at is null or expires_at > now()))`)
  return rows.map(({ id }) => id)
}

/** Records that the key was used now, at most once per `everyMs`. */
export async function recordLastUse(db: Database, id: string, everyMs: number): Promise<void> {
  // Does not wait for a lock: if another transaction has locked the key, its next use is recorded instead.
  await db.execute(sql`
    update keys set last_used_at = now()
    where id = (
      select id from keys
      where id = ${id}
        and (last_used_at is null or last_used_at <= now() - ${everyMs} * interval '1 millisecond')
      for no key update skip locked)`)
}
