/**
 * The dispatcher's statements for all projects. Hand-written SQL on the database clock. Each file of this folder has
 * the statements of one step.
 */
import type { Claimed, ClaimedWebhook, DispatchStore } from '../../ports/dispatch-store.ts'
import type { System } from '../../ports/system.ts'
import type { Sql } from '../connection/connect.ts'
import { despiteDeadlocks } from '../connection/retry.ts'
import { eraseBatch } from '../maintenance/erase.ts'
import { ensurePartitions } from '../maintenance/partitions.ts'
import { removeOldCounts } from './settle/attempt-counters.ts'
import { cancelPending } from './cancel.ts'
import { claimLimited, claimUnlimited, type ClaimRequests, type LeaseTimes } from './claim.ts'
import { toClaimed, type ClaimedRow } from './claim-columns.ts'
import { makeClaimedWebhooks } from './claimed-webhooks.ts'
import { readDueWebhooks, readExpiredLeases, readNextDue, readNextDueLimited } from './due.ts'
import { expireDue } from './deadlines.ts'
import { claimOrdered } from './claim-ordered.ts'
import { endPauses } from './paused.ts'
import { claimProbes } from './probes.ts'
import { releaseLeases } from './release-leases.ts'
import { replaySkipped, waitForFanOuts } from './replay.ts'
import { settleBatch } from './settle/settle-batch.ts'

/** How many webhooks with limits, and with an ordering, are remembered. Beyond that the set is cleared and filled again. */
const maxRemembered = 100_000

export function makeDispatchStore(sql: Sql, system: System): DispatchStore {
  const known: KnownWebhooks = { limited: rememberSet(), ordered: rememberSet() }
  const readWebhooks = makeClaimedWebhooks(sql)
  const withWebhooks = async (rows: readonly ClaimedRow[]): Promise<readonly Claimed[]> => {
    const webhooks = await readWebhooks(rows)
    return rows.map((row) => toClaimed(row, webhookOf(webhooks, row)))
  }
  return {
    ensurePartitions: () => ensurePartitions(sql),
    claim: async (requests, lease) => {
      const rows = await claim(sql, system, known, requests, lease)
      try {
        return await withWebhooks(rows)
      } catch (error) {
        // The settings could not be read: the deliveries are due again at once, not when their leases end.
        const leases = rows.map((row) => ({ deliveryId: row.delivery_id, leaseToken: row.lease_token }))
        // If this fails too, the sweep finds the deliveries when their leases have ended.
        await releaseLeases(sql, leases).catch(() => undefined)
        throw error
      }
    },
    settle: (batch) => settleBatch(sql, batch, (kind) => system.newId(kind)),
    release: (leases) => releaseLeases(sql, leases),
    urlsOf: (webhookIds) => readUrls(sql, webhookIds),
    nextDue: (webhookIds) => nextDue(sql, known, webhookIds),
    dueWebhooks: (limit, overdueMs) => readDueWebhooks(sql, limit, overdueMs),
    expiredLeases: async (limit) => withWebhooks(await readExpiredLeases(sql, limit)),
    expireDue: (limit) => expireDue(sql, limit),
    claimProbes: async (limit, lease) => withWebhooks(await claimProbes(sql, system, limit, lease)),
    endPauses: (limit) => endPauses(sql, limit),
    replaySkipped: async (limit) => {
      await waitForFanOuts(sql)
      return replaySkipped(sql, sql`select webhook_id from pending_replays`, limit)
    },
    cancelPending: (limit) => cancelPending(sql, deletedWithDue(sql), limit),
    erasePending: (limit) => erasePending(sql, limit),
    removeOldCounts: (limit) => removeOldCounts(sql, limit),
  }
}

/** The webhooks that are known to have limits or an ordering. */
interface KnownWebhooks {
  readonly limited: KnownSet
  readonly ordered: KnownSet
}

interface KnownSet {
  has(webhookId: string): boolean
  learn(webhookId: string, isMember: boolean): void
}

/**
 * Filled by `nextDue`, which a lane calls at the end of each run. Only decides which statement claims for a webhook: each
 * statement returns no deliveries of webhooks that another one is for.
 */
function rememberSet(): KnownSet {
  const known = new Set<string>()
  return {
    has: (webhookId) => known.has(webhookId),
    learn: (webhookId, isMember) => {
      if (known.size >= maxRemembered) known.clear()
      if (isMember) known.add(webhookId)
      else known.delete(webhookId)
    },
  }
}

async function nextDue(sql: Sql, { limited, ordered }: KnownWebhooks, webhookIds: readonly string[]) {
  const found = await readNextDue(sql, webhookIds)
  for (const { webhookId, isLimited, isOrdered } of found) {
    limited.learn(webhookId, isLimited)
    ordered.learn(webhookId, isOrdered)
  }
  const withLimits = found.flatMap(({ webhookId, isLimited }) => (isLimited ? [webhookId] : []))
  const ofLimited = withLimits.length === 0 ? [] : await readNextDueLimited(sql, withLimits)
  return [...found.filter(({ isLimited }) => !isLimited), ...ofLimited].flatMap(({ webhookId, inMs }) =>
    inMs === null ? [] : [{ webhookId, inMs }],
  )
}

async function claim(
  sql: Sql,
  system: System,
  { limited, ordered }: KnownWebhooks,
  requests: ClaimRequests,
  lease: LeaseTimes,
): Promise<readonly ClaimedRow[]> {
  const withOrdering = requests.filter(({ webhookId }) => ordered.has(webhookId))
  const withLimits = requests.filter(({ webhookId }) => limited.has(webhookId) && !ordered.has(webhookId))
  const without = requests.filter(({ webhookId }) => !limited.has(webhookId) && !ordered.has(webhookId))
  const isLimited = withOrdering.some(({ webhookId }) => limited.has(webhookId))
  const found = await Promise.all([
    without.length === 0 ? [] : claimUnlimited(sql, system, without, lease),
    withLimits.length === 0 ? [] : claimLimited(sql, system, withLimits, lease),
    withOrdering.length === 0 ? [] : claimOrdered(sql, system, withOrdering, lease, isLimited),
  ])
  return found.flat()
}

function webhookOf(webhooks: ReadonlyMap<string, ClaimedWebhook>, row: ClaimedRow): ClaimedWebhook {
  const webhook = webhooks.get(row.webhook_id)
  if (webhook === undefined)
    throw new Error(`expected webhook ${row.webhook_id} of ${row.delivery_id} to be there`)
  return webhook
}

async function readUrls(sql: Sql, webhookIds: readonly string[]) {
  return sql<{ webhookId: string; projectId: string; url: string }[]>`
    select id as "webhookId", project_id as "projectId", url from webhooks
    where id = any(${[...webhookIds]}::text[])`
}

/** Selects the ids of deleted webhooks with waiting deliveries. */
function deletedWithDue(sql: Sql): Parameters<typeof cancelPending>[1] {
  return sql`
    select w.id from webhooks w
    where w.deleted_at is not null and exists (
      select from due_deliveries where webhook_id = w.id and lease_token is null
    )`
}

function erasePending(sql: Sql, limit: number): Promise<number> {
  return despiteDeadlocks(async () => {
    const done = await sql.begin(async (tx) => {
      const which = tx`order by customer_id limit 1 for update skip locked`
      return { events: await eraseBatch(tx, which, limit) }
    })
    return done.events
  })
}
