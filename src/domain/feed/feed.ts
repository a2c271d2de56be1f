/**
 * The feeds of a project or of the installation: streams of recorded items. Each item has a position, after which a client
 * can resume.
 */

/** In place of a project's id: the whole installation, for an OPERATOR key that has named no project. */
export const noProject = ''

/** The feeds. Each has its own positions. */
export const feedNames = ['ATTEMPTS', 'EVENTS', 'WEBHOOK_CHANGES'] as const
export type FeedName = (typeof feedNames)[number]

/** The feeds that can be read for all projects at once. */
export const installationFeedNames = ['ATTEMPTS', 'WEBHOOK_CHANGES'] as const satisfies readonly FeedName[]
export type InstallationFeedName = (typeof installationFeedNames)[number]

/** An item of a feed. */
export interface FeedItem {
  /** Position in the feed of the project or of the installation that was read, from 1 and without gaps. */
  readonly position: number
}

/** An item that belongs to a webhook. */
export interface WebhookFeedItem extends FeedItem {
  readonly projectId: string
  readonly webhookId: string
  /** The owner of the webhook; null: the platform. */
  readonly partnerId: string | null
}

/** The start and the end of a project's feed. */
export interface FeedBounds {
  /**
   * The highest position that retention has removed; 0 when it has removed none. A client cannot resume after a lower
   * position, because items would be missing.
   */
  readonly expired: number
  /** The highest position of the feed; 0 when the feed is empty. */
  readonly last: number
}

/** Thrown when a client resumes after a position below `FeedBounds.expired`, where items were removed. */
export class PositionExpired extends Error {
  constructor(position: number, expired: number) {
    super(`position ${position} is older than what is kept: ${expired} and all before it were removed`)
    this.name = 'PositionExpired'
  }
}
