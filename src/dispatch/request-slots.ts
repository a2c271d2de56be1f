/**
 * Request slots of this process. A slot counts against three limits at once: the window of its lane, the capacity of
 * the process, and the limit of its host. Slots are taken before deliveries are claimed, so that deliveries without a
 * slot wait in PostgreSQL and not under a lease.
 */
import { makeCapacity } from '../domain/deliveries/capacity.ts'
import type { Sender } from '../ports/sender.ts'
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
const placesPerTurn = 10

export interface RequestSlot {
  /** Counts the slot at another host, because the webhook's URL has changed. */
  moveTo(host: string): void
  /** Releases the slot. Further calls have no effect. */
  leave(): void
}

export interface Places {
  /** Whether the lane has fewer than `windowSize` requests in flight. */
  windowHasRoom(webhookId: string): boolean
  /**
   * Takes slots for the next waiting lanes of the projects that `mayClaim` accepts, and removes those lanes from
   * `waiting`.
   */
  deal(waiting: WaitingLanes, mayClaim: (projectId: string) => boolean): Map<Lane, RequestSlot[]>
}

/** `onLeft` is called with the lane of each slot that is released. */
export function makeRequestSlots(
  sender: Pick<Sender, 'hasRoomAt' | 'enter'>,
  onLeft: (lane: Lane) => void,
): Places {
  const capacity = makeCapacity(maxSends)
  const windows = new Map<string, number>()

  const windowHasRoom = (webhookId: string): boolean => (windows.get(webhookId) ?? 0) < windowSize
  const hasRoom = ({ webhookId, projectId, host }: Lane): boolean =>
    windowHasRoom(webhookId) && capacity.hasRoom(projectId) && sender.hasRoomAt(host, projectId)

  function take(lane: Lane): RequestSlot {
    const { webhookId, projectId } = lane
    capacity.take(projectId)
    windows.set(webhookId, (windows.get(webhookId) ?? 0) + 1)
    let leaveHost = sender.enter(lane.host, projectId)
    let isTaken = true
    return {
      moveTo: (host) => {
        if (!isTaken) return
        leaveHost()
        leaveHost = sender.enter(host, projectId)
      },
      leave: () => {
        if (!isTaken) return
        isTaken = false
        capacity.give(projectId)
        const left = (windows.get(webhookId) ?? 0) - 1
        if (left > 0) windows.set(webhookId, left)
        else windows.delete(webhookId)
        leaveHost()
        onLeft(lane)
      },
    }
  }

  return {
    windowHasRoom,
    deal: (waiting, mayClaim) => {
      const dealt = new Map<Lane, RequestSlot[]>()
      let left = maxDeliveriesPerClaim
      const room = {
        ofProject: (projectId: string) => mayClaim(projectId) && capacity.hasRoom(projectId),
        atHost: (host: string, projectId: string) => sender.hasRoomAt(host, projectId),
      }
      while (left > 0 && dealt.size < maxLanesPerClaim) {
        const lane = waiting.next(room)
        if (lane === null) break
        const places = dealt.get(lane) ?? []
        dealt.set(lane, places)
        for (let turn = 0; turn < placesPerTurn && left > 0 && hasRoom(lane); turn += 1) {
          places.push(take(lane))
          left -= 1
        }
        // The lane receives more slots after the other lanes were served.
        if (windowHasRoom(lane.webhookId)) waiting.add(lane)
      }
      for (const { webhookId } of dealt.keys()) waiting.remove(webhookId)
      return dealt
    },
  }
}
