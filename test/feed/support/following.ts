/** A subscriber of either feed over graphql-ws: it stores the events it receives and the error that ended it. */
import type { GraphQLFormattedError } from 'graphql'
import type { Client } from 'graphql-ws'
import type { Input } from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'

export interface Following<FeedNotifier> {
  readonly news: readonly FeedNotifier[]
  /** The code of the error that ended the subscription, or of an event's error; undefined while there is none. */
  readonly refused: () => string | undefined
  /** Waits for this many events. */
  heard(count: number): Promise<readonly FeedNotifier[]>
  /** Ends the subscription and keeps the socket. */
  leave(): void
}

/** `leaveAfter`: the subscription ends as soon as it has received this many events, as a disconnected client would. */
export type Follow<FeedNotifier> = (
  client: Client,
  variables?: Input,
  leaveAfter?: number,
) => Following<FeedNotifier>

/** Makes a subscribe function for this document, whose events are in `field`. */
export function followBy<FeedNotifier>(field: string, query: string): Follow<FeedNotifier> {
  return (client, variables = {}, leaveAfter = Infinity) => {
    const news: FeedNotifier[] = []
    let refused: string | undefined
    const leave = client.subscribe<Readonly<Record<string, FeedNotifier>>>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (errors !== undefined) refused = String(errors[0]?.extensions?.['code'])
          const told = data?.[field]
          if (told === undefined || news.length >= leaveAfter) return
          news.push(told)
          if (news.length === leaveAfter) leave()
        },
        error: (error) => (refused = codeIn(error) ?? JSON.stringify(error)),
        complete: () => undefined,
      },
    )
    return {
      news,
      refused: () => refused,
      heard: async (count) => {
        await waitFor(() => news.length >= count || refused !== undefined, {
          what: `${count} ${field} of a subscription`,
          deadlineMs: 20_000,
        })
        if (refused !== undefined) throw new Error(`expected events, found ${refused}`)
        return news
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
