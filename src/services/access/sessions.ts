/** Starts, authenticates and ends the sessions of browsers. */
import { isLive, type Key } from '../../domain/access/key.ts'
import {
  isOpenSession,
  sessionIdOf,
  sessionTokenBytes,
  writeSessionToken,
  type Caller,
} from '../../domain/access/session.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { System } from '../../ports/system.ts'
import type { RecordLastUse } from './last-use.ts'

/** How a session is authenticated. */
export interface SessionLookUps extends Pick<AdminStore, 'sessionById' | 'keyById'> {
  readonly recordLastUse: RecordLastUse
  readonly recordSessionUse: RecordLastUse
}

/** Starts a session that acts with the key, and returns its token, which is not stored. */
export async function startSession(
  { store, system }: { readonly store: Pick<AdminStore, 'insertSession'>; readonly system: System },
  key: Pick<Key, 'id'>,
): Promise<string> {
  const token = writeSessionToken(system.randomBytes(sessionTokenBytes))
  const id = sessionIdOf(token)
  if (id === null) throw new Error('expected a new token to be well-formed, it is not')
  await store.insertSession({ id, keyId: key.id })
  return token
}

/** Returns the session with this token; null when there is none, or when it or its key has ended. */
export async function authenticateSession(
  { sessionById, keyById, recordLastUse, recordSessionUse }: SessionLookUps,
  token: string,
): Promise<Caller | null> {
  const id = sessionIdOf(token)
  const found = id === null ? null : await sessionById(id)
  if (found === null || !isOpenSession(found.session, found.now)) return null
  const { session, now } = found
  const known = await keyById(session.keyId)
  if (known === null || !isLive(known.key, known.now)) return null
  recordLastUse(known.key, known.now)
  recordSessionUse({ id: session.id, lastUsedAt: session.seenAt }, now)
  return { key: known.key, sessionId: session.id }
}
