/** The positions of the feeds, and webhook changes. */
import { bigint, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { disabledReasons } from '../../domain/policies/disable.ts'
import { installationFeedNames } from '../../domain/feed/feed.ts'
import { webhookChangeKinds } from '../../domain/feed/webhook-change.ts'
import { id, instant } from './columns.ts'

/**
 * The last assigned position of each project's feed. Settles hold the row lock until they commit, so that positions
 * become visible in order.
 */
export const feeds = pgTable('feeds', {
  projectId: id('project_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  /** The newest position that retention has removed; 0 when it has removed none. */
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/** Like `feeds`, for webhook changes. Transactions, settles included, lock this row after the webhook's row. */
export const webhookChangeFeeds = pgTable('webhook_change_feeds', {
  projectId: id('project_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/**
 * Like `feeds`, for events. Transactions that store events lock this row last, and hold it until they commit.
 */
export const eventFeeds = pgTable('event_feeds', {
  projectId: id('project_id').primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/** Webhook changes that the owners are notified of: created, failing, disabled, enabled. */
export const webhookChanges = pgTable(
  'webhook_changes',
  {
    projectId: id('project_id').notNull(),
    /** Dense and in commit order within the project. */
    position: bigint('position', { mode: 'number' }).notNull(),
    webhookId: id('webhook_id').notNull(),
    kind: text('kind', { enum: webhookChangeKinds }).notNull(),
    at: instant('at').notNull(),
    /** Null unless the kind is DISABLED. */
    reason: text('reason', { enum: disabledReasons }),
    message: text('message').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.projectId, t.position] }),
    // retention
    index('webhook_changes_age').on(t.at),
  ],
)

/**
 * The feeds of the whole installation: the positions of all projects in one order. A reader assigns the positions, not the
 * settles, so that settles of different projects do not wait for each other. Only the dispatcher's pool
 * reads these tables.
 */
export const installationFeeds = pgTable('installation_feeds', {
  feed: text('feed', { enum: installationFeedNames }).primaryKey(),
  position: bigint('position', { mode: 'number' }).notNull(),
  /** The newest position whose item retention has removed, as far as the ranges of such items were removed too. */
  expiredPosition: bigint('expired_position', { mode: 'number' }).notNull().default(0),
})

/** The last position of each project that has a position in the installation's feed. */
export const installationFeedProjects = pgTable(
  'installation_feed_projects',
  {
    feed: text('feed', { enum: installationFeedNames }).notNull(),
    projectId: id('project_id').notNull(),
    position: bigint('position', { mode: 'number' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.feed, t.projectId] })],
)

/**
 * Consecutive items of one project, which have consecutive positions in the installation's feed. `position` is that of
 * the last one.
 */
export const installationFeedRanges = pgTable(
  'installation_feed_ranges',
  {
    feed: text('feed', { enum: installationFeedNames }).notNull(),
    position: bigint('position', { mode: 'number' }).notNull(),
    projectId: id('project_id').notNull(),
    /** The positions in the project's own feed. */
    firstPosition: bigint('first_position', { mode: 'number' }).notNull(),
    lastPosition: bigint('last_position', { mode: 'number' }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.feed, t.position] }),
    // the newest removed item of a project; retention
    index('installation_feed_ranges_project').on(t.feed, t.projectId, t.firstPosition),
  ],
)
