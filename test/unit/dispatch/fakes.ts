/**
 * The ports of the dispatcher in memory: a clock that a test sets, a store that leases deliveries, and a sender whose
 * receivers answer when a test tells them to. Only ports are faked here.
 */
import type { Answer, SendResult } from '../../../src/domain/deliveries/outcome.ts'
import type { AttemptDeps } from '../../../src/dispatch/attempt.ts'
import type { LaneDeps } from '../../../src/dispatch/lanes/lane.ts'
import type {
  Claimed,
  ClaimedWebhook,
  DispatchStore,
  EndedPause,
  Replayed,
  SettledAttempt,
  SettleReport,
} from '../../../src/ports/dispatch-store.ts'
import type { Log } from '../../../src/ports/log.ts'
import type { SendRequest } from '../../../src/ports/sender.ts'
import type { LaneScheduler } from '../../../src/ports/lane-scheduler.ts'
import { makeHostConcurrency, type HostConcurrency } from '../../../src/sender/host-concurrency.ts'
import { system } from '../../../src/runtime/system.ts'
import { buildEvent, answered, later, noon } from '../../support/samples.ts'

/** Runs the event loop until no step can continue. The fakes answer at once, so that 50 turns are enough. */
export async function settleDown(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** A clock that stands still until it is advanced. */
export interface Clock {
  nowMs(): number
  pause(ms: number): Promise<void>
  /** Moves the clock, ends the pauses that are over in their order, and runs the steps that follow. */
  advance(ms: number): Promise<void>
  /** Lets the machine sleep: the monotonic clock stops meanwhile, and no pause ends. */
  sleep(ms: number): void
  wallMs(): number
}

export function makeClock(): Clock {
  let now = 0
  let sleptMs = 0
  let pauses: { readonly untilMs: number; readonly end: () => void }[] = []
  return {
    nowMs: () => now,
    wallMs: () => noon.getTime() + now + sleptMs,
    sleep: (ms) => void (sleptMs += ms),
    pause: (ms) => new Promise((resolve) => pauses.push({ untilMs: now + ms, end: resolve })),
    advance: async (ms) => {
      const endMs = now + ms
      await settleDown()
      for (;;) {
        const next = pauses.filter(({ untilMs }) => untilMs <= endMs).sort((a, b) => a.untilMs - b.untilMs)[0]
        if (next === undefined) break
        pauses = pauses.filter((pause) => pause !== next)
        now = Math.max(now, next.untilMs)
        next.end()
        await settleDown()
      }
      now = endMs
    },
  }
}

export const claimedWebhook: ClaimedWebhook = {
  url: 'https://whk_1.example/',
  preset: 'STANDARD',
  dialect: 'STANDARD',
  overrides: {},
  headers: [],
  encrypted: { secrets: [], token: null },
  maxConcurrency: null,
  ordering: 'NONE',
  expireAfterMs: null,
  pauses: [],
}

interface Kept {
  readonly claimed: Omit<Claimed, 'leaseToken' | 'attemptNumber' | 'startedAt'>
  dueMs: number | null
  leaseToken: string | null
  attempts: number
}

/** A store of deliveries with the guarantees of the port: leases, fencing, due times on its clock. */
export interface FakeStore extends DispatchStore {
  /** Makes `count` deliveries of a webhook due. */
  addDue(
    webhookId: string,
    count: number,
    fields?: {
      readonly projectId?: string
      readonly inMs?: number
      /** The webhook's encrypted signing secrets. */
      readonly secrets?: readonly string[]
    },
  ): void
  /** The arguments of each call of `claim`. */
  readonly claims: (readonly { readonly webhookId: string; readonly limit: number }[])[]
  /** Each batch that was committed. */
  readonly batches: (readonly SettledAttempt[])[]
  readonly settled: readonly SettledAttempt[]
  /** Deliveries whose leases were released, in order. */
  readonly released: string[]
  /** Deliveries under lease. */
  leases(): number
  /** Removes the leases, as when they have expired and another process has recorded the attempts. */
  loseLeases(): void
  /** Errors that the next calls throw, each once. */
  readonly fail: { claim?: Error; settle?: Error[] }
  /** The webhooks that the next settle reports as stopped. */
  stops: SettleReport['disabled']
  /** The results of `replaySkipped`, call by call; null when none is left. */
  readonly replays: Replayed[]
  /** The results of `cancelPending`, call by call; 0 when none is left. */
  readonly leftBehind: number[]
  /** The results of `expireDue`, call by call; 0 when none is left. */
  readonly pastDeadline: number[]
  /** The results of `removeOldCounts`, call by call; 0 when none is left. */
  readonly oldCounts: number[]
  /** The results of `expiredLeases`, call by call; empty when none is left. */
  readonly expired: Claimed[][]
  /** The results of `dueWebhooks`; those in `overdue` are overdue. */
  readonly due: string[]
  readonly overdue: Set<string>
  partitionCalls: number
  /** The webhooks whose pauses the next call of `endPauses` ends. */
  endedPauses: EndedPause[]
}

export function makeStore(clock: Clock): FakeStore {
  const kept = new Map<string, Kept>()
  let tokens = 0
  const dueOf = (webhookId: string): Kept[] =>
    [...kept.values()].filter(
      (one) => one.claimed.webhookId === webhookId && one.dueMs !== null && one.leaseToken === null,
    )
  const store: FakeStore = {
    claims: [],
    batches: [],
    released: [],
    get settled() {
      return store.batches.flat()
    },
    fail: {},
    stops: [],
    replays: [],
    leftBehind: [],
    oldCounts: [],
    pastDeadline: [],
    expired: [],
    due: [],
    overdue: new Set(),
    partitionCalls: 0,
    endedPauses: [],
    claimProbes: async () => [],
    expireDue: async () => store.pastDeadline.shift() ?? 0,
    endPauses: async () => store.endedPauses.splice(0),
    addDue: (webhookId, count, { projectId = 'prj_1', inMs = 0, secrets = [] } = {}) => {
      for (let index = 0; index < count; index += 1) {
        const deliveryId = `dlv_${webhookId}_${kept.size}`
        const claimed = {
          projectId,
          webhookId,
          deliveryId,
          trigger: 'SCHEDULE',
          facts: { failures: 0, interruptions: 0, ageMs: 0 },
          resumption: null,
          event: buildEvent(),
          erased: false,
          webhook: {
            ...claimedWebhook,
            url: `https://${webhookId}.example/`,
            encrypted: { secrets, token: null },
          },
        } as const
        kept.set(deliveryId, { claimed, dueMs: clock.nowMs() + inMs, leaseToken: null, attempts: 0 })
      }
    },
    leases: () => [...kept.values()].filter(({ leaseToken }) => leaseToken !== null).length,
    loseLeases: () => {
      for (const one of kept.values()) one.leaseToken = null
    },
    claim: async (requests) => {
      store.claims.push(requests)
      const { claim: error } = store.fail
      delete store.fail.claim
      if (error !== undefined) throw error
      return requests.flatMap(({ webhookId, limit }) =>
        dueOf(webhookId)
          .filter(({ dueMs }) => dueMs !== null && dueMs <= clock.nowMs())
          .slice(0, limit)
          .map((one): Claimed => {
            one.leaseToken = `lease_${(tokens += 1)}`
            one.attempts += 1
            return {
              ...one.claimed,
              leaseToken: one.leaseToken,
              attemptNumber: one.attempts,
              startedAt: later(clock.nowMs()),
            }
          }),
      )
    },
    settle: async (batch) => {
      const error = store.fail.settle?.shift()
      if (error !== undefined) throw error
      store.batches.push(batch)
      const late: string[] = []
      for (const { claimed, settlement } of batch) {
        const one = kept.get(claimed.deliveryId)
        if (one === undefined || one.leaseToken !== claimed.leaseToken) {
          late.push(claimed.deliveryId)
          continue
        }
        one.leaseToken = null
        one.dueMs = settlement.retryInMs === null ? null : clock.nowMs() + settlement.retryInMs
      }
      const disabled = store.stops
      store.stops = []
      return {
        late,
        continued: [],
        notices: { projectIds: [], due: [] },
        disabled,
        recovered: [],
        changed: disabled.map(({ projectId }) => projectId),
      }
    },
    urlsOf: async (webhookIds) =>
      webhookIds.flatMap((webhookId) => {
        const delivery = [...kept.values()].find(({ claimed }) => claimed.webhookId === webhookId)
        const url = `https://${webhookId}.example/`
        return delivery === undefined ? [] : [{ webhookId, projectId: delivery.claimed.projectId, url }]
      }),
    release: async (leases) => {
      store.released.push(...leases.map(({ deliveryId }) => deliveryId))
      for (const { deliveryId, leaseToken } of leases) {
        const one = kept.get(deliveryId)
        if (one?.leaseToken !== leaseToken) continue
        one.leaseToken = null
        one.attempts -= 1
      }
    },
    nextDue: async (webhookIds) =>
      webhookIds.flatMap((webhookId) => {
        const dues = dueOf(webhookId).flatMap(({ dueMs }) => (dueMs === null ? [] : [dueMs]))
        return dues.length === 0 ? [] : [{ webhookId, inMs: Math.min(...dues) - clock.nowMs() }]
      }),
    dueWebhooks: async () =>
      store.due.map((webhookId) => ({ webhookId, overdue: store.overdue.has(webhookId) })),
    replaySkipped: async () => store.replays.shift() ?? null,
    cancelPending: async () => store.leftBehind.shift() ?? 0,
    erasePending: async () => 0,
    removeOldCounts: async () => store.oldCounts.shift() ?? 0,
    expiredLeases: async () => store.expired.shift() ?? [],
    ensurePartitions: async () => {
      store.partitionCalls += 1
    },
  }
  return store
}

const interruptedAnswer: Answer = { kind: 'INTERRUPTED', detail: 'nothing was sent' }

/** The host of the webhooks that share a host. */
export const sharedHost = 'shared.example'

/** Receivers that keep every request waiting until the test answers it. */
export interface FakeSender {
  readonly sender: AttemptDeps['sender']
  /** Requests in flight, oldest first. */
  readonly waiting: { readonly request: SendRequest; readonly deliveryId: string }[]
  /** From now on all webhooks have one host with this concurrency limit. Returns the limiter. */
  shareHost(perHost: number): HostConcurrency
  /** From now on the webhook has its own host. */
  leaveHost(webhookId: string): void
  /** The number of requests that were sent to a webhook. */
  sentTo(webhookId: string): number
  /** Ends the requests in flight as not begun. */
  refuseToBegin(): Promise<void>
  /** The number of all requests that were sent. */
  sent(): number
  /** Answers the oldest requests, optionally of one webhook, and runs the steps that follow. */
  answer(count: number, fields?: { readonly status?: number; readonly webhookId?: string }): Promise<void>
}

export function makeSender(): FakeSender {
  const ends = new Map<SendRequest, (result: SendResult) => void>()
  const waiting: FakeSender['waiting'] = []
  const sent: SendRequest[] = []
  const elsewhere = new Set<string>()
  let hostNamed: string | undefined
  const listeners: (() => void)[] = []
  let hosts = makeHostConcurrency(1_000_000)
  return {
    waiting,
    shareHost: (perHost) => {
      hostNamed = sharedHost
      return (hosts = makeHostConcurrency(perHost, () => listeners.forEach((listener) => listener())))
    },
    leaveHost: (webhookId) => void elsewhere.add(`${webhookId}.example`),
    refuseToBegin: async () => {
      for (const { request } of waiting.splice(0))
        ends.get(request)?.({ ...resultOf(interruptedAnswer), notBegun: true })
      await settleDown()
    },
    sent: () => sent.length,
    sentTo: (webhookId) => sent.filter(({ url }) => new URL(url).host === `${webhookId}.example`).length,
    answer: async (count, { status = 200, webhookId } = {}) => {
      const chosen = waiting
        .filter(({ request }) => webhookId === undefined || request.url.includes(`${webhookId}.example`))
        .slice(0, count)
      for (const one of chosen) {
        waiting.splice(waiting.indexOf(one), 1)
        ends.get(one.request)?.(resultOf(answered(status)))
      }
      await settleDown()
    },
    sender: {
      send: (request) => {
        sent.push(request)
        const deliveryId = request.headers.find(({ name }) => name === 'webhook-id')?.value ?? ''
        waiting.push({ request, deliveryId })
        return new Promise((resolve) => ends.set(request, resolve))
      },
      checkUrl: (url) => ({ ok: true, url }),
      hostOf: (url) => {
        const { host } = new URL(url)
        return hostNamed === undefined || elsewhere.has(host) ? host : hostNamed
      },
      hasRoomAt: (host, projectId) => hosts.hasRoom(host, projectId),
      enter: (host, projectId) => hosts.enter(host, projectId),
      onRequestEnded: (listener) => void listeners.push(listener),
      interrupt: (answer) => {
        for (const { request } of waiting.splice(0)) ends.get(request)?.(resultOf(answer))
      },
      close: async () => undefined,
    },
  }
}

const asItCame = { truncated: false, decompressed: false, malformed: false }

export function resultOf(answer: Answer): SendResult {
  const response =
    answer.kind === 'ANSWERED'
      ? { statusCode: answer.status, headers: [], body: new Uint8Array(), bodySize: 0, ...asItCame }
      : null
  const phases = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null }
  return { answer, response, resolvedAddress: null, durationMs: 5, phases, resentOnNewConnection: false }
}

/** A scheduler that records the wake-ups, in order. */
export interface FakeScheduler extends LaneScheduler {
  readonly now: string[]
  readonly at: { readonly webhookId: string; readonly delayMs: number }[]
}

export function makeScheduler(): FakeScheduler {
  const laneScheduler: FakeScheduler = {
    now: [],
    at: [],
    wakeNow: (webhookIds) => void laneScheduler.now.push(...webhookIds),
    wakeAt: (webhookId, delayMs) => void laneScheduler.at.push({ webhookId, delayMs }),
  }
  return laneScheduler
}

export interface Line {
  readonly level: keyof Log
  readonly step: string
  readonly fields: Record<string, unknown>
}

export function makeLines(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = []
  const at =
    (level: keyof Log) =>
    (fields: Record<string, unknown>, step: string): void =>
      void lines.push({ level, step, fields })
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}

/** All ports together, for `makeLanes`, `makeSettler` and `makeSweep`. */
export function makeFakes() {
  const clock = makeClock()
  const store = makeStore(clock)
  const fakeSender = makeSender()
  const laneScheduler = makeScheduler()
  const { log, lines } = makeLines()
  const fakes: LaneDeps = {
    store,
    laneScheduler,
    log,
    sender: fakeSender.sender,
    system: {
      ...system,
      random: () => 0,
      monotonicMs: () => clock.nowMs(),
      clocks: () => ({ monotonicMs: clock.nowMs(), wallMs: clock.wallMs() }),
    },
    secrets: {
      keys: [],
      newDataKey: () => '',
      reencrypt: (_project, encrypted) => encrypted,
      isCurrent: () => true,
      isFirst: () => true,
      canDecrypt: () => true,
      encrypt: async (_project, _place, text) => text,
      decrypt: async (_project, _place, encrypted) => encrypted,
    },
    pause: (ms) => clock.pause(ms),
    publicUrl: 'https://orderbell.example/',
    userAgent: 'Orderbell/1.2.3 (Webhooks/1.0.0)',
  }
  return { fakes, clock, store, laneScheduler, lines, receivers: fakeSender }
}

/** A leased delivery, as a claim returns it. */
export function buildClaim(fields: Partial<Claimed> = {}): Claimed {
  return {
    projectId: 'prj_1',
    webhookId: 'whk_1',
    deliveryId: 'dlv_1',
    leaseToken: 'lease_1',
    attemptNumber: 1,
    trigger: 'SCHEDULE',
    startedAt: noon,
    facts: { failures: 0, interruptions: 0, ageMs: 0 },
    resumption: null,
    event: buildEvent(),
    erased: false,
    webhook: claimedWebhook,
    ...fields,
  }
}
