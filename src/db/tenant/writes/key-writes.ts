/** Writes of a project, its partners and its keys, as part of the project's transaction. */
import { shownOfProject } from '../../shared/listed-columns.ts'
import { and, count, eq, gt, isNull, or, sql, type SQL } from 'drizzle-orm'
import { endedKeysChannel, type Key } from '../../../domain/access/key.ts'
import type { Partner } from '../../../domain/access/partner.ts'
import type { Project } from '../../../domain/access/project.ts'
import type { Tx } from '../../connection/connect.ts'
import { fromPartner, toKey, toPartner } from '../../shared/row-mapping.ts'
import { textArray } from '../../shared/text-array.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { keys, partners, projects } from '../../schema/index.ts'

/** The project must be that of the transaction's scope. */
export async function insertProject(
  { tx, scope }: WriteContext,
  project: Project,
  encryptedDataKey: string,
): Promise<void> {
  if (project.id !== scope.projectId)
    throw new Error(`expected ${project.id} to be made in its own scope, it is ${scope.projectId}`)
  await tx
    .insert(projects)
    .values({ ...project, arrivingMinutes: [...project.arrivingMinutes], encryptedDataKey })
}

/** Locks the project for an update. FOR NO KEY UPDATE: transactions that insert rows that refer to it do not wait. */
export async function lockProject({ tx, scope }: WriteContext): Promise<Project> {
  const [row] = await tx
    .select(shownOfProject)
    .from(projects)
    .where(eq(projects.id, scope.projectId))
    .for('no key update')
  if (row === undefined) throw new Error(`expected project ${scope.projectId} to exist, it does not`)
  return row
}

export async function updateProject(
  { tx, scope }: WriteContext,
  { name, arrivingMinutes }: Project,
): Promise<void> {
  await tx
    .update(projects)
    .set({ name, arrivingMinutes: [...arrivingMinutes] })
    .where(eq(projects.id, scope.projectId))
}

/** No other transaction can add a partner until this one ends. */
export async function countPartners(context: WriteContext): Promise<number> {
  const { tx, scope } = context
  await lockAll(context, 'partners')
  const [row] = await tx
    .select({ count: count() })
    .from(partners)
    .where(and(eq(partners.projectId, scope.projectId), isNull(partners.deletedAt)))
  return row?.count ?? 0
}

/** Returns a partner that is not deleted. No other transaction can change or delete it until this one ends. */
export async function partnerById(context: WriteContext, id: string): Promise<Partner | null> {
  const [row] = await context.tx.select().from(partners).where(isPartner(context, id)).for('share')
  return row === undefined ? null : toPartner(row)
}

/** Locks a partner that is not deleted for an update. */
export async function lockPartner(context: WriteContext, id: string): Promise<Partner | null> {
  const [row] = await context.tx.select().from(partners).where(isPartner(context, id)).for('no key update')
  return row === undefined ? null : toPartner(row)
}

export async function insertPartner({ tx, scope }: WriteContext, partner: Partner): Promise<void> {
  await tx.insert(partners).values(fromPartner(partner, scope.projectId))
}

export async function updatePartner(context: WriteContext, partner: Partner): Promise<void> {
  const { name, contactName, contactEmail, deletedAt } = fromPartner(partner, context.scope.projectId)
  await context.tx
    .update(partners)
    .set({ name, contactName, contactEmail, deletedAt })
    .where(isPartner(context, partner.id))
}

/** Revokes the partner's keys that are not revoked, and notifies every process after the commit. Returns their ids. */
export async function revokeKeysOf(context: WriteContext, partnerId: string): Promise<readonly string[]> {
  const { tx, scope } = context
  const revoked = await tx
    .update(keys)
    // A key's time of creation can be later than the start of this transaction.
    .set({ revokedAt: sql`greatest(now(), ${keys.createdAt})` })
    .where(and(eq(keys.projectId, scope.projectId), eq(keys.partnerId, partnerId), isNull(keys.revokedAt)))
    .returning({ id: keys.id })
  const ids = revoked.map(({ id }) => id)
  await tx.execute(sql`select pg_notify(${endedKeysChannel}, id) from unnest(${textArray(ids)}) as ended(id)`)
  return ids
}

/** Counts the valid keys. No other transaction can add a key until this one ends. */
export async function countLiveKeys(context: WriteContext): Promise<number> {
  const { tx, scope, now } = context
  await lockAll(context, 'keys')
  const [row] = await tx
    .select({ count: count() })
    .from(keys)
    .where(
      and(
        eq(keys.projectId, scope.projectId),
        isNull(keys.revokedAt),
        or(isNull(keys.expiresAt), gt(keys.expiresAt, now)),
      ),
    )
  return row?.count ?? 0
}

export async function insertKey({ tx, scope }: WriteContext, key: Key, secretHash: string): Promise<void> {
  await tx.insert(keys).values({ ...key, projectId: scope.projectId, secretHash })
}

/** Locks the key for an update. */
export async function lockKey(context: WriteContext, id: string): Promise<Key | null> {
  const [row] = await context.tx.select().from(keys).where(isKey(context, id)).for('no key update')
  return row === undefined ? null : toKey(row)
}

/** Notifies every process after the commit. */
export async function revokeKey(context: WriteContext, id: string, at: Date): Promise<void> {
  await context.tx.update(keys).set({ revokedAt: at }).where(isKey(context, id))
  await notifyKeyRevoked(context.tx, id)
}

/** Notifies all processes that a key was revoked. PostgreSQL sends the notification when the transaction commits. */
export async function notifyKeyRevoked(tx: Pick<Tx, 'execute'>, keyId: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${endedKeysChannel}, ${keyId})`)
}

function isPartner({ scope }: WriteContext, id: string): SQL | undefined {
  return and(eq(partners.projectId, scope.projectId), eq(partners.id, id), isNull(partners.deletedAt))
}

function isKey({ scope }: WriteContext, id: string): SQL | undefined {
  return and(eq(keys.projectId, scope.projectId), eq(keys.id, id))
}

/** Until the transaction ends, other transactions that count the same rows of the project wait. */
async function lockAll({ tx, scope }: WriteContext, rows: 'partners' | 'keys'): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`orderbell.${rows}.${scope.projectId}`}, 0))`,
  )
}
