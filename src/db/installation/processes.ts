/**
 * The registry of running servers, and the lock that orders the start of a server and the rotation of the master key. A
 * server registers before it checks its keys. Data keys are re-encrypted only while the lock is held exclusively.
 */
import { eq, sql } from 'drizzle-orm'
import type { Running, RunningProcess } from '../../domain/installation/process.ts'
import type { Database } from '../connection/connect.ts'
import { processes } from '../schema/index.ts'
import { adminSession, commandSession, formerAdminSession } from '../connection/session-names.ts'

/** A process that has not refreshed its row for this long counts as dead. */
const deadAfter = sql`interval '60 seconds'`
/** At each start, rows that were not refreshed for this long are deleted. */
const removedAfter = sql`interval '1 day'`
// An arbitrary number that no other lock of Orderbell uses.
const keysLock = 7_146_302
/** Matches the application name of an admin session and captures the process id, which sessions of early versions lack. */
const sessionPattern = `(?:^| )(?:${adminSession}|${formerAdminSession})(?:/(.+))?$`
const ofSession = new RegExp(sessionPattern)

type Reader = Pick<Database, 'execute' | 'select'>
type NewProcess = Omit<RunningProcess, 'startedAt'>

/** The registry of running server processes. */
export type ProcessStore = ReturnType<typeof makeProcessStore>

export function makeProcessStore(db: Database) {
  return {
    registerProcess: (process: NewProcess) => registerProcess(db, process),
    seeProcess: (id: string) => seeProcess(db, id),
    removeProcess: (id: string) => removeProcess(db, id),
    liveProcesses: () => liveProcesses(db),
  }
}

async function registerProcess(db: Database, process: NewProcess): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock_shared(${keysLock})`)
    await tx.delete(processes).where(sql`${processes.seenAt} < now() - ${removedAfter}`)
    await tx
      .insert(processes)
      .values({ ...process, roles: [...process.roles], keyFingerprints: [...process.keyFingerprints] })
  })
}

/**
 * Records that a process is alive. WAS_DEAD: the last record was so old that other processes considered it dead.
 * REMOVED: the caller must register the process again.
 */
async function seeProcess(db: Database, id: string): Promise<'SEEN' | 'WAS_DEAD' | 'REMOVED'> {
  const [row] = await db.execute<{ was_dead: boolean }>(sql`
    with seen as (select seen_at < now() - ${deadAfter} as was_dead from processes where id = ${id})
    update processes set seen_at = now() from seen where id = ${id} returning seen.was_dead`)
  if (row === undefined) return 'REMOVED'
  return row.was_dead ? 'WAS_DEAD' : 'SEEN'
}

async function removeProcess(db: Database, id: string): Promise<void> {
  await db.delete(processes).where(eq(processes.id, id))
}

/** Until the transaction ends, no server can register and no other transaction can re-encrypt data keys. */
export async function lockKeys(tx: Reader): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${keysLock})`)
}

export async function runningServers(tx: Reader): Promise<Running> {
  const sessions = await tx.execute<{ name: string; pid: number; address: string | null }>(sql`
    select application_name as name, pid, host(client_addr) as address from pg_stat_activity
    where datname = current_database() and application_name ~ ${sessionPattern}
    order by pid`)
  return {
    processes: await liveProcesses(tx),
    sessions: sessions
      .map(({ name, pid, address }) => ({
        processId: ofSession.exec(name)?.[1] ?? null,
        backendPid: pid,
        clientAddress: address,
      }))
      .filter(({ processId }) => processId !== commandSession),
  }
}

/** Oldest first. */
async function liveProcesses(db: Reader): Promise<readonly RunningProcess[]> {
  const rows = await db
    .select()
    .from(processes)
    .where(sql`${processes.seenAt} >= now() - ${deadAfter}`)
    .orderBy(processes.startedAt, processes.id)
  return rows.map(({ seenAt: _, ...process }) => process)
}
