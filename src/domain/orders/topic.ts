/**
 * Topics: their names, the selections of webhooks, and the validation of custom topics. A selection is the name of a
 * topic or `resource.*`.
 */
import { cut, pathInto, writeObject } from '../shared/json.ts'
import { ok, problem, refused, type Problem, type Result } from '../shared/problem.ts'
import { didYouMean, shortSelection } from './similar-topics.ts'
import { checkText, isProblem, withoutSpaceAround } from '../shared/text.ts'

/**
 * The topics of orders. Every mutation that changes an order creates one event with the most specific of these; the clock
 * creates `order.arriving`.
 */
export const orderTopics = [
  'order.created',
  'order.updated',
  'order.state_changed',
  'order.customer_state_changed',
  'order.eta_changed',
  'order.arriving',
  'order.deleted',
] as const
export type OrderTopic = (typeof orderTopics)[number]

/** Returns whether events of the topic are about an order; their data is an `OrderSnapshot`. */
export function isOrderTopic(topic: string): topic is OrderTopic {
  return (orderTopics as readonly string[]).includes(topic)
}

/** The topics of notices: events about webhooks and deliveries, which Orderbell makes itself. */
export const noticeTopics = [
  'webhook.failing',
  'webhook.disabled',
  'webhook.enabled',
  'delivery.exhausted',
] as const
export type NoticeTopic = (typeof noticeTopics)[number]

/** Returns whether events of the topic are notices. Only the STANDARD dialect carries them. */
export function isNoticeTopic(topic: string): topic is NoticeTopic {
  return (noticeTopics as readonly string[]).includes(topic)
}

/** All built-in topics. */
export const topics = [
  ...orderTopics,
  'customer.created',
  'customer.updated',
  'customer.marketing_changed',
  'customer.deleted',
  'menu.updated',
  'event.created',
  'event.updated',
  'event.deleted',
  'scan.created',
  'scan.updated',
  'scan.deleted',
  'download.created',
  'download.updated',
  'download.deleted',
  ...noticeTopics,
] as const
export type BuiltInTopic = (typeof topics)[number]

/** A topic with the schema of its events. A topic is never changed or deleted. */
export interface Topic {
  /** `resource.event`. */
  readonly name: string
  readonly description: string
  /** The JSON Schema of the data of its events, as JSON text. */
  readonly schema: string
  /** Example data of an event, as JSON text. */
  readonly example: string
  /** Null for a built-in topic. */
  readonly createdAt: Date | null
}

/** A topic for lists, without schema and example. They may be large and are read only if the client selects them. */
export interface ListedTopic extends Omit<Topic, 'schema' | 'example'> {
  /** Sizes in bytes of UTF-8. */
  readonly schemaBytes: number
  readonly exampleBytes: number
}

/** Maximum number of custom topics per project. */
export const maxTopics = 200
/** Maximum length of a description, in code points. */
export const maxDescriptionLength = 500
/** Maximum sizes of an event's data, a schema and an example, in bytes of compact JSON as UTF-8. */
export const maxDataBytes = 256 * 1024
export const maxSchemaBytes = 64 * 1024
export const maxExampleBytes = 16 * 1024
/** Maximum number of JSON objects in a schema. Compiling such a schema takes less than a tenth of a second. */
export const maxSchemaObjects = 300
/** The schema of a custom topic that was created without one. */
const anyObject = '{"type":"object"}'

const part = '[a-z][a-z0-9_]{0,63}'
const topicName = new RegExp(`^${part}\\.${part}$`)

/**
 * Returns whether the name is valid: `resource.event`, each part 1 to 64 characters of `a-z`, `0-9` and `_`, beginning
 * with a letter.
 */
export function isTopicName(name: string): boolean {
  return topicName.test(name)
}

export interface NewTopic {
  readonly name: string
  readonly description: string
  readonly schema?: unknown
  readonly example: unknown
}

/**
 * Returns the new topic, or all problems of its name, description and sizes. Does not check that the schema is a valid
 * JSON Schema or that the example matches the schema.
 */
export function checkTopic(input: NewTopic): Result<Omit<Topic, 'createdAt'>> {
  const name = withoutSpaceAround(input.name)
  const misnamed = checkTopicName(name)
  const description = checkText(input.description, ['description'], maxDescriptionLength)
  const schema = input.schema == null ? null : checkSchemaSize(input.schema)
  const example = writeObject(input.example, ['example'], { maxBytes: maxExampleBytes })
  const problems = [
    ...(misnamed === null ? [] : [misnamed]),
    ...(isProblem(description) ? [description] : []),
    ...(schema === null || schema.ok ? [] : schema.problems),
    ...(example.ok ? [] : example.problems),
  ]
  if (isProblem(description) || schema?.ok === false || !example.ok || problems.length > 0)
    return refused(...problems)
  return ok({
    name,
    description,
    schema: schema === null ? anyObject : schema.value,
    example: example.value.text,
  })
}

function checkTopicName(name: string): Problem | null {
  if (!isTopicName(name))
    return problem(
      'INVALID',
      ['name'],
      'name is not of the form resource.event, such as loyalty.earned: each part has 1 to 64 of a-z, 0-9 and _, and begins with a letter',
    )
  if ((topics as readonly string[]).includes(name))
    return problem('CONFLICT', ['name'], `${name} is built in; choose another name`)
  // Receivers that selected order.* expect the snapshot of an order.
  if (selectsTopic('order.*', name))
    return problem(
      'INVALID',
      ['name'],
      'the resource order is reserved for events of orders; choose another resource',
    )
  return null
}

function checkSchemaSize(schema: unknown): Result<string> {
  const written = writeObject(schema, ['schema'], { maxBytes: maxSchemaBytes })
  if (!written.ok) return written
  const { text, objects } = written.value
  return objects <= maxSchemaObjects
    ? ok(text)
    : refused(
        problem(
          'INVALID',
          ['schema'],
          `schema has ${objects} objects in it; the maximum is ${maxSchemaObjects}`,
        ),
      )
}

/** Maximum length of a SCHEMA_MISMATCH message, in code points. */
const maxBreachLength = 300

/** Returns the violations of a topic's schema as SCHEMA_MISMATCH problems of `field`. */
export function mismatches(
  breaches: readonly { readonly path: readonly string[]; readonly message: string }[],
  field: readonly string[],
): readonly Problem[] {
  return breaches.map(({ path, message }) => {
    const at = pathInto(field, path)
    return problem('SCHEMA_MISMATCH', at, cut(`${at.join('.')} ${message}`, maxBreachLength))
  })
}

/** Maximum number of selections per webhook. */
export const maxSelections = 100

/** Returns whether `selection` (a name or `resource.*`) matches `topic`. */
export function selectsTopic(selection: string, topic: string): boolean {
  return selection === topic || (selection.endsWith('.*') && topic.startsWith(selection.slice(0, -1)))
}

/** Returns the first selection that matches none of the topics; null when each matches one. */
export function unknownSelection(selections: readonly string[], known: readonly string[]): string | null {
  return selections.find((selection) => !known.some((topic) => selectsTopic(selection, topic))) ?? null
}

/**
 * Checks the selections of a webhook. `known`: the existing topics that the webhook's dialect can represent. REQUIRED:
 * no selection. TOO_MANY: more than `maxSelections`. INVALID: a duplicate. UNKNOWN_TOPIC: it matches none of `known`.
 */
export function checkSelections(
  selections: readonly string[],
  known: readonly string[],
  field: readonly string[],
): readonly Problem[] {
  if (selections.length === 0)
    return [problem('REQUIRED', field, 'topics is empty; name at least one topic, such as order.*')]
  if (selections.length > maxSelections)
    return [
      problem('TOO_MANY', field, `topics has ${selections.length} members; the maximum is ${maxSelections}`),
    ]
  const problems: Problem[] = []
  const seen = new Set<string>()
  /** Suggestions take time, so only the first unknown topics have them. */
  let suggestions = maxSuggestions
  for (const [index, selection] of selections.entries()) {
    const at = [...field, String(index)]
    if (seen.has(selection)) problems.push(problem('INVALID', at, 'this topic is in the list twice'))
    else if (!known.some((topic) => selectsTopic(selection, topic))) {
      const suggested = suggestions > 0 ? didYouMean(selection, known) : ''
      suggestions -= 1
      problems.push(
        problem(
          'UNKNOWN_TOPIC',
          at,
          `${shortSelection(selection)} cannot be sent to this webhook: ${suggested}its dialect can represent ${listed(known)}; resource.* selects all topics of a resource (see the query \`topics\`)`,
        ),
      )
    }
    seen.add(selection)
  }
  return problems
}

/** Unknown topics of one list for which similar ones are suggested. */
const maxSuggestions = 3

// At most 40 names, because a project may have hundreds of topics.
function listed(known: readonly string[]): string {
  const shown = known.slice(0, 40).join(', ')
  return known.length > 40 ? `${shown} and ${known.length - 40} more` : shown
}
