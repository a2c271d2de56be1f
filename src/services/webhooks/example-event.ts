/** The example event of a topic for one webhook, with the topic's example or with data of the client. Not stored. */
import { dialectRules, type Dialect } from '../../domain/dialects/registry.ts'
import { builtInTopic } from '../../domain/orders/built-in-topics.ts'
import type { Event } from '../../domain/orders/event.ts'
import { didYouMean, shortSelection } from '../../domain/orders/similar-topics.ts'
import { isTopicName, maxDataBytes, mismatches, type Topic } from '../../domain/orders/topic.ts'
import { writeObject } from '../../domain/shared/json.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { withoutSpaceAround } from '../../domain/shared/text.ts'
import { topicsOfProject, type TopicDeps } from '../events/change-topic.ts'

export interface Example {
  readonly topic: string
  /** Null or absent: the topic's example. */
  readonly data?: unknown
  readonly dialect: Dialect
}

/** An event whose time the caller sets. */
export type ExampleEvent = Omit<Event, 'createdAt'>

/**
 * Returns an event of the topic. UNKNOWN_TOPIC when the project has no such topic, or the dialect cannot represent it;
 * SCHEMA_MISMATCH, INVALID or TOO_LONG for the data.
 */
export async function exampleOf(
  deps: TopicDeps,
  { topic, data, dialect }: Example,
): Promise<Result<ExampleEvent>> {
  const found = await carriedTopic(deps, withoutSpaceAround(topic), dialect)
  if (!found.ok) return found
  const { name, schema, example } = found.value
  const text = data == null ? ok(example) : await checkData(deps, schema, data)
  if (!text.ok) return text
  const id = deps.system.newId('event')
  return ok({ id, topic: name, orderId: null, sequence: null, data: text.value })
}

async function carriedTopic(deps: TopicDeps, name: string, dialect: Dialect): Promise<Result<Topic>> {
  const rules = dialectRules[dialect]
  const found = builtInTopic(name) ?? (isTopicName(name) ? await deps.store.topicByName(name) : null)
  if (found !== null && rules.carries(name)) return ok(found)
  const known = (await topicsOfProject(deps.store)).filter((topic) => rules.carries(topic))
  const reason =
    found === null
      ? `there is no topic ${shortSelection(name) || '""'} in this project: ${didYouMean(name, known)}`
      : `the dialect ${dialect} has no form for ${name}: `
  return refused(unknownTopic(`${reason}it can represent ${known.slice(0, 40).join(', ')}`))
}

function unknownTopic(message: string): Problem {
  return problem('UNKNOWN_TOPIC', ['topic'], message)
}

async function checkData(deps: TopicDeps, schema: string, data: unknown): Promise<Result<string>> {
  const written = writeObject(data, ['data'], { maxBytes: maxDataBytes })
  if (!written.ok) return written
  const { text } = written.value
  const problems = await deps.runFairly(deps.projectId, () =>
    mismatches(deps.schemas.breaches(schema, JSON.parse(text)), ['data']),
  )
  return problems.length > 0 ? refused(...problems) : ok(text)
}
