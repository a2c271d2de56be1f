/**
 * How many requests each project may have under way where all projects share one capacity. A request that is under way
 * is not interrupted, so the decision leaves capacity free: a project may hold more only while it holds less than a
 * multiple of what is free. The more projects send, the less is free, and the smaller is the share of each. (Network
 * switches share their buffer memory between ports in the same way, by "dynamic thresholds".)
 */

/** This part of the capacity is a reserve for projects that hold little. */
const reserveDivisor = 10
/** Beyond the reserve a project may hold this multiple of what is free: four fifths of the capacity when it is alone. */
const shareOfFree = 8
/** In the reserve a project may hold one for this many that are free: some 50 projects find room in it one after the other. */
const freePerReserved = 16

/** Whether a project that holds `held` may begin one more request, where `free` of the capacity are free. */
export function mayTake(capacity: number, free: number, held: number): boolean {
  if (free <= 0) return false
  const beyondReserve = free - Math.floor(capacity / reserveDivisor)
  // A project that holds nothing always finds room while any is left.
  return held < Math.max(1, beyondReserve * shareOfFree, free / freePerReserved)
}

/** What is taken of one capacity, and by which projects. */
export interface Capacity {
  hasRoom(projectId: string): boolean
  /** Takes one, whether there is room or not. */
  take(projectId: string): void
  /** Gives one back. */
  give(projectId: string): void
  /** How many are taken in all. */
  taken(): number
}

export function makeCapacity(capacity: number): Capacity {
  const heldBy = new Map<string, number>()
  let taken = 0
  const heldOf = (projectId: string): number => heldBy.get(projectId) ?? 0
  return {
    hasRoom: (projectId) => mayTake(capacity, capacity - taken, heldOf(projectId)),
    take: (projectId) => {
      taken += 1
      heldBy.set(projectId, heldOf(projectId) + 1)
    },
    give: (projectId) => {
      const left = heldOf(projectId) - 1
      if (left < 0) throw new Error(`expected ${projectId} to hold a part of the capacity, it holds none`)
      taken -= 1
      if (left === 0) heldBy.delete(projectId)
      else heldBy.set(projectId, left)
    },
    taken: () => taken,
  }
}
