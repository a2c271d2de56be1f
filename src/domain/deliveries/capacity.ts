/**
 * Divides one limit of concurrent requests among projects. A running request is not interrupted, so some capacity must
 * stay free: a project may start another request only while it holds less than a multiple of the free capacity. The
 * more projects send, the smaller the share of each. Network switches share buffer memory between ports in the same
 * way ("dynamic thresholds").
 */
import { makeKeyedCounter } from '../shared/keyed-counter.ts'

/** One tenth of the capacity is a reserve for projects that hold few slots. */
const reserveDivisor = 10
/** A project may hold up to 8 x (free - reserve) slots. A single active project thus levels off at 80 % of the capacity. */
const shareOfFree = 8
/** In the reserve, a project may hold one slot per this many free slots, so that about 50 projects fit into it. */
const freePerReserved = 16

/** Returns whether a project that holds `held` slots may start one more request when `free` slots are free. */
export function mayTake(capacity: number, free: number, held: number): boolean {
  if (free <= 0) return false
  const beyondReserve = free - Math.floor(capacity / reserveDivisor)
  // A project that holds no slot may take one while any is free.
  return held < Math.max(1, beyondReserve * shareOfFree, free / freePerReserved)
}

/** The slots that each project holds of one capacity. */
export interface Capacity {
  /** Whether the project may take one more slot. */
  hasRoom(projectId: string): boolean
  /** Takes a slot. Does not check `hasRoom`. */
  take(projectId: string): void
  /** Returns a slot. Throws when the project holds none. */
  give(projectId: string): void
  /** Slots that all projects hold together. */
  taken(): number
}

/** `capacity`: the number of slots. */
export function makeCapacity(capacity: number): Capacity {
  const held = makeKeyedCounter<string>()
  let taken = 0
  return {
    hasRoom: (projectId) => mayTake(capacity, capacity - taken, held.countOf(projectId)),
    take: (projectId) => {
      taken += 1
      held.add(projectId, 1)
    },
    give: (projectId) => {
      if (held.countOf(projectId) === 0)
        throw new Error(`expected ${projectId} to hold a part of the capacity, it holds none`)
      held.add(projectId, -1)
      taken -= 1
    },
    taken: () => taken,
  }
}
