/** A subscriber of the contract's Live document, over graphql-ws. */
import type { Client } from 'graphql-ws'
import { documents, type Input } from '../api/fixtures.ts'
import { until } from '../support/until.ts'

export interface News {
  readonly cursor: string
  readonly attempt: { readonly id: string; readonly number: number; readonly outcome: string }
  readonly delivery: {
    readonly id: string
    readonly state: string
    readonly event: { readonly topic: string; readonly order: { readonly number: number } }
    readonly webhook: { readonly id: string }
  }
}

export interface Following {
  readonly news: readonly News[]
  /** The code of the error that ended it; undefined while there is none. */
  readonly refused: () => string | undefined
  /** Waits for so many attempts. */
  heard(count: number): Promise<readonly News[]>
  /** Ends the subscription, and leaves the socket. */
  leave(): void
}

/** `leaveAfter`: ends itself in the very moment that it has heard so many, as a client that is cut off would. */
export function follow(client: Client, variables: Input = {}, leaveAfter = Infinity): Following {
  const news: News[] = []
  let refused: string | undefined
  const leave = client.subscribe<{ deliveryAttempts: News }>(
    { query: documents.Live, variables },
    {
      next: ({ data, errors }) => {
        if (errors !== undefined) refused = String(errors[0]?.extensions?.['code'])
        if (data == null || news.length >= leaveAfter) return
        news.push(data.deliveryAttempts)
        if (news.length === leaveAfter) leave()
      },
      error: (error) => (refused = JSON.stringify(error)),
      complete: () => undefined,
    },
  )
  return {
    news,
    refused: () => refused,
    heard: async (count) => {
      await until(() => news.length >= count || refused !== undefined, {
        what: `${count} attempts of a subscription`,
        deadlineMs: 20_000,
      })
      if (refused !== undefined) throw new Error(`expected news, found ${refused}`)
      return news
    },
    leave,
  }
}
