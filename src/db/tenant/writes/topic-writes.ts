/** Writes of topics, as part of a project's transaction. */
import { asc, eq, sql } from 'drizzle-orm'
import type { Topic } from '../../../domain/orders/topic.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { topics } from '../../schema/index.ts'

/** Returns the names of the project's custom topics. No other transaction can add a topic until this one ends. */
export async function lockTopics({ tx, scope: { projectId } }: WriteContext): Promise<readonly string[]> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`orderbell.topics.${projectId}`}, 0))`)
  const rows = await tx
    .select({ name: topics.name })
    .from(topics)
    .where(eq(topics.projectId, projectId))
    .orderBy(asc(topics.name))
  return rows.map(({ name }) => name)
}

export async function insertTopic({ tx, scope }: WriteContext, topic: Topic): Promise<void> {
  const { createdAt } = topic
  if (createdAt === null) throw new Error(`expected ${topic.name} to be the project's own, it is built in`)
  await tx.insert(topics).values({ ...topic, createdAt, projectId: scope.projectId })
}
