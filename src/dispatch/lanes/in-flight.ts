/**
 * Sends requests, keeps track of those in flight, and settles their results. A request whose lease leaves too little
 * time is not sent; its lease is released, and no attempt is recorded.
 */
import type { Answer } from '../../domain/deliveries/outcome.ts'
import { attemptDelivery, type AttemptDeps, type ClaimContext } from '../attempt.ts'
import { batched } from '../batch.ts'
import type { Claimed, DispatchStore } from '../../ports/dispatch-store.ts'
import type { RequestSlot } from './request-slots.ts'
import type { Log } from '../../ports/log.ts'
import type { Settler } from '../settle.ts'

/** Maximum leases released by one statement. */
const maxReleases = 500

const shutDown: Answer = {
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
  /** The sends whose results are not settled yet. */
  unsettled(): readonly Promise<void>[]
  /**
   * After `graceMs` milliseconds, settles the requests in flight as interrupted, and later ones as soon as they start.
   */
  interruptAfter(graceMs: number): void
}

/** `onReleased` is called with the webhook id of a delivery that was not sent and is due again. */
export function makeSends(
  deps: SendsDeps,
  settler: () => Settler,
  onReleased: (webhookId: string) => void,
): Sends {
  const sends = new Set<Promise<void>>()
  /**
   * One resolver for each request in flight. A single shared promise would leak memory: it would keep every race
   * against it, with the answer that won the race, for the lifetime of the process.
   */
  const interrupts = new Set<(answer: Answer) => void>()
  let graceIsOver = false

  const releaseOne = batched<Claimed, undefined>(maxReleases, async (batch) => {
    await deps.store.release(batch)
    deps.log.warn({ deliveries: batch.length }, 'lease.released-unsent')
    return batch.map(() => undefined)
  })

  async function send(claimed: Claimed, slot: RequestSlot, context: ClaimContext): Promise<void> {
    let interrupt: (answer: Answer) => void = () => undefined
    const interrupted = new Promise<Answer>((resolve) => (interrupt = resolve))
    interrupts.add(interrupt)
    if (graceIsOver) interrupt(shutDown)
    const attempt = await attemptDelivery(deps, claimed, context, interrupted).finally(() => {
      interrupts.delete(interrupt)
      // The request has ended, so its slot is free. The commit does not hold the slot.
      slot.release()
    })
    if (attempt !== null) return settler().settle(attempt)
    await releaseOne(claimed)
    onReleased(claimed.webhookId)
  }

  return {
    start: (claimed, slot, context) => {
      const done = send(claimed, slot, context)
        .catch((error: unknown) => {
          // An error of this process: the lease expires, and the sweep records the attempt as interrupted.
          const { webhookId, deliveryId } = claimed
          deps.log.error({ webhookId, deliveryId, cause: error }, 'attempt.failed')
        })
        .finally(() => sends.delete(done))
      sends.add(done)
    },
    unsettled: () => [...sends],
    interruptAfter: (graceMs) => {
      void deps.pause(graceMs).then(() => {
        graceIsOver = true
        for (const interrupt of interrupts) interrupt(shutDown)
      })
    },
  }
}
