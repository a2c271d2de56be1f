/** Ids, random numbers and clocks. The domain does not use them directly; services and the dispatcher receive them. */
import { randomBytes, randomUUID } from 'node:crypto'
import { TypeID } from 'typeid-js'
import { v7 } from 'uuid'
import { idPrefixes } from '../domain/shared/ids.ts'
import type { System } from '../ports/system.ts'

/** The system of a real process. Tests replace it. */
export const system: System = {
  newId: (kind, at) =>
    TypeID.fromUUID(idPrefixes[kind], at === undefined ? v7() : v7({ msecs: at.getTime() })).toString(),
  newUuid: randomUUID,
  randomBytes: (count) => randomBytes(count),
  random: Math.random,
  monotonicMs: () => performance.now(),
  clocks: () => ({ monotonicMs: performance.now(), wallMs: Date.now() }),
}
