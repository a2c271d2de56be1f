/**
 * Gathers the concurrent changes of each project into groups that share a transaction. A change that arrives alone
 * is committed at once. While a group of its project is being committed, further changes gather for the next one. A change
 * is committed alone when another transaction has locked what it needs, or when its group failed.
 */
import type { Result } from '../../domain/shared/problem.ts'
import type { Change, Committed } from './change.ts'
import type { Outcome } from './commit-group.ts'

/** Maximum changes in one transaction. */
const maxMembers = 64
/** Maximum data in one transaction, in bytes. A change with more data is the only one of its group. */
const maxBytes = 1_000_000
/** Maximum concurrent transactions of changes that are committed alone, per project. Each may wait for a lock. */
const maxAlone = 3
/** A change that has waited longer for its transaction is not started: its client has received an error. */
const maxWaitMs = 20_000

/** A change that waits for its outcome. */
interface Pending {
  readonly change: Change<unknown>
  readonly keyId: string | null
  /** The order and the idempotency key. Changes with a common name run one after another. */
  readonly names: readonly string[]
  readonly sinceMs: number
  readonly resolve: (result: Result<Committed<unknown>>) => void
  readonly reject: (error: unknown) => void
}

/** The changes of a project in this process. */
interface Project {
  readonly id: string
  /** Changes that wait for a group, oldest first. */
  gathering: Pending[]
  /** Changes that wait to be committed alone, oldest first. */
  alone: Pending[]
  /** The names of all changes that are in `alone` or in a running transaction. */
  readonly taken: Set<string>
  isGroupRunning: boolean
  runningAlone: number
  isScheduled: boolean
}

export interface ChangeGroupDeps {
  /**
   * Commits the changes in one transaction. `waits`: for locks of other transactions. Throws when all of them failed.
   */
  readonly commit: (
    projectId: string,
    members: readonly Pick<Pending, 'change' | 'keyId' | 'sinceMs'>[],
    waits: boolean,
  ) => Promise<readonly Outcome[]>
  /** Whether the transaction was certainly rolled back. */
  readonly isRolledBack: (error: unknown) => boolean
}

/** Commits a change of a project for a key. Rejects when it is not known whether the change was stored. */
export type CommitForKey = <T>(
  projectId: string,
  keyId: string | null,
  change: Change<T>,
) => Promise<Result<Committed<T>>>

export function makeChangeGroups(deps: ChangeGroupDeps): CommitForKey {
  const projects = new Map<string, Project>()
  return <T>(projectId: string, keyId: string | null, change: Change<T>) =>
    new Promise<Result<Committed<T>>>((resolve, reject) => {
      const project = projects.get(projectId) ?? newProject(projectId)
      projects.set(projectId, project)
      project.gathering.push({
        change,
        keyId,
        names: namesOf(change),
        sinceMs: performance.now(),
        // The outcome of a change has the type of its own decision.
        resolve: resolve as Pending['resolve'],
        reject,
      })
      schedule(deps, projects, project)
    })
}

function newProject(id: string): Project {
  return {
    id,
    gathering: [],
    alone: [],
    taken: new Set(),
    isGroupRunning: false,
    runningAlone: 0,
    isScheduled: false,
  }
}

function namesOf({ reads, request }: Change<unknown>): readonly string[] {
  const { mutation, idempotencyKey: key } = request
  return [
    ...(reads.orderId === undefined ? [] : [`order ${reads.orderId}`]),
    ...(key === null ? [] : [`key ${mutation} ${key}`]),
  ]
}

/** Starts transactions in the next event-loop iteration, so that changes of the same iteration share one. */
function schedule(deps: ChangeGroupDeps, projects: Map<string, Project>, project: Project): void {
  if (project.isScheduled) return
  project.isScheduled = true
  setImmediate(() => {
    project.isScheduled = false
    startAll(deps, projects, project)
  })
}

function startAll(deps: ChangeGroupDeps, projects: Map<string, Project>, project: Project): void {
  rejectLate(project)
  while (project.runningAlone < maxAlone) {
    const next = project.alone.shift()
    if (next === undefined) break
    project.runningAlone += 1
    void commitAlone(deps, project, next).finally(() => {
      project.runningAlone -= 1
      schedule(deps, projects, project)
    })
  }
  const group = project.isGroupRunning ? [] : takeGroup(project)
  if (group.length > 0) {
    project.isGroupRunning = true
    void commitTogether(deps, project, group).finally(() => {
      project.isGroupRunning = false
      schedule(deps, projects, project)
    })
  }
  const waiting = project.gathering.length + project.alone.length
  if (waiting + project.runningAlone === 0 && !project.isGroupRunning) projects.delete(project.id)
}

/** Takes the oldest changes that may run now. Changes with a common name keep their order. */
function takeGroup(project: Project): readonly Pending[] {
  const group: Pending[] = []
  const left: Pending[] = []
  const names = new Set<string>()
  let bytes = 0
  for (const pending of project.gathering) {
    const isFull =
      group.length >= maxMembers || (group.length > 0 && bytes + pending.change.dataBytes > maxBytes)
    const isFree = pending.names.every((name) => !names.has(name) && !project.taken.has(name))
    for (const name of pending.names) names.add(name)
    if (isFull || !isFree) {
      left.push(pending)
      continue
    }
    group.push(pending)
    bytes += pending.change.dataBytes
  }
  project.gathering = left
  for (const { names: own } of group) for (const name of own) project.taken.add(name)
  return group
}

async function commitTogether(
  deps: ChangeGroupDeps,
  project: Project,
  group: readonly Pending[],
): Promise<void> {
  try {
    const outcomes = await deps.commit(project.id, group, false)
    for (const [place, pending] of group.entries()) {
      const outcome = outcomes[place]
      if (outcome?.kind === 'BUSY') project.alone.push(pending)
      else end(project, pending, outcome)
    }
  } catch (error) {
    // One member may have failed all. Without a certain rollback, a repetition might store a change twice.
    if (deps.isRolledBack(error)) project.alone.push(...group)
    else for (const pending of group) end(project, pending, { kind: 'FAILED', error })
  }
}

async function commitAlone(deps: ChangeGroupDeps, project: Project, pending: Pending): Promise<void> {
  try {
    const [outcome] = await deps.commit(project.id, [pending], true)
    end(project, pending, outcome)
  } catch (error) {
    end(project, pending, { kind: 'FAILED', error })
  }
}

function end(project: Project, pending: Pending, outcome: Outcome | undefined): void {
  for (const name of pending.names) project.taken.delete(name)
  if (outcome?.kind === 'ANSWERED') pending.resolve(outcome.result)
  else if (outcome?.kind === 'FAILED') pending.reject(outcome.error)
  else pending.reject(new Error('expected an outcome for each change of a group, found none'))
}

/** Throws when a change has waited so long that its client has received an error. */
export function expectInTime(members: readonly Pick<Pending, 'sinceMs'>[]): void {
  if (members.some(isLate)) throw tooLate()
}

function isLate({ sinceMs }: Pick<Pending, 'sinceMs'>): boolean {
  return performance.now() - sinceMs > maxWaitMs
}

function tooLate(): Error {
  return new Error(`the change was not started within ${maxWaitMs} ms`)
}

function rejectLate(project: Project): void {
  const error = tooLate()
  for (const pending of project.gathering.filter(isLate)) pending.reject(error)
  project.gathering = project.gathering.filter((pending) => !isLate(pending))
  for (const pending of project.alone.filter(isLate)) end(project, pending, { kind: 'FAILED', error })
  project.alone = project.alone.filter((pending) => !isLate(pending))
}
