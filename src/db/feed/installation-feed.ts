/**
 * Reads the feeds of the whole installation, for OPERATOR keys without a project. The items keep the positions of their
 * projects' feeds. A reader gives them positions of the installation too: it appends, for each project with new items,
 * the range of their positions. Positions of a project become visible in order, so a range is complete when it is
 * appended. Transactions that record items take no part in this.
 */
import { sql, type SQL } from 'drizzle-orm'
import {
  noProject,
  PositionExpired,
  type FeedBounds,
  type InstallationFeedName,
  type WebhookFeedItem,
} from '../../domain/feed/feed.ts'
import type { FeedStore } from '../../ports/feed-store.ts'
import type { Database, Reading } from '../connection/connect.ts'
import { feeds, webhookChangeFeeds } from '../schema/index.ts'

/** The positions of each project, by feed. */
const projectFeedOf = { ATTEMPTS: feeds, WEBHOOK_CHANGES: webhookChangeFeeds } as const

/** Consecutive items of one project. */
interface Portion {
  readonly projectId: string
  /** Positions in the project's feed. */
  readonly first: number
  readonly last: number
  /** The position in the installation's feed less the position in the project's feed. */
  readonly shift: number
}

/** Reads the items of `portionRows`, in any order, with the positions of the installation's feed. */
export type ReadPortions<T> = (tx: Reading, portions: SQL) => Promise<readonly T[]>

/** Returns a store that reads one project, or with `noProject` the whole installation. */
export function withInstallation<T extends WebhookFeedItem>(
  store: FeedStore<T>,
  installation: Pick<FeedStore<T>, 'bounds' | 'after'>,
): FeedStore<T> {
  const of = (projectId: string) => (projectId === noProject ? installation : store)
  return {
    subjectOf: (item) => store.subjectOf(item),
    bounds: (projectId) => of(projectId).bounds(projectId),
    after: (projectId, position, limit) => of(projectId).after(projectId, position, limit),
  }
}

/** Reads the installation's feed of this name. `db` sees the rows of all projects. */
export function makeInstallationFeed<T extends WebhookFeedItem>(
  db: Database,
  feed: InstallationFeedName,
  read: ReadPortions<T>,
): Pick<FeedStore<T>, 'bounds' | 'after'> {
  return {
    bounds: () =>
      db.transaction(async (tx) => {
        await appendNew(tx, feed)
        return boundsOf(tx, feed)
      }),
    after: (_, position, most) => db.transaction((tx) => itemsAfter(tx, feed, read, position, most)),
  }
}

async function itemsAfter<T extends WebhookFeedItem>(
  tx: Reading,
  feed: InstallationFeedName,
  read: ReadPortions<T>,
  position: number,
  most: number,
): Promise<readonly T[]> {
  let portions = await portionsAfter(tx, feed, position, most)
  if (sizeOf(portions) < most) {
    await appendNew(tx, feed)
    portions = await portionsAfter(tx, feed, position, most)
  }
  const items = portions.length === 0 ? [] : await read(tx, portionRows(portions))
  // Read after the items, so that an item that was removed before is noticed.
  const expired = await expiredOf(tx, feed, portions)
  if (position < expired) throw new PositionExpired(position, expired)
  return items.toSorted((one, other) => one.position - other.position)
}

/** Gives positions to the items that have none yet. Waits for another reader that does the same. */
async function appendNew(tx: Reading, feed: InstallationFeedName): Promise<void> {
  const source = projectFeedOf[feed]
  const begun = await tx.execute(sql`
    insert into installation_feeds (feed, position) values (${feed}, 0) on conflict do nothing returning feed`)
  // The feed begins at its first read. Nobody has a cursor of earlier items.
  if (begun.length > 0) {
    await tx.execute(sql`
      insert into installation_feed_projects (feed, project_id, position)
      select ${feed}, project_id, position from ${source}`)
    return
  }
  const fresh = sql`${source} f
    left join installation_feed_projects p on p.feed = ${feed} and p.project_id = f.project_id
    where f.position > coalesce(p.position, 0)`
  const found = await tx.execute(sql`select from ${fresh} limit 1`)
  if (found.length === 0) return
  // The next statement begins after the lock is held, and sees what the reader before has appended.
  await tx.execute(sql`select from installation_feeds where feed = ${feed} for update`)
  await tx.execute(sql`
    with appended as (
      select f.project_id, coalesce(p.position, 0) + 1 as first, f.position as last,
        i.position + sum(f.position - coalesce(p.position, 0)) over (order by f.project_id) as position
      from (select position from installation_feeds where feed = ${feed}) i, ${fresh}
    ), ranges as (
      insert into installation_feed_ranges (feed, position, project_id, first_position, last_position)
      select ${feed}, position, project_id, first, last from appended
    ), reached as (
      insert into installation_feed_projects (feed, project_id, position)
      select ${feed}, project_id, last from appended
      on conflict (feed, project_id) do update set position = excluded.position
    )
    update installation_feeds set position = (select max(position) from appended)
    where feed = ${feed} and exists (select from appended)`)
}

/** Returns portions with at most `most` items in all. */
async function portionsAfter(
  tx: Reading,
  feed: InstallationFeedName,
  position: number,
  most: number,
): Promise<readonly Portion[]> {
  // Each range has at least one item.
  const ranges = await tx.execute<{ project_id: string; position: number; first: number; last: number }>(sql`
    select project_id, position::float8, first_position::float8 as first, last_position::float8 as last
    from installation_feed_ranges where feed = ${feed} and position > ${position}
    order by position limit ${most}`)
  const portions: Portion[] = []
  let left = most
  for (const { project_id: projectId, first, last, position: end } of ranges) {
    if (left <= 0) break
    const shift = end - last
    const from = Math.max(first, position + 1 - shift)
    const portion = { projectId, first: from, last: Math.min(last, from + left - 1), shift }
    portions.push(portion)
    left -= sizeOf([portion])
  }
  return portions
}

function sizeOf(portions: readonly Portion[]): number {
  return portions.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** The portions as rows. */
function portionRows(portions: readonly Portion[]): SQL {
  return sql`jsonb_to_recordset(${JSON.stringify(portions)}::text::jsonb) as portion(
    "projectId" text, first bigint, last bigint, shift bigint
  )`
}

/** The newest position of the portions, or of removed ranges, whose item retention has removed. */
async function expiredOf(
  tx: Reading,
  feed: InstallationFeedName,
  portions: readonly Portion[],
): Promise<number> {
  const [row] = await tx.execute<{ expired: number }>(sql`
    select greatest(i.expired_position, (
      select max(least(portion.last, f.expired_position) + portion.shift)
      from ${portionRows(portions)}
      join ${projectFeedOf[feed]} f on f.project_id = portion."projectId" and f.expired_position >= portion.first
    ))::float8 as expired
    from installation_feeds i where feed = ${feed}`)
  return row?.expired ?? 0
}

async function boundsOf(tx: Reading, feed: InstallationFeedName): Promise<FeedBounds> {
  const [row] = await tx.execute<{ last: number; expired: number }>(sql`
    select i.position::float8 as last, greatest(i.expired_position, (
      select max(least(r.last_position, f.expired_position) + r.position - r.last_position)
      from ${projectFeedOf[feed]} f
      cross join lateral (
        select * from installation_feed_ranges r
        where r.feed = ${feed} and r.project_id = f.project_id and r.first_position <= f.expired_position
        order by r.first_position desc limit 1
      ) r
      where f.expired_position > 0
    ))::float8 as expired
    from installation_feeds i where i.feed = ${feed}`)
  return row ?? { last: 0, expired: 0 }
}
