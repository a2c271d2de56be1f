/** Decides when a lane that has ended its claim runs again: at the earliest due time of its deliveries in PostgreSQL. */
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import { batched } from '../batch.ts'

/** Maximum lanes whose next due times are read by one statement. */
const maxLanesPerStatement = 200
/** A lane that is due within this time runs at once, without a scheduled wake-up. */
const soonMs = 5
/** Delay before a lane runs again when another process is claiming its due deliveries. */
const claimedElsewhereMs = 100

export interface NextRuns {
  /**
   * Returns the delay in milliseconds until the lane's next run: 0 means at once, null means that no delivery is
   * pending. `claimedNothing`: the lane's last claim returned no delivery. If deliveries are due after an empty claim,
   * the delay is 0. If they are due after a second empty claim, another process is claiming them, and the delay is
   * 100 ms.
   */
  delayOf(webhookId: string, claimedNothing: boolean): Promise<number | null>
  /** The lane's claim returned deliveries. */
  claimed(webhookId: string): void
}

export function makeNextRuns(store: Pick<DispatchStore, 'nextDue'>): NextRuns {
  /** Lanes whose last claim returned no delivery although deliveries were due. */
  const missed = new Set<string>()

  const nextDueOf = batched<string, number | null>(maxLanesPerStatement, async (webhookIds) => {
    const due = new Map((await store.nextDue(webhookIds)).map((one) => [one.webhookId, one.inMs]))
    return webhookIds.map((webhookId) => due.get(webhookId) ?? null)
  })

  return {
    delayOf: async (webhookId, claimedNothing) => {
      const inMs = await nextDueOf(webhookId)
      const isDue = inMs !== null && inMs <= soonMs
      const missedTwice = claimedNothing && isDue && missed.has(webhookId)
      if (claimedNothing && isDue && !missedTwice) missed.add(webhookId)
      else missed.delete(webhookId)
      if (inMs === null) return null
      if (missedTwice) return claimedElsewhereMs
      return isDue ? 0 : Math.ceil(inMs)
    },
    claimed: (webhookId) => void missed.delete(webhookId),
  }
}
