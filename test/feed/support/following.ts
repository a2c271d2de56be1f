/** A subscriber over graphql-ws, of whichever feed: it keeps what it hears, and says what ended it. */
import type { GraphQLFormattedError } from 'graphql'
import type { Client } from 'graphql-ws'
import type { Input } from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'

export interface Following<FeedNotifier> {
  readonly news: readonly FeedNotifier[]
  /** The code of the error that ended it, or of one that an event had; undefined while there is none. */
  readonly refused: () => string | undefined
  /** Waits for so many events. */
  heard(count: number): Promise<readonly FeedNotifier[]>
  /** Ends the subscription, and leaves the socket. */
  leave(): void
}

/** `leaveAfter`: ends itself in the very moment that it has heard so many, as a client that is cut off would. */
export type Follow<FeedNotifier> = (
  client: Client,
  variables?: Input,
  leaveAfter?: number,
) => Following<FeedNotifier>

/** Who follows by this document, whose events stand in `field`. */
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
        if (refused !== undefined) throw new Error(`expected news, found ${refused}`)
        return news
      },
      leave,
    }
  }
}

/** Of the errors of one subscription; a close of the socket has none. */
function codeIn(error: unknown): string | undefined {
  const [first] = Array.isArray(error) ? (error as readonly GraphQLFormattedError[]) : []
  const code = first?.extensions?.['code']
  return typeof code === 'string' ? code : undefined
}
