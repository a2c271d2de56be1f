/**
 * Request slots of this process. A slot counts against three limits at once: the window of its lane, the capacity of
 * the process, and the limit of its host. Slots are taken before deliveries are claimed, so that deliveries without a
 * slot wait in PostgreSQL and not under a lease. Only quick lanes claim some ahead.
 */
import { makeCapacity, type Capacity } from '../../domain/deliveries/capacity.ts'
import { makeKeyedCounter, type KeyedCounter } from '../../domain/shared/keyed-counter.ts'
import type { Sender } from '../../ports/sender.ts'
import type { Lane, WaitingLanes } from './waiting-lanes.ts'

/** Maximum requests of one webhook in flight, in one process. */
export const windowSize = 50
/** Maximum requests in flight in one process. */
export const maxSends = 1_000
/** Maximum deliveries in one claim. A larger claim, and the sends that follow it, would delay the next lanes. */
export const maxDeliveriesPerClaim = 200
/** Maximum lanes in one claim. */
export const maxLanesPerClaim = 200
/** Slots that a lane receives before the next lane is served. */
const slotsPerRound = 10

export interface RequestSlot {
  /** Counts the slot at another host, because the webhook's URL has changed. */
  moveTo(host: string): void
  /** Releases the slot. Further calls have no effect. */
  release(): void
}

/** Which lanes may be served, apart from the limits of slots. */
export interface MayServe {
  /** Whether any lane of the project may be served. */
  project(projectId: string): boolean
  lane(lane: Lane): boolean
}

export interface RequestSlots {
  /** Whether at least half of the slots are free. */
  isMostlyFree(): boolean
  /** Whether the lane has fewer than `windowSize` requests in flight. */
  windowHasRoom(webhookId: string): boolean
  /** Takes slots for the next waiting lanes that may be served, and removes those lanes from `waiting`. */
  allocate(waiting: WaitingLanes, mayServe: MayServe): Map<Lane, RequestSlot[]>
}

/** What limits the slots of this process. */
interface SlotLimits {
  readonly sender: Pick<Sender, 'hasRoomAt' | 'enter'>
  readonly capacity: Capacity
  /** Requests in flight by webhook. */
  readonly windows: KeyedCounter<string>
  /** Called with the lane of each slot that is released. */
  readonly onReleased: (lane: Lane) => void
}

/** `onReleased` is called with the lane of each slot that is released. */
export function makeRequestSlots(
  sender: Pick<Sender, 'hasRoomAt' | 'enter'>,
  onReleased: (lane: Lane) => void,
): RequestSlots {
  const limits: SlotLimits = {
    sender,
    capacity: makeCapacity(maxSends),
    windows: makeKeyedCounter<string>(),
    onReleased,
  }
  return {
    isMostlyFree: () => limits.capacity.taken() <= maxSends / 2,
    windowHasRoom: (webhookId) => windowHasRoom(limits, webhookId),
    allocate: (waiting, mayServe) => allocate(limits, waiting, mayServe),
  }
}

function allocate(limits: SlotLimits, waiting: WaitingLanes, mayServe: MayServe): Map<Lane, RequestSlot[]> {
  const { capacity, sender } = limits
  const granted = new Map<Lane, RequestSlot[]>()
  let left = maxDeliveriesPerClaim
  const free = {
    forProject: (projectId: string) => mayServe.project(projectId) && capacity.hasRoom(projectId),
    forLane: (lane: Lane) => mayServe.lane(lane),
    atHost: (host: string, projectId: string) => sender.hasRoomAt(host, projectId),
  }
  while (left > 0 && granted.size < maxLanesPerClaim) {
    const lane = waiting.next(free)
    if (lane === null) break
    const slots = granted.get(lane) ?? []
    granted.set(lane, slots)
    for (let taken = 0; taken < slotsPerRound && left > 0 && hasRoom(limits, lane); taken += 1) {
      slots.push(takeSlot(limits, lane))
      left -= 1
    }
    // The lane receives more slots after the other lanes were served.
    if (windowHasRoom(limits, lane.webhookId)) waiting.add(lane)
  }
  for (const { webhookId } of granted.keys()) waiting.remove(webhookId)
  return granted
}

function windowHasRoom({ windows }: SlotLimits, webhookId: string): boolean {
  return windows.countOf(webhookId) < windowSize
}

function hasRoom(limits: SlotLimits, { webhookId, projectId, host }: Lane): boolean {
  const { capacity, sender } = limits
  return windowHasRoom(limits, webhookId) && capacity.hasRoom(projectId) && sender.hasRoomAt(host, projectId)
}

function takeSlot({ sender, capacity, windows, onReleased }: SlotLimits, lane: Lane): RequestSlot {
  const { webhookId, projectId } = lane
  capacity.take(projectId)
  windows.add(webhookId, 1)
  let leaveHost = sender.enter(lane.host, projectId)
  let isTaken = true
  return {
    moveTo: (host) => {
      if (!isTaken) return
      leaveHost()
      leaveHost = sender.enter(host, projectId)
    },
    release: () => {
      if (!isTaken) return
      isTaken = false
      capacity.give(projectId)
      windows.add(webhookId, -1)
      leaveHost()
      onReleased(lane)
    },
  }
}
