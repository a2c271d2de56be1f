/** The sessions of browsers, of all projects. Times are those of the database's clock. */
import { eq, sql } from 'drizzle-orm'
import { endedKeysChannel } from '../../domain/access/key.ts'
import { maxSessionMs, sessionIdleMs, type Session } from '../../domain/access/session.ts'
import type { Database } from '../connection/connect.ts'
import { sessions } from '../schema/index.ts'
import { textArray } from '../shared/text-array.ts'
import { nowMs } from './database-clock.ts'

/** A session, and the time of the query on the database's clock. */
export interface KnownSession {
  readonly session: Session
  readonly now: Date
}

const ms = sql`interval '1 millisecond'`
/** Sessions that have ended by their age. */
const isOver = sql`(${sessions.seenAt} <= now() - ${sessionIdleMs} * ${ms}
  or ${sessions.createdAt} <= now() - ${maxSessionMs} * ${ms})`
/** Ended sessions that one start of a session removes, at most. */
const removedAtATime = 100
/** Maximum number of sessions of a key. Beyond it, the least recently used one ends. */
const maxOfKey = 1_000

/** Starts a session. Removes some that have ended, and those of the key beyond its maximum. */
export async function insertSession(
  db: Database,
  { id, keyId }: Pick<Session, 'id' | 'keyId'>,
): Promise<void> {
  await db.execute(sql`
    delete from ${sessions} where ${sessions.id} in (
      (select id from ${sessions} where ${isOver} limit ${removedAtATime})
      union all
      (select id from ${sessions} where ${sessions.keyId} = ${keyId}
        order by ${sessions.seenAt} desc offset ${maxOfKey - 1}))`)
  await db.insert(sessions).values({ id, keyId })
}

/** Returns a session, which may have ended; null: there is no such session. */
export async function sessionById(db: Database, id: string): Promise<KnownSession | null> {
  const [row] = await db.select({ session: sessions, nowMs }).from(sessions).where(eq(sessions.id, id))
  return row === undefined ? null : { session: row.session, now: new Date(Number(row.nowMs)) }
}

/** Returns those of the ids that name no open session. Does not look at their keys. */
export async function endedSessions(db: Database, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select wanted.id from unnest(${textArray(ids)}) as wanted(id)
    where not exists (
      select from ${sessions} where ${sessions.id} = wanted.id and not ${isOver})`)
  return rows.map(({ id }) => id)
}

/** Records that the sessions were used now, those that were not used for `everyMs`. */
export async function recordSessionUse(db: Database, ids: readonly string[], everyMs: number): Promise<void> {
  await db.execute(sql`
    update ${sessions} set seen_at = now()
    where id in (
      select id from ${sessions}
      where ${sessions.id} = any(${textArray(ids)}) and ${sessions.seenAt} <= now() - ${everyMs} * ${ms}
        and not ${isOver}
      for no key update skip locked)`)
}

/** Ends a session in every process. */
export async function deleteSession(db: Database, id: string): Promise<void> {
  await db.execute(sql`
    with ended as (delete from ${sessions} where ${sessions.id} = ${id} returning id)
    select pg_notify(${endedKeysChannel}, id) from ended`)
}
