/** Ids, random numbers and clocks. The domain does not use them directly; services and the dispatcher receive them. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { System } from '../ports/system.ts'
import { newId } from './new-id.ts'

/** The system of a real process. Tests replace it. */
export const system: System = {
  newId,
  newUuid: randomUUID,
  randomBytes: (count) => randomBytes(count),
  random: Math.random,
  monotonicMs: () => performance.now(),
  clocks: () => ({ monotonicMs: performance.now(), wallMs: Date.now() }),
}
