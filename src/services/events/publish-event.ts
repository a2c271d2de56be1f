/**
 * Publishes an event that is not about an order, with data that the platform supplies. Events about orders are created
 * by changes of orders.
 */
import type { Event } from '../../domain/orders/event.ts'
import { checkIdempotencyKey } from '../../domain/shared/idempotency.ts'
import { writeObject } from '../../domain/shared/json.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import { allFine, withoutSpaceAround } from '../../domain/shared/text.ts'
import { didYouMean } from '../../domain/orders/similar-topics.ts'
import { builtInTopic } from '../../domain/orders/built-in-topics.ts'
import {
  isNoticeTopic,
  isOrderTopic,
  isTopicName,
  maxDataBytes,
  mismatches,
  type Topic,
} from '../../domain/orders/topic.ts'
import type { ChangeDeps } from '../changes/change.ts'
import { topicsOfProject, type TopicDeps } from './change-topic.ts'

export interface EventPublishInput {
  readonly topic: string
  readonly data: unknown
  readonly idempotencyKey?: string | null | undefined
}

/** The event, null when an earlier request published it. */
export interface PublishedEvent {
  readonly eventId: string
  readonly event: Event | null
}

/**
 * Publishes an event. UNKNOWN_TOPIC; SCHEMA_MISMATCH; TOO_LONG when the data exceed `maxDataBytes`;
 * INVALID when the data cannot be stored or the topic is about orders.
 */
export async function publishEvent(
  deps: TopicDeps & ChangeDeps,
  input: EventPublishInput,
): Promise<Result<PublishedEvent>> {
  const written = writeObject(input.data, ['data'], { maxBytes: maxDataBytes })
  const key = allFine({ idempotencyKey: checkIdempotencyKey(input.idempotencyKey) })
  const topic = await publishable(deps, withoutSpaceAround(input.topic))
  const problems = [
    ...(topic.ok ? [] : topic.problems),
    ...(written.ok ? [] : written.problems),
    // Validates the text that will be sent. It is the same JSON as the input, except for what JavaScript's conversion
    // changes.
    ...(topic.ok && written.ok
      ? await deps.runFairly(deps.projectId, () =>
          mismatches(deps.schemas.breaches(topic.value.schema, JSON.parse(written.value.text)), ['data']),
        )
      : []),
    ...(key.ok ? [] : key.problems),
  ]
  if (!topic.ok || !written.ok || !key.ok || problems.length > 0) return refused(...problems)

  const { name } = topic.value
  const { text: data } = written.value
  const result = await deps.commitChange<string>({
    request: {
      mutation: 'eventPublish',
      input: { topic: name, data: JSON.parse(data) as unknown },
      ...key.value,
    },
    reads: {},
    dataBytes: data.length,
    decide: ({ now }) => {
      const id = deps.system.newId('event')
      const event: Event = { id, topic: name, orderId: null, sequence: null, data, createdAt: now }
      // The audit entry leaves out the data, because Orderbell cannot know whose data they are.
      const audited = { objectId: id, before: null, after: { topic: name } }
      return ok({ value: id, rows: { event, order: null, audited } })
    },
  })
  if (!result.ok) return result
  const { value: eventId, repeated, event, due } = result.value
  deps.log.debug(
    { eventId, topic: name, dataBytes: Buffer.byteLength(data), repeated, deliveries: due },
    'event.published',
  )
  return ok({ eventId, event })
}

/** Finds a topic whose events may be published by a request. Topics never change, so no transaction is needed. */
async function publishable(deps: TopicDeps, name: string): Promise<Result<Topic>> {
  if (isOrderTopic(name) || isNoticeTopic(name)) {
    const when = isOrderTopic(name) ? 'the order changes' : 'it happens'
    const message = `${name} cannot be published: Orderbell creates this event when ${when}`
    return refused(problem('INVALID', ['topic'], message))
  }
  const topic = builtInTopic(name) ?? (isTopicName(name) ? await deps.store.topicByName(name) : null)
  return topic === null ? refused(await unknownTopic(deps, name)) : ok(topic)
}

/** The problem of a topic that the project does not have. */
export async function unknownTopic({ store }: Pick<TopicDeps, 'store'>, name: string): Promise<Problem> {
  const hint = didYouMean(name, await topicsOfProject(store))
  return problem(
    'UNKNOWN_TOPIC',
    ['topic'],
    `there is no such topic in this project: ${hint}the query \`topics\` lists the topics, and topicCreate adds one`,
  )
}
