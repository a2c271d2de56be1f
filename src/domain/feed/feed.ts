/** The feeds of a project: streams of what is recorded, each thing at its own position, to be taken up again at any of them. */

/** What is told by a feed of its own, with positions of its own. */
export const feedNames = ['ATTEMPTS', 'WEBHOOK_CHANGES'] as const
export type FeedName = (typeof feedNames)[number]

/** What a feed brings. */
export interface FeedItem {
  /** Its place in the project's feed, from 1 and dense. */
  readonly position: number
  readonly webhookId: string
  /** Whose webhook it is; null: the platform's own. */
  readonly partnerId: string | null
}

/** Where a project's feed begins and ends. */
export interface FeedBounds {
  /** The newest position that retention has removed; 0 when it has removed none. What follows an older one is not whole any more. */
  readonly expired: number
  /** The newest position there is; 0 when there is none. */
  readonly last: number
}

/** Whoever follows from a position below `FeedBounds.expired` would miss what was removed: it is told so instead. */
export class PositionExpired extends Error {
  constructor(position: number, expired: number) {
    super(`position ${position} is older than what is kept: ${expired} and all before it were removed`)
    this.name = 'PositionExpired'
  }
}
