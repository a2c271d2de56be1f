/** Reads a project's custom topics. Built-in topics are in `domain/orders/topic.ts`. */
import { and, asc, eq, inArray } from 'drizzle-orm'
import type { ListedTopic, Topic } from '../../../domain/orders/topic.ts'
import { listedTopic } from '../../shared/listed-columns.ts'
import { toTopic } from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { topics } from '../../schema/index.ts'

/** The project's custom topics, ordered by name. */
export async function customTopics({
  db,
  scope: { projectId },
}: ReadContext): Promise<readonly ListedTopic[]> {
  return db.select(listedTopic).from(topics).where(eq(topics.projectId, projectId)).orderBy(asc(topics.name))
}

export async function topicsByNames(
  { db, scope: { projectId } }: ReadContext,
  names: readonly string[],
): Promise<readonly Topic[]> {
  const rows = await db
    .select()
    .from(topics)
    .where(and(eq(topics.projectId, projectId), inArray(topics.name, [...names])))
  return rows.map(toTopic)
}

/** The names of the project's custom topics, in order. */
export async function topicNames({ db, scope: { projectId } }: ReadContext): Promise<readonly string[]> {
  const rows = await db
    .select({ name: topics.name })
    .from(topics)
    .where(eq(topics.projectId, projectId))
    .orderBy(asc(topics.name))
  return rows.map(({ name }) => name)
}

/** A custom topic of the project. */
export async function topicByName(
  { db, scope: { projectId } }: ReadContext,
  name: string,
): Promise<Topic | null> {
  const [row] = await db
    .select()
    .from(topics)
    .where(and(eq(topics.projectId, projectId), eq(topics.name, name)))
  return row === undefined ? null : toTopic(row)
}
