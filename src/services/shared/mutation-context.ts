/** What every mutation's service is given, and the version check that several of them share. */
import { problem, type Problem } from '../../domain/shared/problem.ts'
import type { System, Log, LaneScheduler } from '../../ports/platform.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'

/** What the steps of a mutation need besides the project's rows. */
export interface MutationWorld {
  readonly store: ProjectStore
  readonly system: System
  readonly laneScheduler: LaneScheduler
  readonly log: Log
}

/** A stale version is a problem: somebody else was faster. */
export function checkVersion(
  thing: { readonly version: number },
  expected: number | null | undefined,
): Problem | null {
  if (expected === null || expected === undefined || expected === thing.version) return null
  const message = `expected version ${expected}, it is ${thing.version}; read it again and decide anew`
  return problem('VERSION_CONFLICT', ['expectedVersion'], message)
}
