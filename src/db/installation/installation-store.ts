/**
 * Statements of the installation itself: projects, OPERATOR keys, key look-ups, delivery counts. Requests of a project
 * use `tenant/tenant-store.ts`.
 */
import { and, asc, count, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import type { AdminStore } from '../../ports/installation-store.ts'
import { takeTime, type Database } from '../connection/connect.ts'
import { tellEnded } from '../tenant/key-writes.ts'
import { auditedAs, betweenIds, newestFirst } from '../shared/filter-sql.ts'
import { rowsToRead, toPage } from '../shared/keyset-pages.ts'
import { lockKeys, makeProcessStore, runningServers } from './processes.ts'
import { makeProjectStore } from '../tenant/tenant-store.ts'
import { shownOfProject, toAuditEntry, toKey } from '../shared/row-mapping.ts'
import { auditLog, installation, keys, projects } from '../schema/index.ts'

const nowMs = sql<string>`floor(extract(epoch from now()) * 1000)`
// The second part of an encrypted text is the id of its key; see `runtime/crypto/secrets.ts`.
const sealingKeyId = sql<string>`split_part(${projects.encryptedDataKey}, '.', 2)`

export function makeAdminStore(db: Database): AdminStore {
  return {
    installationId: async () => {
      const [row] = await db.select().from(installation)
      if (row === undefined) throw new Error('expected the database to name its installation, it does not')
      return row.id
    },
    insertProject: async (project, encryptedDataKey) => {
      await db.insert(projects).values({ ...project, encryptedDataKey })
    },
    projectExists: async (projectId) => {
      const rows = await db.select({ id: projects.id }).from(projects).where(eq(projects.id, projectId))
      return rows.length > 0
    },
    sealingKeys: async () =>
      db
        .select({ keyId: sealingKeyId, dataKeys: count() })
        .from(projects)
        .groupBy(sealingKeyId)
        .orderBy(sealingKeyId),
    sealedSamples: async () =>
      db
        .selectDistinctOn([sealingKeyId], {
          keyId: sealingKeyId,
          projectId: projects.id,
          encrypted: projects.encryptedDataKey,
        })
        .from(projects)
        .orderBy(sealingKeyId, asc(projects.id)),
    ...makeProcessStore(db),
    rewrapDataKeys: (after, limit, mayRewrap, rewrap) =>
      db.transaction(async (tx) => {
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
          const encryptedDataKey = rewrap(id, encrypted)
          return encryptedDataKey === null ? [] : [{ id, encryptedDataKey }]
        })
        if (changed.length > 0) mayRewrap(await runningServers(tx))
        for (const { id, encryptedDataKey } of changed)
          await tx.update(projects).set({ encryptedDataKey }).where(eq(projects.id, id))
        return { last: rows.at(-1)?.id ?? null, rewrapped: changed.length }
      }),
    encryptedDataKey: async (projectId) => {
      const [row] = await db
        .select({ encryptedDataKey: projects.encryptedDataKey })
        .from(projects)
        .where(eq(projects.id, projectId))
      return row?.encryptedDataKey ?? null
    },
    openProject: (scope) => makeProjectStore(db, scope),
    listProjects: async (page) => {
      const rows = await db
        .select(shownOfProject)
        .from(projects)
        .where(betweenIds(projects.id, page))
        .orderBy(newestFirst(projects.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows)
    },
    listOperatorKeys: async (page) => {
      const rows = await db
        .select()
        .from(keys)
        .where(and(isNull(keys.projectId), betweenIds(keys.id, page)))
        .orderBy(newestFirst(keys.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows.map(toKey))
    },
    now: async () => {
      const [row] = await db.execute<{ ms: string }>(sql`select ${nowMs} as ms`)
      return new Date(Number(row?.ms))
    },
    insertOperatorKey: (key, secretHash, entry) =>
      db.transaction(async (tx) => {
        await tx.insert(keys).values({ ...key, projectId: null, secretHash })
        await tx.insert(auditLog).values({ ...entry, projectId: null })
      }),
    revokeOperatorKey: (id, tell) =>
      db.transaction(async (tx) => {
        const isKey = and(isNull(keys.projectId), eq(keys.id, id))
        const [before] = await tx.select().from(keys).where(isKey).for('no key update')
        if (before === undefined || before.revokedAt !== null)
          return before === undefined ? null : toKey(before)
        const [row] = await tx
          .update(keys)
          .set({ revokedAt: sql`now()` })
          .where(isKey)
          .returning()
        if (row === undefined) throw new Error(`expected key ${id} to be there while it is locked, it is not`)
        await tx.insert(auditLog).values({ ...tell(toKey(before), toKey(row)), projectId: null })
        await tellEnded(tx, id)
        return toKey(row)
      }),
    operatorKeysByIds: async (ids) => {
      const rows = await db
        .select()
        .from(keys)
        .where(and(isNull(keys.projectId), inArray(keys.id, [...ids])))
      return rows.map(toKey)
    },
    listOperatorEntries: async (filter, page) => {
      const rows = await db
        .select()
        .from(auditLog)
        .where(and(isNull(auditLog.projectId), auditedAs(filter), betweenIds(auditLog.id, page)))
        .orderBy(newestFirst(auditLog.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows.map(toAuditEntry))
    },
    hasOperatorEntry: async (id) => {
      const rows = await db
        .select({ id: auditLog.id })
        .from(auditLog)
        .where(and(isNull(auditLog.projectId), eq(auditLog.id, id)))
      return rows.length > 0
    },
    keyById: async (id) => {
      const [row] = await db.select({ key: keys, nowMs }).from(keys).where(eq(keys.id, id))
      if (row === undefined) return null
      return { key: toKey(row.key), secretHash: row.key.secretHash, now: new Date(Number(row.nowMs)) }
    },
    endedKeys: async (ids) => {
      const rows = await db.execute<{ id: string }>(sql`
        select asked.id from unnest(${sql.param([...ids])}::text[]) as asked(id)
        where not exists (
          select from keys
          where keys.id = asked.id and revoked_at is null and (expires_at is null or expires_at > now()))`)
      return rows.map(({ id }) => id)
    },
    noteUse: async (id, everyMs) => {
      // Does not wait for a lock: if the key is being changed, its next use is recorded instead.
      await db.execute(sql`
        update keys set last_used_at = now()
        where id = (
          select id from keys
          where id = ${id}
            and (last_used_at is null or last_used_at <= now() - ${everyMs} * interval '1 millisecond')
          for no key update skip locked)`)
    },
    countDeliveries: async (projectId) => {
      // One statement, so that events and deliveries are counted in the same snapshot.
      const count = sql`
        with owed as (
          select count(*) as events, coalesce(sum(delivery_count), 0) as wanted
          from events where project_id = ${projectId}
        ), had as (
          select
            count(*) as deliveries,
            count(*) filter (where state = 'DELIVERED') as delivered,
            count(*) filter (where state = 'PENDING') as pending,
            count(*) filter (where state = 'EXHAUSTED') as exhausted,
            count(*) filter (where state = 'CANCELLED') as cancelled,
            count(*) filter (where state = 'SKIPPED') as skipped,
            count(*) filter (where state = 'EXPIRED') as expired
          from deliveries where project_id = ${projectId}
        )
        select * from owed, had`
      const [row] = await db.transaction(async (tx) => {
        await takeTime(tx)
        return tx.execute<Record<string, string>>(count)
      })
      const figure = (name: string): number => Number(row?.[name])
      const states = {
        delivered: figure('delivered'),
        pending: figure('pending'),
        exhausted: figure('exhausted'),
        cancelled: figure('cancelled'),
        skipped: figure('skipped'),
        expired: figure('expired'),
      }
      const deliveries = figure('deliveries')
      const inStates = Object.values(states).reduce((sum, number) => sum + number, 0)
      return {
        events: figure('events'),
        deliveries,
        ...states,
        consistent: deliveries === figure('wanted') && deliveries === inStates,
      }
    },
  }
}
