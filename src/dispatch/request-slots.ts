/**
 * Places for requests under way in this process. A place counts at once in the window of its lane, in the capacity of
 * the process and at its host. Places are taken before deliveries are claimed, so that what finds no room waits in
 * PostgreSQL and not under a lease.
 */
import { makeCapacity } from '../domain/deliveries/capacity.ts'
import type { Sender } from '../ports/platform.ts'
import type { Lane, WaitingLanes } from './waiting-lanes.ts'

/** Sends of one webhook under way at once, in one process. */
export const windowSize = 50
/** Sends under way at once in one process. */
export const maxSends = 1_000
/** Deliveries in one claim: a longer statement, and the sends after it, would delay the lanes that come next. */
export const maxDeliveriesPerClaim = 200
/** Lanes in one claim. */
export const maxLanesPerClaim = 200
/** Places that a lane is given before it is the turn of the next lane. */
const placesPerTurn = 10

export interface RequestSlot {
  /** The request goes to another host than was known. */
  moveTo(host: string): void
  /** Once is enough. */
  leave(): void
}

export interface Places {
  /** Whether the lane's window has room. */
  windowHasRoom(webhookId: string): boolean
  /** Takes places for the lanes whose turn it is and removes those lanes from the waiting list. */
  deal(waiting: WaitingLanes, mayClaim: (projectId: string) => boolean): Map<Lane, RequestSlot[]>
}

/** `onLeft` is called whenever a lane has left a place. */
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
        // It has another turn when the others have had theirs.
        if (windowHasRoom(lane.webhookId)) waiting.add(lane)
      }
      for (const { webhookId } of dealt.keys()) waiting.remove(webhookId)
      return dealt
    },
  }
}
