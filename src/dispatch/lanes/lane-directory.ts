/** The project and the host of each webhook's lane, read from the database in batches and cached. */
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { Sender } from '../../ports/sender.ts'
import { batched } from '../batch.ts'
import type { Lane } from './waiting-lanes.ts'

/** Maximum lanes whose URLs are read by one statement. */
const maxLanesPerStatement = 200
/** Maximum webhooks whose project and host are cached. When the cache is full it is cleared. */
const maxCached = 100_000

export interface LaneDirectory {
  /** The cached lane of the webhook. */
  cached(webhookId: string): Lane | undefined
  /** Reads the lane from the database. Null: the webhook was deleted. */
  load(webhookId: string): Promise<Lane | null>
  /** Stores the lane in the cache, for example after the webhook's URL has changed. */
  remember(lane: Lane): void
}

export function makeLaneDirectory({
  store,
  sender,
}: {
  readonly store: Pick<DispatchStore, 'urlsOf'>
  readonly sender: Pick<Sender, 'hostOf'>
}): LaneDirectory {
  const lanes = new Map<string, Lane>()

  function remember(lane: Lane): void {
    if (lanes.size >= maxCached) lanes.clear()
    lanes.set(lane.webhookId, lane)
  }

  const load = batched<string, Lane | null>(maxLanesPerStatement, async (webhookIds) => {
    const found = await store.urlsOf(webhookIds)
    for (const { webhookId, projectId, url } of found)
      remember({ webhookId, projectId, host: sender.hostOf(url) })
    return webhookIds.map((webhookId) => lanes.get(webhookId) ?? null)
  })

  return { cached: (webhookId) => lanes.get(webhookId), load, remember }
}
