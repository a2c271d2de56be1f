/** A subscriber of either feed over graphql-ws: it stores the events it receives and the error that ended it. */
import type { GraphQLFormattedError } from 'graphql'
import type { Client } from 'graphql-ws'
import type { Input } from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'

export interface FeedSubscription<FeedEvent> {
  readonly events: readonly FeedEvent[]
  /** The code of the error that ended the subscription, or of an event's error; undefined while there is none. */
  readonly refused: () => string | undefined
  /** Waits for this many events. */
  received(count: number): Promise<readonly FeedEvent[]>
  /** Ends the subscription and keeps the socket. */
  leave(): void
}

/** `leaveAfter`: the subscription ends as soon as it has received this many events, as a disconnected client would. */
export type SubscribeToFeed<FeedEvent> = (
  client: Client,
  variables?: Input,
  leaveAfter?: number,
) => FeedSubscription<FeedEvent>

/** Makes a subscribe function for this document, whose events are in `field`. */
export function followBy<FeedEvent>(field: string, query: string): SubscribeToFeed<FeedEvent> {
  return (client, variables = {}, leaveAfter = Infinity) => {
    const events: FeedEvent[] = []
    let refused: string | undefined
    const leave = client.subscribe<Readonly<Record<string, FeedEvent>>>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (errors !== undefined) refused = String(errors[0]?.extensions?.['code'])
          const event = data?.[field]
          if (event === undefined || events.length >= leaveAfter) return
          events.push(event)
          if (events.length === leaveAfter) leave()
        },
        error: (error) => (refused = codeIn(error) ?? JSON.stringify(error)),
        complete: () => undefined,
      },
    )
    return {
      events,
      refused: () => refused,
      received: async (count) => {
        await waitFor(() => events.length >= count || refused !== undefined, {
          what: `${count} ${field} of a subscription`,
          deadlineMs: 20_000,
        })
        if (refused !== undefined) throw new Error(`expected events, found ${refused}`)
        return events
      },
      leave,
    }
  }
}

/** The code of the first error of a subscription; undefined for a closed socket. */
function codeIn(error: unknown): string | undefined {
  const [first] = Array.isArray(error) ? (error as readonly GraphQLFormattedError[]) : []
  const code = first?.extensions?.['code']
  return typeof code === 'string' ? code : undefined
}
