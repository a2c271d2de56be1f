/** Events that changes store in groups, as an API process does, for the schedules of `events`. */
import { makeEventFeedStore } from '../../../src/db/feed/event-feed.ts'
import { runGroupTx } from '../../../src/db/tenant/grouped/group-transaction.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import type { EventFeedItem } from '../../../src/domain/feed/event-item.ts'
import type { Result } from '../../../src/domain/shared/problem.ts'
import type { ChangeDeps } from '../../../src/services/changes/change.ts'
import { makeChangeGroups } from '../../../src/services/changes/change-groups.ts'
import { commitGroup } from '../../../src/services/changes/commit-group.ts'
import type { TopicDeps } from '../../../src/services/events/change-topic.ts'
import { publishEvent } from '../../../src/services/events/publish-event.ts'
import { changeOrderDetails, changeOrderState } from '../../../src/services/orders/change-order.ts'
import { createSite } from '../../../src/services/orders/change-site.ts'
import { createOrder } from '../../../src/services/orders/create-order.ts'
import { system } from '../../../src/runtime/system.ts'
import { nullLog } from '../../support/null-log.ts'
import { RolledBack, type SeamDatabase, type SeamFeed, type WriteBatch } from './seam-fixture.ts'
import { batchesOf, type SeededRandom } from './seam-random.ts'

/** A change that stores one event. */
type Change = (deps: SeamDeps) => Promise<Result<unknown>>
type SeamDeps = ChangeDeps & TopicDeps

export const seamEvents: SeamFeed<EventFeedItem> = {
  name: 'EVENTS',
  makeStore: makeEventFeedStore,
  labels: ['order.created', 'order.updated', 'order.state_changed', 'menu.updated'],
  labelOf: ({ topic }) => topic,
  fill: async (database, projectId, atLeast, random) => {
    const depsWith = (hold: () => Promise<void>): SeamDeps => changeDeps(database, projectId, hold)
    const deps = depsWith(() => Promise.resolve())
    const siteId = taken(await createSite(deps, { name: 'Main Street' })).id
    const orderIds: string[] = []
    for (let count = 2 + random.below(4); count > 0; count -= 1)
      orderIds.push(taken(await createOrder(deps, { siteId })).order.id)
    const writers = Array.from({ length: 2 + random.below(4) }, (_, writer) => {
      const changes = Array.from({ length: Math.ceil(atLeast / 2) }, (_each, index) =>
        changeOf(random, siteId, orderIds, `Bay ${writer} ${index}`),
      )
      return batchesOf(changes, random).map((batch) => commitIn(depsWith, batch))
    })
    // A state that an order already has makes no event, so the changes of states are these.
    const moves = batchesOf(
      orderIds.map(
        (orderId): Change =>
          (own) =>
            changeOrderState(own, { orderId, state: 'READY' }),
      ),
      random,
    )
    return {
      subjectIds: orderIds,
      count: 2 * orderIds.length + writers.length * Math.ceil(atLeast / 2),
      writers: [...writers, moves.map((batch) => commitIn(depsWith, batch))],
    }
  },
  recorded: async (sql, projectId) => {
    const rows = await sql<{ id: string; position: string; order_id: string | null; topic: string }[]>`
      select id, position, order_id, topic from events where project_id = ${projectId} order by position`
    return rows.map((row) => ({
      id: row.id,
      position: Number(row.position),
      subjectId: row.order_id,
      label: row.topic,
    }))
  },
}

function changeOf(
  random: SeededRandom,
  siteId: string,
  orderIds: readonly string[],
  areaName: string,
): Change {
  const orderId = random.pick(orderIds)
  return random.pick<Change>([
    (deps) => createOrder(deps, { siteId }),
    (deps) => changeOrderDetails(deps, { orderId, areaName }),
    (deps) => changeOrderDetails(deps, { orderId, areaName }),
    (deps) => publishEvent(deps, { topic: 'menu.updated', data: { areaName } }),
  ])
}

/** The groups of a process of its own. Each of their transactions commits after `hold`. */
function changeDeps(
  { connections: { db } }: SeamDatabase,
  projectId: string,
  hold: () => Promise<void>,
): SeamDeps {
  const commit = makeChangeGroups({
    commit: (id, members, waits) =>
      runGroupTx(db, id, waits, async (tx) => {
        const { outcomes } = await commitGroup(tx, members, system)
        await hold()
        return outcomes
      }),
    isRolledBack: (error) => error instanceof RolledBack,
  })
  return {
    store: makeProjectStore(db, wholeProject(projectId)),
    system,
    laneScheduler: { wakeNow: () => undefined, wakeAt: () => undefined },
    log: nullLog,
    projectId,
    // The data of the schedules are not checked.
    schemas: { fault: () => null, breaches: () => [] },
    runFairly: async (_projectId, work) => work(),
    commitChange: (change) => commit(projectId, null, change),
  }
}

/** Makes the changes at once, so that they share transactions as far as their orders allow. */
function commitIn(depsWith: (hold: () => Promise<void>) => SeamDeps, batch: readonly Change[]): WriteBatch {
  return async (hold) => {
    const deps = depsWith(hold)
    await Promise.all(batch.map((change) => untilCommitted(change, deps)))
  }
}

/** Repeats a change that was rolled back in a group and then alone. */
async function untilCommitted(change: Change, deps: SeamDeps): Promise<void> {
  for (;;) {
    try {
      taken(await change(deps))
      return
    } catch (error) {
      if (!(error instanceof RolledBack)) throw error
    }
  }
}

function taken<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`expected a change, found ${JSON.stringify(result.problems)}`)
  return result.value
}
