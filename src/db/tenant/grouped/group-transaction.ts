/**
 * The transaction of a group of changes of one project. Each change is read, decided and written with all others of its
 * group, in a fixed number of statements.
 */
import type { Database } from '../../connection/connect.ts'
import { despiteDeadlocks } from '../../connection/retry.ts'
import { withScope } from '../../connection/tenant-scope.ts'
import { wholeProject } from '../../../domain/access/scope.ts'
import { subscribers } from '../writes/webhook-writes.ts'
import type { GroupContext } from './group-context.ts'
import { readAnswers, lockKeys } from './idempotency-keys.ts'
import { customersByIds, lockCounters, lockOrders, sitesByIds } from './read-group.ts'
import { writeGroup } from './write-group.ts'

/** The statements of the transaction of one group. */
export type GroupTx = ReturnType<typeof makeGroupTx>

/** Runs `work` in one transaction of the project, which rolls back when `work` throws. Tries again after a deadlock. */
export function runGroupTx<T>(
  db: Database,
  projectId: string,
  waits: boolean,
  work: (tx: GroupTx) => Promise<T>,
): Promise<T> {
  const scope = wholeProject(projectId)
  return despiteDeadlocks(() =>
    withScope(db, scope, (tx, began) => work(makeGroupTx({ tx, projectId, waits }, began))),
  )
}

function makeGroupTx(context: GroupContext, began: Promise<Date>) {
  const bind =
    <Parameters extends unknown[], Result>(
      statement: (context: GroupContext, ...parameters: Parameters) => Result,
    ) =>
    (...parameters: Parameters): Result =>
      statement(context, ...parameters)
  return {
    /** Start of the transaction on the database's clock. */
    began,
    lockKeys: bind(lockKeys),
    readAnswers: bind(readAnswers),
    lockOrders: bind(lockOrders),
    sitesByIds: bind(sitesByIds),
    customersByIds: bind(customersByIds),
    lockCounters: bind(lockCounters),
    subscribers: () => subscribers({ tx: context.tx, scope: wholeProject(context.projectId) }),
    write: bind(writeGroup),
  }
}
