/** What the installation itself asks: projects, keys, books. Not for requests of a project: those have `project-store.ts`. */
import { eq, sql } from 'drizzle-orm'
import type { AdminStore } from '../flow/ports.ts'
import { takeTime, type Database } from './connect.ts'
import { installation, keys, projects } from './schema.ts'

export function makeAdminStore(db: Database): AdminStore {
  return {
    installationId: async () => {
      const [row] = await db.select().from(installation)
      if (row === undefined) throw new Error('expected the database to name its installation, it does not')
      return row.id
    },
    insertProject: async (project, sealedDataKey) => {
      await db.insert(projects).values({ ...project, sealedDataKey })
    },
    projectExists: async (projectId) => {
      const rows = await db.select({ id: projects.id }).from(projects).where(eq(projects.id, projectId))
      return rows.length > 0
    },
    sealingKeyIds: async () => {
      // A sealed text names its key in its second part; see runtime/secrets.
      const keyId = sql<string>`split_part(${projects.sealedDataKey}, '.', 2)`
      const rows = await db.selectDistinct({ keyId }).from(projects)
      return rows.map((row) => row.keyId)
    },
    sealedDataKey: async (projectId) => {
      const [row] = await db
        .select({ sealedDataKey: projects.sealedDataKey })
        .from(projects)
        .where(eq(projects.id, projectId))
      return row?.sealedDataKey ?? null
    },
    insertKey: async (key, secretHash) => {
      await db.insert(keys).values({ ...key, secretHash })
    },
    keyById: async (id) => {
      const [row] = await db.select().from(keys).where(eq(keys.id, id))
      if (row === undefined) return null
      const { secretHash, ...key } = row
      return { key, secretHash }
    },
    books: async (projectId) => {
      // One statement, so one snapshot: events and deliveries are counted at the same instant.
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
        balanced: deliveries === figure('wanted') && deliveries === inStates,
      }
    },
  }
}
