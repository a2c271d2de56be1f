/** The context that every mutation's service receives, and the version check that several services share. */
import { problem, type Problem } from '../../domain/shared/problem.ts'
import type { System } from '../../ports/system.ts'
import type { Log } from '../../ports/log.ts'
import type { LaneScheduler } from '../../ports/lane-scheduler.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'

/** The store of the caller's project, and the parts of the process that a mutation uses. */
export interface MutationDeps {
  readonly store: ProjectStore
  readonly system: System
  readonly laneScheduler: LaneScheduler
  readonly log: Log
}

/**
 * Returns VERSION_CONFLICT when the caller expects another version, because another caller changed the object first.
 */
export function checkVersion(
  thing: { readonly version: number },
  expected: number | null | undefined,
): Problem | null {
  if (expected === null || expected === undefined || expected === thing.version) return null
  const message = `expected version ${expected}, found version ${thing.version}: read the object again before you repeat the change`
  return problem('VERSION_CONFLICT', ['expectedVersion'], message)
}
