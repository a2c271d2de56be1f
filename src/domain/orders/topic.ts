/**
 * Topics: their names, whether a webhook's selection takes one, and what a project's own is made from. A selection is
 * a topic's name, or `resource.*`. What the built-in ones say of themselves is `topic-catalogue.ts`.
 */
import { cut, pathInto, writeObject } from '../shared/json.ts'
import { ok, problem, refused, type Problem, type Result } from '../shared/problem.ts'
import { checkText, isProblem, withoutSpaceAround } from '../shared/text.ts'

/** The topics of orders; every mutation that changes an order makes one event, of the most specific of these. */
export const orderTopics = [
  'order.created',
  'order.updated',
  'order.state_changed',
  'order.customer_state_changed',
  'order.eta_changed',
  'order.deleted',
] as const
export type OrderTopic = (typeof orderTopics)[number]

/** Whether an event of the topic shows an order as `snapshotOrder` writes it. */
export function isOrderTopic(topic: string): topic is OrderTopic {
  return (orderTopics as readonly string[]).includes(topic)
}

/** Every built-in topic. */
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
] as const
export type BuiltInTopic = (typeof topics)[number]

/** What can happen, and what its events say. Once there, a topic neither changes nor goes. */
export interface Topic {
  /** `resource.event`. */
  readonly name: string
  readonly description: string
  /** JSON Schema that the data of its events match, as JSON text. */
  readonly schema: string
  /** Data of such an event, as JSON text. */
  readonly example: string
  /** Null: it is built in. */
  readonly createdAt: Date | null
}

/** A topic as lists read it: its schema and example may be large, and are read where somebody asks for them. */
export interface ListedTopic extends Omit<Topic, 'schema' | 'example'> {
  /** Of each, as UTF-8. */
  readonly schemaBytes: number
  readonly exampleBytes: number
}

/** The most topics that a project may add. */
export const maxTopics = 200
/** Characters of a description. */
export const maxDescriptionLength = 500
/** Bytes of compact JSON, as UTF-8. */
export const maxDataBytes = 256 * 1024
export const maxSchemaBytes = 64 * 1024
export const maxExampleBytes = 16 * 1024
/** Objects in a schema: compiling so many takes less than a tenth of a second. */
export const maxSchemaObjects = 300
/** What a topic asks for whose maker gave no schema. */
const anyObject = '{"type":"object"}'

const part = '[a-z][a-z0-9_]{0,63}'
const topicName = new RegExp(`^${part}\\.${part}$`)

/** Whether a topic may be called so: `resource.event`, each 1 to 64 of `a-z`, `0-9` and `_`, beginning with a letter. */
export function isTopicName(name: string): boolean {
  return topicName.test(name)
}

export interface NewTopic {
  readonly name: string
  readonly description: string
  readonly schema?: unknown
  readonly example: unknown
}

/** A project's new topic, or all that is wrong with it by itself. Whether its schema is one, and whether the example matches, is not told here. */
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
      'name is no resource.event, each 1 to 64 of a-z, 0-9 and _, beginning with a letter, such as loyalty.earned',
    )
  if ((topics as readonly string[]).includes(name))
    return problem('CONFLICT', ['name'], `${name} is built in; choose another name`)
  // Who selected order.* relies on the snapshot of an order.
  if (selectsTopic('order.*', name))
    return problem('INVALID', ['name'], 'order.* is what happens to orders; choose another resource')
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
          `schema has ${objects} objects in it; ${maxSchemaObjects} are the most`,
        ),
      )
}

/** The longest message about what data does not match. */
const maxBreachLength = 300

/** Where data does not match its topic's schema, as problems of `field`. */
export function mismatches(
  breaches: readonly { readonly path: readonly string[]; readonly message: string }[],
  field: readonly string[],
): readonly Problem[] {
  return breaches.map(({ path, message }) => {
    const at = pathInto(field, path)
    return problem('SCHEMA_MISMATCH', at, cut(`${at.join('.')} ${message}`, maxBreachLength))
  })
}

/** The most topics that one webhook may select. */
export const maxSelections = 100

/** Whether `selection` (a name or `resource.*`) takes `topic`. */
export function selectsTopic(selection: string, topic: string): boolean {
  return selection === topic || (selection.endsWith('.*') && topic.startsWith(selection.slice(0, -1)))
}

/** What is wrong with a webhook's topics; none when every member can be met by one of `known`: what there is and the webhook's dialect carries. */
export function checkSelections(
  selections: readonly string[],
  known: readonly string[],
  field: readonly string[],
): readonly Problem[] {
  if (selections.length === 0)
    return [problem('REQUIRED', field, 'topics is empty; name at least one topic, such as order.*')]
  if (selections.length > maxSelections)
    return [
      problem('TOO_MANY', field, `topics has ${selections.length} members; ${maxSelections} are the most`),
    ]
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const [index, selection] of selections.entries()) {
    const at = [...field, String(index)]
    if (seen.has(selection)) problems.push(problem('INVALID', at, 'this topic is named twice'))
    else if (!known.some((topic) => selectsTopic(selection, topic)))
      problems.push(
        problem(
          'UNKNOWN_TOPIC',
          at,
          `${cut(selection, maxNamedLength)} can never reach this webhook: its dialect carries ${listed(known)}, and resource.* takes all of one (the query \`topics\` tells more)`,
        ),
      )
    seen.add(selection)
  }
  return problems
}

/** Of a selection that is wrong, so much is repeated. */
const maxNamedLength = 64

// A project may have hundreds of its own: enough to recognise one's mistake by.
function listed(known: readonly string[]): string {
  const shown = known.slice(0, 40).join(', ')
  return known.length > 40 ? `${shown} and ${known.length - 40} more` : shown
}
