/** A subscriber of webhookChanges, over graphql-ws. */
import type { Client } from 'graphql-ws'
import { writeCursor } from '../../src/domain/cursor.ts'
import type { Input } from '../api/fixtures.ts'
import { until } from '../support/until.ts'

export interface ChangeNews {
  readonly cursor: string
  readonly change: {
    readonly kind: string
    readonly at: string
    readonly reason: string | null
    readonly message: string
  }
  readonly webhook: { readonly id: string; readonly enabled: boolean }
}

export const changesDocument = `subscription Changes($filter: WebhookChangeFilter, $after: String) {
  webhookChanges(filter: $filter, after: $after) { cursor change { kind at reason message } webhook { id enabled } }
}`

export interface FollowingChanges {
  readonly news: readonly ChangeNews[]
  /** The code of the error that ended it, or of one that an event had; undefined while there is none. */
  readonly refused: () => string | undefined
  /** Waits for so many changes. */
  heard(count: number): Promise<readonly ChangeNews[]>
  leave(): void
}

/** `leaveAfter`: ends itself in the very moment that it has heard so many. */
export function followChanges(
  client: Client,
  variables: Input = {},
  leaveAfter = Infinity,
): FollowingChanges {
  const news: ChangeNews[] = []
  let refused: string | undefined
  const leave = client.subscribe<{ webhookChanges: ChangeNews }>(
    { query: changesDocument, variables },
    {
      next: ({ data, errors }) => {
        if (errors !== undefined) refused = String(errors[0]?.extensions?.['code'])
        if (data == null || news.length >= leaveAfter) return
        news.push(data.webhookChanges)
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
        what: `${count} changes of a subscription`,
        deadlineMs: 20_000,
      })
      if (refused !== undefined) throw new Error(`expected news, found ${refused}`)
      return news
    },
    leave,
  }
}

/** The cursor from before anything happened in a project, of a PARTNER's key with its partner. */
export function changesFromStart(whose: { readonly projectId: string; readonly partnerId?: string }): string {
  const { projectId, partnerId = null } = whose
  const filter = { webhookIds: [], partnerIds: [], kinds: [] }
  return writeCursor({ list: 'webhookChanges', projectId, partnerId, filter }, '0')
}

/** What happened, in short: the webhook's id, the kind, the reason. */
export function inShort(news: readonly ChangeNews[]) {
  return news.map(({ webhook, change: { kind, reason } }) =>
    [webhook.id, kind, ...(reason === null ? [] : [reason])].join(' '),
  )
}
