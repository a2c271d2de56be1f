/**
 * Sends requests, keeps track of those in flight, and settles their results. A request whose lease leaves too little
 * time is not sent; its lease is released, and no attempt is recorded.
 */
import type { NoAnswer } from '../../domain/deliveries/outcome.ts'
import { attemptDelivery, type AttemptDeps, type ClaimContext } from '../attempt.ts'
import { batched } from '../batch.ts'
import { makePrepareClaimed } from '../prepared-webhook.ts'
import type { Claimed, DispatchStore } from '../../ports/dispatch-store.ts'
import type { RequestSlot } from './request-slots.ts'
import type { Log } from '../../ports/log.ts'
import type { Settler } from '../settle.ts'

/** Maximum leases released by one statement. */
const maxReleases = 500

const shutDown: NoAnswer = {
  kind: 'INTERRUPTED',
  detail: 'Orderbell was shut down before the receiver answered',
}

export interface SendsDeps extends AttemptDeps {
  readonly store: Pick<DispatchStore, 'release'>
  readonly log: Log
  /** Waits `ms` milliseconds. */
  readonly pause: (ms: number) => Promise<void>
}

export interface Sends {
  /** Sends the delivery, and releases its slot when the request has ended. */
  start(claimed: Claimed, slot: RequestSlot, context: ClaimContext): void
  /** Releases the lease of a claimed delivery that is not sent. */
  release(claimed: Claimed): void
  /** Empty when all results are settled; otherwise a promise that resolves when they are. */
  unsettled(): readonly Promise<void>[]
  /**
   * After `graceMs` milliseconds, settles the requests in flight as interrupted, and later ones as soon as they start.
   */
  interruptAfter(graceMs: number): void
}

/** Called with the webhook id of a delivery. */
export interface SendListeners {
  /** Its request has ended, or was not sent. */
  readonly onEnded: (webhookId: string) => void
  /** It was not sent and is due again. */
  readonly onReleased: (webhookId: string) => void
}

export function makeSends(
  deps: SendsDeps,
  settler: () => Settler,
  { onEnded, onReleased }: SendListeners,
): Sends {
  const attemptDeps = { ...deps, prepare: makePrepareClaimed(deps) }
  let running = 0
  /** Called when no send is unsettled. */
  let onIdle: (() => void)[] = []
  /** Null until the time of grace is over. */
  let interruption: NoAnswer | null = null
  const currentInterruption = (): NoAnswer | null => interruption

  const releaseOne = batched<Claimed, undefined>(maxReleases, async (batch) => {
    await deps.store.release(batch)
    deps.log.warn({ deliveries: batch.length }, 'lease.released-unsent')
    return batch.map(() => undefined)
  })

  /** Never rejects. */
  async function send(claimed: Claimed, slot: RequestSlot, context: ClaimContext): Promise<void> {
    running += 1
    try {
      const attempt = await attemptDelivery(attemptDeps, claimed, context, currentInterruption)
      onEnded(claimed.webhookId)
      // The request has ended, so its slot is free. The commit does not hold the slot.
      slot.release()
      if (attempt === null) await releaseUnsent(claimed)
      else await settler().settle(attempt)
    } catch (error) {
      slot.release()
      logFailure(claimed, error)
    }
    ended()
  }

  async function release(claimed: Claimed): Promise<void> {
    running += 1
    await releaseUnsent(claimed).catch((error: unknown) => logFailure(claimed, error))
    ended()
  }

  async function releaseUnsent(claimed: Claimed): Promise<void> {
    await releaseOne(claimed)
    onReleased(claimed.webhookId)
  }

  /** For an error of this process: the lease expires, and the sweep records the attempt as interrupted. */
  function logFailure({ webhookId, deliveryId }: Claimed, error: unknown): void {
    deps.log.error({ webhookId, deliveryId, cause: error }, 'attempt.failed')
  }

  function ended(): void {
    running -= 1
    if (running > 0) return
    for (const idle of onIdle) idle()
    onIdle = []
  }

  return {
    start: (claimed, slot, context) => void send(claimed, slot, context),
    release: (claimed) => void release(claimed),
    unsettled: () => (running === 0 ? [] : [new Promise((resolve) => onIdle.push(resolve))]),
    interruptAfter: (graceMs) => {
      void deps.pause(graceMs).then(() => {
        interruption = shutDown
        deps.sender.interrupt(shutDown)
      })
    },
  }
}
