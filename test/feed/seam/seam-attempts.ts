/** Attempts that settles record as the dispatcher does, for the schedules of `deliveryAttempts`. */
import type postgres from 'postgres'
import type { Sql } from '../../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { settleBatch } from '../../../src/db/dispatch/settle/settle-batch.ts'
import { makeAttemptFeedStore } from '../../../src/db/feed/attempt-feed.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import type { Claimed, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import type { AttemptFeedItem } from '../../../src/ports/feed-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { endedInterrupted, endedWith, insertDueDeliveries } from '../../db/support/settle-fixture.ts'
import { buildWebhook } from '../../support/samples.ts'
import { RolledBack, type SeamDatabase, type SeamFeed, type WriteBatch } from './seam-fixture.ts'
import { batchesOf, type SeededRandom } from './seam-random.ts'

export const seamAttempts: SeamFeed<AttemptFeedItem> = {
  name: 'ATTEMPTS',
  makeStore: makeAttemptFeedStore,
  labels: ['SUCCEEDED', 'HTTP_ERROR', 'INTERRUPTED'],
  labelOf: ({ outcome }) => outcome,
  fill: async (database, projectId, atLeast, random) => {
    const webhookIds = Array.from({ length: 1 + random.below(3) }, () => system.newId('webhook'))
    const claims = await claimAll(database, projectId, webhookIds, atLeast)
    const writers = 2 + random.below(4)
    return {
      subjectIds: webhookIds,
      count: claims.length,
      writers: Array.from({ length: writers }, (_, writer) => {
        const share = claims.filter((_claim, index) => index % writers === writer)
        const ended = share.map((claimed) => outcomeOf(claimed, random))
        return batchesOf(ended, random).map((batch) => settleIn(database, batch))
      }),
    }
  },
  recorded: async (sql, projectId) => {
    const rows = await sql<{ id: string; position: string; webhook_id: string; outcome: string }[]>`
      select id, position, webhook_id, outcome from attempts where project_id = ${projectId} order by position`
    return rows.map((row) => ({
      id: row.id,
      position: Number(row.position),
      subjectId: row.webhook_id,
      label: row.outcome,
    }))
  },
}

/** Inserts webhooks and their deliveries, at least `atLeast` over all, and claims them. */
async function claimAll(
  { connections: { db, sql } }: SeamDatabase,
  projectId: string,
  webhookIds: readonly string[],
  atLeast: number,
): Promise<readonly Claimed[]> {
  await makeProjectStore(db, wholeProject(projectId)).transaction(async (tx) => {
    for (const id of webhookIds) await tx.insertWebhook(buildWebhook({ id }), { secrets: [], token: null })
  })
  const limit = Math.ceil(atLeast / webhookIds.length)
  for (const webhookId of webhookIds) await insertDueDeliveries(sql, projectId, webhookId, limit)
  const dispatch = makeDispatchStore(sql, system)
  await dispatch.ensurePartitions()
  const limits = webhookIds.map((webhookId) => ({ webhookId, limit }))
  return dispatch.claim(limits, { timeoutMs: 60_000, marginMs: 60_000 })
}

function outcomeOf(claimed: Claimed, random: SeededRandom): SettledAttempt {
  const what = random.below(10)
  if (what === 0) return endedInterrupted(claimed, 0)
  return endedWith(claimed, what <= 3 ? 500 : 200)
}

function settleIn({ writing }: SeamDatabase, batch: readonly SettledAttempt[]): WriteBatch {
  return async (hold) => {
    for (;;) {
      try {
        await writing.begin(async (tx) => {
          await settleBatch(within(tx), batch, (kind) => system.newId(kind))
          await hold()
        })
        return
      } catch (error) {
        if (!(error instanceof RolledBack)) throw error
      }
    }
  }
}

/** Settling opens a transaction where it needs one: inside the fixture's transaction that is a savepoint. */
function within(tx: postgres.TransactionSql): Sql {
  const begin = (work: (inner: postgres.TransactionSql) => Promise<unknown>) => tx.savepoint(work)
  return new Proxy(tx, {
    get: (target, name) => (name === 'begin' ? begin : (Reflect.get(target, name) as unknown)),
  }) as unknown as Sql
}
