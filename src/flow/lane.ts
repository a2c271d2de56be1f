/**
 * Steps 6 and 7 of the path: a lane is rung, claims what is due of its webhook and sends it
 * through a sliding window. It gives its slot back after a time slice, or as soon as nothing more
 * is due: sends under way go on without holding the slot.
 */
import type { Answer } from '../domain/outcome.ts'
import { attemptDelivery, type AttemptWorld } from './attempt.ts'
import { batched } from './batch.ts'
import type { Claimed, DispatchStore } from './dispatch-ports.ts'
import type { Log, Wakes } from './ports.ts'
import type { Settler } from './settle.ts'

/** Sends of one webhook under way at once, in one process. */
const windowSize = 50
/** Sends under way at once in one process... */
const maxSends = 1_000
/** ...and of one project, so that a flood or a tarpit leaves room for the others. */
const maxSendsPerProject = 500
const sliceMs = 1_000
/** A lease outlives the longest healthy send by this, so that it never runs out under one. */
const leaseMarginMs = 10_000
/** The time limit of every preset that sets none of its own is at most this. */
const defaultTimeoutMs = 15_000
/** Lanes that share a claim, or a look at their next due time. */
const maxLanesPerStatement = 200
/** A wake at an instant that has passed is a wake now. */
const soonMs = 5
/** A webhook whose project has used its share is looked at again after this. */
const shareUsedUpMs = 50
/** A lane whose project is not known yet claims so many, and knows it then: the share holds for the next claim. */
const firstClaim = 1
/** Webhooks whose project is remembered; beyond them all are forgotten, and learnt again. */
const maxRemembered = 100_000

const lease = { timeoutMs: defaultTimeoutMs, marginMs: leaseMarginMs }

interface Wish {
  readonly webhookId: string
  readonly limit: number
}

/** What came of a lane's wish to claim: how many it might have, and how many it got. */
interface Claim {
  readonly limit: number
  readonly count: number
}

/** How many sends more there may be. */
interface Room {
  readonly ofLane: number
  readonly ofProject: number
  /** Over all projects that ring it; unlimited while it is not known. */
  readonly ofHost: number
  readonly ofAll: number
}

/** Room that lanes share, and the lanes that still have no part of it. */
interface Pot {
  left: number
  lanes: number
}

const shutDown: Answer = { kind: 'INTERRUPTED', detail: 'we were shut down before the receiver answered' }

export interface LaneWorld extends AttemptWorld {
  readonly store: DispatchStore
  readonly wakes: Wakes
  readonly log: Log
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>
}

export interface Lanes {
  /** Sends what is due of a webhook; resolves when the lane's slot is free again. */
  ring(webhookId: string): Promise<void>
  /** Arms each lane's next wake from Postgres' own earliest due time. Never throws. */
  rearm(webhookIds: readonly string[]): void
  /**
   * Claims no more and waits for the sends under way; those that last longer than `graceMs` are settled as
   * interrupted.
   */
  drain(graceMs: number): Promise<void>
}

export function makeLanes(world: LaneWorld, settler: () => Settler): Lanes {
  const claimOne = batched<string, Claim>(maxLanesPerStatement, async (webhookIds) => {
    if (!draining) await learnHosts(webhookIds)
    const wishes = draining ? [] : allot(webhookIds).filter(({ limit }) => limit > 0)
    const claiming = claimAndSend(wishes)
    claims.add(claiming)
    const claimed = await claiming.finally(() => claims.delete(claiming))
    const limits = new Map(wishes.map(({ webhookId, limit }) => [webhookId, limit]))
    return webhookIds.map((webhookId) => ({
      limit: limits.get(webhookId) ?? 0,
      count: claimed.filter((one) => one.webhookId === webhookId).length,
    }))
  })
  const nextDueOf = batched<string, number | null>(maxLanesPerStatement, async (webhookIds) => {
    const due = new Map((await world.store.nextDue(webhookIds)).map((one) => [one.webhookId, one.inMs]))
    return webhookIds.map((webhookId) => due.get(webhookId) ?? null)
  })

  const underWay = new Map<string, number>()
  const underWayOfProject = new Map<string, number>()
  const projectOf = new Map<string, string>()
  const hostOf = new Map<string, string>()
  const sends = new Set<Promise<void>>()
  const claims = new Set<Promise<readonly Claimed[]>>()
  /** Lanes that left because their window was full: the next send that ends wakes them. */
  const waitingForRoom = new Set<string>()
  /**
   * Lanes that left because their host has as many requests as it may, by host and project: an end at that host
   * wakes them, whoever's request it was.
   */
  const waitingAtHost = new Map<string, Map<string, Set<string>>>()
  const ringing = new Set<string>()
  /** Called when a send of the lane ends, for the lane that waits for room. */
  const onEnd = new Map<string, () => void>()
  let draining = false
  let graceIsOver = false
  const goesOn = (sliceEndsMs: number): boolean => !draining && world.chance.monotonicMs() < sliceEndsMs
  /**
   * One for each send under way. Not one promise for all of them: every race against it would be remembered, with
   * the answer that won, for as long as the process lives.
   */
  const interrupts = new Set<(answer: Answer) => void>()

  const add = (counts: Map<string, number>, key: string, by: number): void => {
    const count = (counts.get(key) ?? 0) + by
    if (count === 0) counts.delete(key)
    else counts.set(key, count)
  }

  const roomOf = (webhookId: string): Room => {
    const projectId = projectOf.get(webhookId)
    return {
      ofLane: windowSize - (underWay.get(webhookId) ?? 0),
      ofProject:
        projectId === undefined ? firstClaim : maxSendsPerProject - (underWayOfProject.get(projectId) ?? 0),
      ofHost: roomAtHost(webhookId),
      ofAll: maxSends - sends.size,
    }
  }
  const room = (webhookId: string): number => {
    const { ofLane, ofProject, ofHost, ofAll } = roomOf(webhookId)
    return Math.min(ofLane, ofProject, ofHost, ofAll)
  }

  const roomAtHost = (webhookId: string): number => {
    const host = hostOf.get(webhookId)
    return host === undefined ? Infinity : world.sender.roomAt(host, projectOf.get(webhookId))
  }
  const rememberHost = (webhookId: string, url: string): void => {
    if (hostOf.size >= maxRemembered) hostOf.clear()
    hostOf.set(webhookId, world.sender.hostOf(url))
  }
  /** Before they claim for the first time: what waits for its host waits in Postgres, and not under a lease. */
  const learnHosts = async (webhookIds: readonly string[]): Promise<void> => {
    const unknown = webhookIds.filter((webhookId) => !hostOf.has(webhookId))
    if (unknown.length === 0) return
    for (const { webhookId, url } of await world.store.urlsOf(unknown)) rememberHost(webhookId, url)
  }
  const waitAtHost = (webhookId: string): void => {
    const host = hostOf.get(webhookId) ?? ''
    const projectId = projectOf.get(webhookId) ?? webhookId
    const ofHost = waitingAtHost.get(host) ?? new Map<string, Set<string>>()
    waitingAtHost.set(host, ofHost.set(projectId, (ofHost.get(projectId) ?? new Set()).add(webhookId)))
  }
  const waitsNoMore = (webhookId: string): void => {
    const host = hostOf.get(webhookId) ?? ''
    const ofHost = waitingAtHost.get(host)
    const projectId = projectOf.get(webhookId) ?? webhookId
    const waiting = ofHost?.get(projectId)
    if (ofHost === undefined || waiting?.delete(webhookId) !== true) return
    if (waiting.size === 0) ofHost.delete(projectId)
    if (ofHost.size === 0) waitingAtHost.delete(host)
  }
  /** As many as there is room for, a lane of each project in turn, of each those that wait longest first. */
  const wakeAtHost = (host: string): void => {
    const ofHost = waitingAtHost.get(host)
    if (ofHost === undefined) return
    const woken: string[] = []
    let left = world.sender.roomAt(host)
    for (const [projectId, waiting] of ofHost) {
      if (left <= 0) break
      // What a project that has used up its share is woken for would be missing to the others.
      const [webhookId] = waiting
      if (webhookId === undefined || world.sender.roomAt(host, projectId) <= 0) continue
      woken.push(webhookId)
      waiting.delete(webhookId)
      ofHost.delete(projectId)
      if (waiting.size > 0) ofHost.set(projectId, waiting)
      left -= 1
    }
    if (ofHost.size === 0) waitingAtHost.delete(host)
    if (woken.length > 0) world.wakes.wakeNow(woken)
  }
  world.sender.onRoom(wakeAtHost)

  /** What each lane of one statement may claim: the room there is, in even parts. */
  const allot = (webhookIds: readonly string[]): readonly Wish[] => {
    const all: Pot = { left: maxSends - sends.size, lanes: webhookIds.length }
    const pots = new Map<string, Pot>()
    const potOf = (whose: string, left: () => number): Pot => {
      const pot = pots.get(whose) ?? { left: left(), lanes: 0 }
      pots.set(whose, pot)
      return pot
    }
    const potsOf = (webhookId: string): readonly Pot[] => {
      // A lane whose project or host is not known has a pot of its own.
      const project = projectOf.get(webhookId) ?? webhookId
      const host = hostOf.get(webhookId) ?? webhookId
      return [
        all,
        potOf(project, () => roomOf(webhookId).ofProject),
        potOf(`host ${host}`, () => (hostOf.has(webhookId) ? world.sender.roomAt(host) : Infinity)),
        potOf(`host ${host} ${project}`, () => roomAtHost(webhookId)),
      ]
    }
    for (const webhookId of webhookIds) for (const pot of potsOf(webhookId).slice(1)) pot.lanes += 1
    return webhookIds.map((webhookId) => {
      const its = potsOf(webhookId)
      const limit = Math.min(
        roomOf(webhookId).ofLane,
        ...its.map(({ left, lanes }) => Math.ceil(left / lanes)),
      )
      for (const pot of its) {
        pot.left -= Math.max(limit, 0)
        pot.lanes -= 1
      }
      return { webhookId, limit }
    })
  }

  const send = (claimed: Claimed): void => {
    const { webhookId, projectId } = claimed
    if (projectOf.size >= maxRemembered) projectOf.clear()
    projectOf.set(webhookId, projectId)
    rememberHost(webhookId, claimed.webhook.url)
    const leaveHost = world.sender.enter(hostOf.get(webhookId) ?? '', projectId)
    add(underWay, webhookId, 1)
    add(underWayOfProject, projectId, 1)
    let interrupt: (answer: Answer) => void = () => undefined
    const interrupted = new Promise<Answer>((resolve) => (interrupt = resolve))
    interrupts.add(interrupt)
    if (graceIsOver) interrupt(shutDown)
    const done = attemptDelivery(world, claimed, interrupted)
      .finally(() => {
        interrupts.delete(interrupt)
        // The receiver has answered: its place in the window is free, whatever the commit takes.
        add(underWay, webhookId, -1)
        add(underWayOfProject, projectId, -1)
        leaveHost()
        onEnd.get(webhookId)?.()
        if (waitingForRoom.delete(webhookId)) world.wakes.wakeNow([webhookId])
      })
      .then((attempt) => settler().settle(attempt))
      .catch((error: unknown) => {
        // A fault of ours: the lease runs out, and the sweep records the attempt as interrupted.
        world.log.error({ webhookId, deliveryId: claimed.deliveryId, cause: error }, 'attempt.failed')
      })
      .finally(() => sends.delete(done))
    sends.add(done)
  }

  const claimAndSend = async (wishes: readonly Wish[]): Promise<readonly Claimed[]> => {
    const claimed = wishes.length === 0 ? [] : await world.store.claim(wishes, lease)
    // Sent before the next statement is written, so that no two share out the same room.
    for (const one of claimed) send(one)
    return claimed
  }

  const rearmOne = async (webhookId: string): Promise<void> => {
    const inMs = draining ? null : await nextDueOf(webhookId)
    if (inMs === null || draining) return
    if (inMs > soonMs) world.wakes.wakeAt(webhookId, Math.ceil(inMs))
    else if (room(webhookId) > 0) world.wakes.wakeNow([webhookId])
    else {
      const hostIsFull = roomAtHost(webhookId) <= 0
      const hasSends = underWay.has(webhookId)
      // For both, where both hold it up: what it has under way itself may be the slowest of all.
      if (hostIsFull) waitAtHost(webhookId)
      if (hasSends) waitingForRoom.add(webhookId)
      // Others have used up the room: nothing of this lane ends that could wake it.
      if (!hostIsFull && !hasSends) world.wakes.wakeAt(webhookId, shareUsedUpMs)
    }
  }

  return {
    ring: async (webhookId) => {
      // The queue rings a lane once at a time; after a stall it may ring twice, and once is enough.
      if (draining || ringing.has(webhookId)) return
      ringing.add(webhookId)
      waitsNoMore(webhookId)
      try {
        const sliceEndsMs = world.chance.monotonicMs() + sliceMs
        let sliceOver: Promise<void> | undefined
        while (goesOn(sliceEndsMs)) {
          if (room(webhookId) > 0) {
            const { limit, count } = await claimOne(webhookId)
            if (count < limit) break
          }
          if (!underWay.has(webhookId) || waitingAtHost.has(hostOf.get(webhookId) ?? '')) break
          // The window slides: a send that ends makes room for a claim, and those that end meanwhile share it.
          if (room(webhookId) > 0) continue
          sliceOver ??= world.pause(sliceMs)
          await Promise.race([sliceOver, new Promise<void>((resolve) => onEnd.set(webhookId, resolve))])
        }
        await rearmOne(webhookId)
      } finally {
        onEnd.delete(webhookId)
        ringing.delete(webhookId)
      }
    },
    rearm: (webhookIds) => {
      for (const webhookId of webhookIds)
        rearmOne(webhookId).catch((error: unknown) => {
          world.log.warn({ webhookId, cause: error }, 'lane.not-rearmed')
        })
    },
    drain: async (graceMs) => {
      draining = true
      void world.pause(graceMs).then(() => {
        graceIsOver = true
        for (const interrupt of interrupts) interrupt(shutDown)
      })
      // What a claim under way brings is sent, too: its leases are ours.
      while (claims.size + sends.size > 0) await Promise.allSettled([...claims, ...sends])
    },
  }
}
