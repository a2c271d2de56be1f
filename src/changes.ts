/** Wires the changes of orders, customers and events, which share transactions. */
import type { Database } from './db/connection/connect.ts'
import { runGroupTx } from './db/tenant/grouped/group-transaction.ts'
import { isRolledBack } from './domain/shared/sqlstate.ts'
import type { FeedNotifier } from './ports/feed-store.ts'
import type { LaneScheduler } from './ports/lane-scheduler.ts'
import type { KeyedLimit } from './runtime/keyed-limit.ts'
import { system } from './runtime/system.ts'
import { commitGroup } from './services/changes/commit-group.ts'
import { expectInTime, makeChangeGroups, type CommitForKey } from './services/changes/change-groups.ts'

/**
 * Groups the changes of all projects that this process commits. After each commit, notifies the feed of events and wakes
 * the lanes.
 */
export function makeCommitForKey({
  db,
  limitOfProject,
  laneScheduler,
  feedNotifier,
}: {
  readonly db: Database
  readonly limitOfProject: KeyedLimit
  readonly laneScheduler: LaneScheduler
  readonly feedNotifier: FeedNotifier
}): CommitForKey {
  return makeChangeGroups({
    commit: async (projectId, members, waits) => {
      const { outcomes, dueWebhooks, hasEvents } = await limitOfProject(projectId, async () => {
        expectInTime(members)
        return runGroupTx(db, projectId, waits, (tx) => commitGroup(tx, members, system))
      })
      if (hasEvents) feedNotifier.notify('EVENTS', [projectId])
      if (dueWebhooks.length > 0) laneScheduler.wakeNow(dueWebhooks)
      return outcomes
    },
    isRolledBack,
  })
}
