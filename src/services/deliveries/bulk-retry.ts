/** Creates bulk retries, and pauses, resumes and cancels them on request. The dispatcher works them off. */
import { auditedBulkRetry } from '../../domain/audit/snapshots.ts'
import {
  isUnfinished,
  maxDeliveries,
  maxUnfinished,
  type BulkRetry,
  type BulkRetryState,
} from '../../domain/deliveries/bulk-retry.ts'
import type { DeliveryFilter } from '../../domain/lists/filters.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'
import { transact } from '../shared/transact.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { checkFilter, checkNamed, checkRate, withDefaultStates } from './check-bulk-retry.ts'

export interface BulkRetryDeps extends MutationDeps {
  /** The id of the caller's key. */
  readonly keyId: string
  /** Makes the dispatcher of this process look for bulk retries. Without one, the sweep of another process does. */
  readonly wakeBulkRetries: () => void
}

export interface BulkRetryInput {
  readonly filter: DeliveryFilter
  readonly ratePerSecond: number
  readonly restartSchedule: boolean
  readonly dryRun: boolean
}

const nothingLeftAlone = { delivered: 0, pending: 0, webhookDisabled: 0, unavailable: 0 }

/**
 * Freezes the set of deliveries that match the filter and starts to retry them; a dry run only counts them. REQUIRED,
 * TOO_MANY, INVALID, NOT_FOUND and UNKNOWN_TOPIC for the filter; INVALID for the rate; LIMIT_REACHED.
 */
export async function retryDeliveries(
  deps: BulkRetryDeps,
  input: BulkRetryInput,
): Promise<Result<BulkRetry>> {
  const problems = [...checkRate(input.ratePerSecond), ...checkFilter(input.filter)]
  if (problems.length > 0) return refused(...problems)
  const unknown = await checkNamed(deps.store, input.filter)
  if (unknown.length > 0) return refused(...unknown)
  const filter = withDefaultStates(input.filter)
  const result = await transact<BulkRetry>(deps.store, async (tx) => {
    const created = input.dryRun
      ? await countOnly(deps, tx, input, filter)
      : await start(deps, tx, input, filter)
    if (!created.ok) return created
    const after = { ...auditedBulkRetry(created.value), filter }
    const objectId = created.value.id
    await writeAuditEntry(deps, tx, { operation: 'deliveriesRetry', objectId, before: null, after })
    return created
  })
  if (!result.ok) return result
  const { id: bulkRetryId, total, dryRun } = result.value
  deps.log.info({ bulkRetryId, total, dryRun }, 'bulk-retry.created')
  deps.wakeBulkRetries()
  return result
}

async function countOnly(
  deps: BulkRetryDeps,
  tx: ProjectTx,
  input: BulkRetryInput,
  filter: DeliveryFilter,
): Promise<Result<BulkRetry>> {
  const { total, webhookDisabled, unavailable } = await tx.countRetryable(filter)
  if (total > maxDeliveries) return refused(tooManyDeliveries())
  const leftAlone = { ...nothingLeftAlone, webhookDisabled, unavailable }
  const counted = {
    ...newBulkRetry(deps, tx, input),
    state: 'DONE',
    total,
    leftAlone,
    finishedAt: tx.now,
  } as const
  await tx.insertBulkRetry(counted, filter)
  return ok(counted)
}

async function start(
  deps: BulkRetryDeps,
  tx: ProjectTx,
  input: BulkRetryInput,
  filter: DeliveryFilter,
): Promise<Result<BulkRetry>> {
  const unfinished = await tx.countUnfinishedBulkRetries()
  if (unfinished >= maxUnfinished)
    return refused(
      problem(
        'LIMIT_REACHED',
        [],
        `${unfinished} bulk retries are RUNNING or PAUSED; each partner, and all keys without a partner together, may have ${maxUnfinished}: wait until one has finished, or cancel one`,
      ),
    )
  const created = newBulkRetry(deps, tx, input)
  await tx.insertBulkRetry(created, filter)
  const total = await tx.freezeSet(created.id, filter)
  return total > maxDeliveries ? refused(tooManyDeliveries()) : ok({ ...created, total })
}

function newBulkRetry(
  { system, keyId }: BulkRetryDeps,
  { now }: ProjectTx,
  { ratePerSecond, restartSchedule, dryRun }: BulkRetryInput,
): BulkRetry {
  const progress = {
    state: 'RUNNING',
    total: 0,
    delivered: 0,
    failed: 0,
    leftAlone: nothingLeftAlone,
  } as const
  const given = { keyId, ratePerSecond, restartSchedule, dryRun }
  return { id: system.newId('bulkRetry'), ...given, ...progress, createdAt: now, finishedAt: null }
}

function tooManyDeliveries(): Problem {
  const message = `the filter selects more than ${maxDeliveries} deliveries; limit createdAt or name webhooks`
  return problem('LIMIT_REACHED', ['filter'], message)
}

/** Pauses a RUNNING bulk retry. NOT_FOUND; CONFLICT when it is DONE or CANCELLED. */
export function pauseBulkRetry(deps: BulkRetryDeps, id: string): Promise<Result<BulkRetry>> {
  return changeState(deps, id, 'bulkRetryPause', 'PAUSED')
}

/** Continues a PAUSED bulk retry. NOT_FOUND; CONFLICT when it is DONE or CANCELLED. */
export function resumeBulkRetry(deps: BulkRetryDeps, id: string): Promise<Result<BulkRetry>> {
  return changeState(deps, id, 'bulkRetryResume', 'RUNNING')
}

/** Ends a bulk retry that is RUNNING or PAUSED. NOT_FOUND; CONFLICT when it is DONE. */
export function cancelBulkRetry(deps: BulkRetryDeps, id: string): Promise<Result<BulkRetry>> {
  return changeState(deps, id, 'bulkRetryCancel', 'CANCELLED')
}

/** A bulk retry that has the state already is returned unchanged. */
async function changeState(
  deps: BulkRetryDeps,
  id: string,
  operation: string,
  state: BulkRetryState,
): Promise<Result<BulkRetry>> {
  const result = await transact<BulkRetry>(deps.store, async (tx) => {
    const before = isIdOf('bulkRetry', id) ? await tx.lockBulkRetry(id) : null
    if (before === null)
      return refused(problem('NOT_FOUND', ['id'], 'there is no such bulk retry in this project'))
    if (before.state === state) return ok(before)
    if (!isUnfinished(before.state))
      return refused(
        problem('CONFLICT', ['id'], `the bulk retry is ${before.state}: it cannot become ${state} any more`),
      )
    const after = await tx.setBulkRetryState(id, state)
    const audited = { before: auditedBulkRetry(before), after: auditedBulkRetry(after) }
    await writeAuditEntry(deps, tx, { operation, objectId: id, ...audited })
    return ok(after)
  })
  if (!result.ok) return result
  deps.log.info({ bulkRetryId: id, state: result.value.state }, 'bulk-retry.changed')
  deps.wakeBulkRetries()
  return result
}
