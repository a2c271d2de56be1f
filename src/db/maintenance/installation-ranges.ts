/** Retention of the ranges of the installation's feeds (`feed/installation-feed.ts`). */
import type { Removed } from '../../ports/retention-store.ts'
import type { Sql } from '../connection/connect.ts'

/**
 * Removes up to `limit` ranges whose items were all removed from the feeds of their projects. A range that is kept although
 * some of its items were removed is found by its project's expired position.
 */
export async function removeInstallationRanges(sql: Sql, limit: number): Promise<Removed> {
  const [row] = await sql<{ removed: number }[]>`
    with old as (
      select r.feed, r.position from installation_feed_ranges r
      join (
        select 'ATTEMPTS' as feed, project_id, expired_position from feeds
        union all select 'WEBHOOK_CHANGES', project_id, expired_position from webhook_change_feeds
      ) f on f.feed = r.feed and f.project_id = r.project_id
      where f.expired_position > 0 and r.first_position <= f.expired_position and r.last_position <= f.expired_position
      limit ${limit}
    ), removed as (
      delete from installation_feed_ranges where (feed, position) in (select feed, position from old)
      returning feed, position
    ), expired as (
      update installation_feeds i set expired_position = greatest(i.expired_position, r.position)
      from (select feed, max(position) as position from removed group by feed) r
      where r.feed = i.feed
    )
    select count(*)::int as removed from removed`
  const count = row?.removed ?? 0
  return { count, next: count < limit ? null : '' }
}
