/** Adds topics to a project. Topics are never changed or removed, because webhooks rely on them. */
import { auditedTopic } from '../../domain/audit/snapshots.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import { cut } from '../../domain/shared/json.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine } from '../../domain/shared/text.ts'
import {
  checkTopic,
  maxTopics,
  mismatches,
  topics,
  type NewTopic,
  type Topic,
} from '../../domain/orders/topic.ts'
import type { RunFairly } from '../../ports/cpu-fairness.ts'
import type { Schemas } from '../../ports/json-schemas.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transactOnce, type IdempotentRequest } from '../shared/transact.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

export interface TopicDeps extends MutationDeps {
  readonly projectId: string
  readonly schemas: Schemas
  /** Used because validation against a schema can block the process for up to a quarter of a second. */
  readonly runFairly: RunFairly
}

export interface TopicCreateInput extends NewTopic {
  readonly idempotencyKey?: string | null | undefined
}

/** Maximum length of an error message about a schema. The compiler's message may repeat the schema itself. */
const maxFaultLength = 500

/** Adds a topic. LIMIT_REACHED when the project has `maxTopics` topics; CONFLICT when it has a topic of that name. */
export async function createTopic(deps: TopicDeps, input: TopicCreateInput): Promise<Result<Topic>> {
  const checked = checkTopic(input)
  const key = allFine({ idempotencyKey: checkIdempotencyKey(input.idempotencyKey) })
  const problems = [
    ...(checked.ok
      ? await deps.runFairly(deps.projectId, () => checkSchema(deps.schemas, checked.value))
      : checked.problems),
    ...(key.ok ? [] : key.problems),
  ]
  if (!checked.ok || !key.ok || problems.length > 0) return refused(...problems)
  const newTopic = checked.value
  const result = await transactOnce<Topic>(
    deps.store,
    { mutation: 'topicCreate', input: readable(newTopic), ...key.value },
    async (tx) => {
      const names = await tx.lockTopics()
      if (names.includes(newTopic.name))
        return refused(problem('CONFLICT', ['name'], `the project already has a topic ${newTopic.name}`))
      if (names.length >= maxTopics)
        return refused(
          problem('LIMIT_REACHED', [], `the project has ${names.length} topics; the maximum is ${maxTopics}`),
        )
      const topic = { ...newTopic, createdAt: tx.now }
      await tx.insertTopic(topic)
      // A topic has no id; its name identifies it.
      const audited = { before: null, after: auditedTopic(topic) }
      await writeAuditEntry(deps, tx, { operation: 'topicCreate', objectId: topic.name, ...audited })
      return ok(topic)
    },
  )
  if (!result.ok) return result
  const { value: topic, repeated } = result.value
  deps.log.info({ topic: topic.name, repeated }, 'topic.created')
  return ok(topic)
}

/** Parses schema and example, so that the order of their members does not matter when a request is repeated. */
function readable({
  name,
  description,
  schema,
  example,
}: Omit<Topic, 'createdAt'>): IdempotentRequest['input'] {
  return { name, description, schema: JSON.parse(schema) as unknown, example: JSON.parse(example) as unknown }
}

function checkSchema(
  schemas: Schemas,
  { schema, example }: Pick<Topic, 'schema' | 'example'>,
): readonly Problem[] {
  const fault = schemas.fault(schema)
  if (fault !== null)
    return [
      problem('INVALID', ['schema'], cut(`schema cannot be used as a JSON Schema: ${fault}`, maxFaultLength)),
    ]
  return mismatches(schemas.breaches(schema, JSON.parse(example)), ['example'])
}

/**
 * The names of topics that a webhook of the project may select. Topics are never removed, so no transaction is needed.
 */
export async function topicsOfProject(store: Pick<ProjectStore, 'topicNames'>): Promise<readonly string[]> {
  return [...topics, ...(await store.topicNames())]
}
