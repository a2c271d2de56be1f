/** The positions of the feeds, and webhook changes. */
import { bigint, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { disabledReasons } from '../../domain/policies/disable.ts'
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
