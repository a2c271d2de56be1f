/**
 * Topics: the catalogue of what can happen, and whether a webhook's selection takes a topic.
 * A selection is a topic's name, or `resource.*`.
 */
import { problem, type Problem } from './problem.ts'

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
export const topics = orderTopics

/** The most topics that one webhook may select. */
export const maxSelections = 100

/** Whether `selection` (a name or `resource.*`) takes `topic`. */
export function takes(selection: string, topic: string): boolean {
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
    else if (!known.some((topic) => takes(selection, topic)))
      problems.push(
        problem(
          'UNKNOWN_TOPIC',
          at,
          `no such topic can reach this webhook; its dialect carries ${listed(known)}, and resource.* for all of one`,
        ),
      )
    seen.add(selection)
  }
  return problems
}

// A project may have hundreds of its own: enough to recognise one's mistake by.
function listed(known: readonly string[]): string {
  const shown = known.slice(0, 40).join(', ')
  return known.length > 40 ? `${shown} and ${known.length - 40} more` : shown
}
