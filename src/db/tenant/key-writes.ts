/** Writes of a project, its partners and its keys, as part of the project's transaction. */
import { and, count, eq, gt, isNull, or, sql } from 'drizzle-orm'
import { endedKeysChannel } from '../../domain/access/key.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { ProjectTx } from '../../ports/tenant-transaction.ts'
import type { Tx } from '../connection/connect.ts'
import { shownOfProject, toKey, toPartner } from '../shared/row-mapping.ts'
import { keys, partners, projects } from '../schema/index.ts'

type KeyTx = Pick<
  ProjectTx,
  | 'insertProject'
  | 'lockProject'
  | 'updateProject'
  | 'countPartners'
  | 'partnerById'
  | 'insertPartner'
  | 'countLiveKeys'
  | 'insertKey'
  | 'lockKey'
  | 'revokeKey'
>

export function makeKeyTx(tx: Tx, { projectId }: Scope, now: Date): KeyTx {
  const isKey = (id: string) => and(eq(keys.projectId, projectId), eq(keys.id, id))
  return {
    insertProject: async (project, encryptedDataKey) => {
      if (project.id !== projectId)
        throw new Error(`expected ${project.id} to be made in its own scope, it is ${projectId}`)
      await tx.insert(projects).values({ ...project, encryptedDataKey })
    },
    // FOR NO KEY UPDATE: transactions that insert rows that refer to the project do not wait.
    lockProject: async () => {
      const [row] = await tx
        .select(shownOfProject)
        .from(projects)
        .where(eq(projects.id, projectId))
        .for('no key update')
      if (row === undefined) throw new Error(`expected project ${projectId} to exist, it does not`)
      return row
    },
    updateProject: async ({ name }) => {
      await tx.update(projects).set({ name }).where(eq(projects.id, projectId))
    },
    countPartners: async () => {
      await oneAtATime('partners')
      const [row] = await tx
        .select({ count: count() })
        .from(partners)
        .where(eq(partners.projectId, projectId))
      return row?.count ?? 0
    },
    partnerById: async (id) => {
      const [row] = await tx
        .select()
        .from(partners)
        .where(and(eq(partners.projectId, projectId), eq(partners.id, id)))
      return row === undefined ? null : toPartner(row)
    },
    insertPartner: async (partner) => {
      await tx.insert(partners).values({ ...partner, projectId })
    },
    countLiveKeys: async () => {
      await oneAtATime('keys')
      const [row] = await tx
        .select({ count: count() })
        .from(keys)
        .where(
          and(
            eq(keys.projectId, projectId),
            isNull(keys.revokedAt),
            or(isNull(keys.expiresAt), gt(keys.expiresAt, now)),
          ),
        )
      return row?.count ?? 0
    },
    insertKey: async (key, secretHash) => {
      await tx.insert(keys).values({ ...key, projectId, secretHash })
    },
    lockKey: async (id) => {
      const [row] = await tx.select().from(keys).where(isKey(id)).for('no key update')
      return row === undefined ? null : toKey(row)
    },
    revokeKey: async (id, at) => {
      await tx.update(keys).set({ revokedAt: at }).where(isKey(id))
      await tellEnded(tx, id)
    },
  }

  async function oneAtATime(what: string): Promise<void> {
    await tx.execute(
      sql`select pg_advisory_xact_lock(hashtextextended(${`orderbell.${what}.${projectId}`}, 0))`,
    )
  }
}

/** Notifies all processes that a key was revoked. PostgreSQL sends the notification when the transaction commits. */
export async function tellEnded(tx: Pick<Tx, 'execute'>, keyId: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${endedKeysChannel}, ${keyId})`)
}
