/**
 * The dispatcher's statements for all projects: claims, due times, expired leases. Hand-written SQL on the database
 * clock; one round trip serves many lanes. `settle-statement.ts` records attempts.
 */
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { System } from '../../ports/system.ts'
import { cancelPending } from './cancel.ts'
import { claimColumns, toClaimed, type ClaimedRow } from './claim.ts'
import type { Sql } from '../connection/connect.ts'
import { despiteDeadlocks } from '../connection/retry.ts'
import { eraseBatch } from '../maintenance/erase.ts'
import { allowance, isFull, lockLimits, opensAt } from './claim-limits.ts'
import { ensurePartitions } from '../maintenance/partitions.ts'
import { releaseLeases } from './release-leases.ts'
import { replaySkipped } from './replay.ts'
import { settleBatch } from './settle-statement.ts'
import { removeOldCounts } from './attempt-counters.ts'

type Wishes = Parameters<DispatchStore['claim']>[0]
type Lease = Parameters<DispatchStore['claim']>[1]

/** How many webhooks with limits are remembered. Beyond that the set is cleared and filled again. */
const maxRemembered = 100_000
const lockNotAvailable = '55P03'

export function makeDispatchStore(sql: Sql, system: System): DispatchStore {
  /**
   * Filled by `nextDue`, which a lane calls at the end of each run. Only decides which statement claims for a webhook:
   * the statement for webhooks without limits returns no deliveries of webhooks with limits.
   */
  const withLimits = new Set<string>()
  const learn = (webhookId: string, limited: boolean): void => {
    if (withLimits.size >= maxRemembered) withLimits.clear()
    if (limited) withLimits.add(webhookId)
    else withLimits.delete(webhookId)
  }

  const wishOf = (wishes: Wishes) => sql`
    select * from unnest(
      ${wishes.map((wish) => wish.webhookId)}::text[],
      ${wishes.map((wish) => wish.limit)}::int[]
    ) as wish(webhook_id, take)`

  // Leases the deliveries that `due` selected, with a new token. A delivery that is claimed again gets another token.
  const leaseDue = (lease: Lease) => sql`
    leased as (
      update due_deliveries l set
        lease_token = ${system.newUuid()},
        lease_until = statement_timestamp() + interval '1 millisecond' * (${lease.marginMs}::float8 + (
          select coalesce((overrides->>'timeoutMs')::float8, ${lease.timeoutMs}::float8)
          from webhooks where id = l.webhook_id
        )),
        lease_started_at = statement_timestamp()
      -- As an array, whose length is guessed to be short: guessed from "limit", joins would read whole tables.
      where delivery_id = any(array(select delivery_id from due))
      returning *
    )
    select ${claimColumns(sql)}
    from leased l
    join deliveries d on d.id = l.delivery_id
    join events e on e.id = d.event_id
    join webhooks w on w.id = d.webhook_id
    order by l.due_at, l.delivery_id`

  const claimFree = (wishes: Wishes, lease: Lease): Promise<readonly ClaimedRow[]> => sql<ClaimedRow[]>`
    with wish as (${wishOf(wishes)}), due as (
      select d.delivery_id
      from wish
      join webhooks w on w.id = wish.webhook_id and w.disabled_at is null and w.deleted_at is null
        and w.max_concurrency is null and w.rate_per_second is null
      cross join lateral (
        select delivery_id from due_deliveries
        where webhook_id = wish.webhook_id and due_at <= now() and lease_token is null
        order by due_at, delivery_id
        limit wish.take
        for update skip locked
      ) d
    ), ${leaseDue(lease)}`

  // The lease times use statement_timestamp(), because now() is the start of the transaction, before its wait for the
  // lock. Locking and claiming are separate statements, because the snapshot of a statement that waits for the lock
  // does not contain the leases that the previous holder has committed.
  const claimLimited = (wishes: Wishes, lease: Lease): Promise<readonly ClaimedRow[]> =>
    sql
      .begin(async (tx) => {
        await lockLimits(
          tx,
          wishes.map(({ webhookId }) => webhookId),
        )
        return tx<ClaimedRow[]>`
        with wish as (${wishOf(wishes)}), due as (
          select d.delivery_id
          from wish
          join webhooks w on w.id = wish.webhook_id and w.disabled_at is null and w.deleted_at is null
          cross join lateral (select least(wish.take, ${allowance(sql)}) as take) left_over
          cross join lateral (
            select delivery_id from due_deliveries
            where webhook_id = wish.webhook_id and due_at <= now() and lease_token is null
            order by due_at, delivery_id
            limit left_over.take
            for update skip locked
          ) d
        ), ${leaseDue(lease)}`
      })
      .catch(noneIfLocked)

  return {
    ensurePartitions: () => ensurePartitions(sql),
    settle: (batch, count) => settleBatch(sql, batch, count),

    claim: async (wishes, lease) => {
      const limited = wishes.filter(({ webhookId }) => withLimits.has(webhookId))
      const free = limited.length === 0 ? wishes : wishes.filter((wish) => !limited.includes(wish))
      const [ofFree, ofLimited] = await Promise.all([
        free.length === 0 ? [] : claimFree(free, lease),
        limited.length === 0 ? [] : claimLimited(limited, lease),
      ])
      return [...ofFree, ...ofLimited].map(toClaimed)
    },

    urlsOf: async (webhookIds) => {
      const rows = await sql<{ webhook_id: string; project_id: string; url: string }[]>`
        select id as webhook_id, project_id, url from webhooks where id = any(${[...webhookIds]}::text[])`
      return rows.map((row) => ({ webhookId: row.webhook_id, projectId: row.project_id, url: row.url }))
    },

    release: (leases) => releaseLeases(sql, leases),

    nextDue: async (webhookIds) => {
      const rows = await sql<{ webhook_id: string; limited: boolean; in_ms: number | null }[]>`
        select w.id as webhook_id, w.max_concurrency is not null or w.rate_per_second is not null as limited,
          case when not ${isFull(sql)}
            then (extract(epoch from greatest(due.at, ${opensAt(sql)}) - clock_timestamp()) * 1000)::float8
          end as in_ms
        from webhooks w
        cross join lateral (
          select min(due_at) as at from due_deliveries
          where webhook_id = w.id and lease_token is null
        ) due
        where w.id = any(${[...webhookIds]}::text[])
          and w.disabled_at is null and w.deleted_at is null and due.at is not null`
      for (const row of rows) learn(row.webhook_id, row.limited)
      return rows.flatMap((row) =>
        row.in_ms === null ? [] : [{ webhookId: row.webhook_id, inMs: row.in_ms }],
      )
    },

    dueWebhooks: async (limit, overdueMs) => {
      const rows = await sql<{ id: string; overdue: boolean }[]>`
        with waiting as (
          select w.id, w.project_id, due.at from webhooks w
          cross join lateral (
            select min(due_at) as at from due_deliveries
            where webhook_id = w.id and lease_token is null
          ) due
          where w.disabled_at is null and w.deleted_at is null and due.at <= now()
            and coalesce(${allowance(sql)}, 1) > 0
        )
        select id, at < now() - interval '1 millisecond' * ${overdueMs}::float8 and not exists (
          select from due_deliveries where webhook_id = waiting.id and lease_token is not null
        ) and not exists (
          -- One that is sent a few a second has old deliveries waiting, and its lane runs.
          select from attempts
          where webhook_id = waiting.id and started_at > now() - interval '1 millisecond' * ${overdueMs}::float8
        ) as overdue
        from waiting
        order by row_number() over (partition by project_id order by at), at
        limit ${limit}`
      return rows.map(({ id: webhookId, overdue }) => ({ webhookId, overdue }))
    },

    replaySkipped: (limit) => replaySkipped(sql, sql`select webhook_id from replays`, limit),

    cancelPending: (limit) =>
      cancelPending(
        sql,
        sql`
          select w.id from webhooks w
          where w.deleted_at is not null and exists (
            select from due_deliveries where webhook_id = w.id and lease_token is null
          )`,
        limit,
      ),

    erasePending: (limit) =>
      despiteDeadlocks(async () => {
        const done = await sql.begin(async (tx) => {
          const which = tx`order by customer_id limit 1 for update skip locked`
          return { events: await eraseBatch(tx, which, limit) }
        })
        return done.events
      }),

    removeOldCounts: (limit) => removeOldCounts(sql, limit),

    expiredLeases: async (limit) => {
      const rows = await sql<ClaimedRow[]>`
        select ${claimColumns(sql)}
        from due_deliveries l
        join deliveries d on d.id = l.delivery_id
        join events e on e.id = d.event_id
        join webhooks w on w.id = d.webhook_id
        where l.lease_token is not null and l.lease_until < now()
        order by l.lease_until
        limit ${limit}`
      return rows.map(toClaimed)
    },
  }
}

// The transaction gave up after waiting 1 s for the lock. The lane tries again later, so that the other lanes of this
// claim do not wait longer.
function noneIfLocked(error: unknown): readonly ClaimedRow[] {
  if (error instanceof Error && 'code' in error && error.code === lockNotAvailable) return []
  throw error
}
