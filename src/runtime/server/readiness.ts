/**
 * Determines whether the process can serve, from checks of its parts. One check runs at a time, and its result is
 * cached for 250 ms, so that many health checks cause few checks. The caller sets a time limit for each part's check.
 */
import type { Log } from '../../ports/log.ts'

/** The state of a part. */
export type PartState = 'ok' | 'degraded' | 'unavailable'

/** The response of `/readyz`. */
export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unavailable'
  readonly parts: Readonly<Record<string, PartState>>
}

/** A part that the process depends on. */
export interface Part {
  /** Whether the process is unavailable without the part. Without a part that is not required it is only degraded. */
  readonly isRequired: boolean
  /** Rejects when the part is unavailable. */
  readonly check: () => Promise<'ok' | 'degraded'>
}

/** The readiness of the process. */
export interface ReadinessWatch {
  /** Returns the readiness, at most 250 ms old. Never rejects. */
  readonly current: () => Promise<Readiness>
  /** Sets the parts when the process begins to serve. They are checked from then on. */
  begin(parts: Readonly<Record<string, Part>>): void
  /** Marks the process as stopping. It stays unavailable, whatever the state of its parts. */
  stop(): void
}

/** Time for which a result is cached. */
const cacheMs = 250

/** `names`: the parts to report as unavailable until the process serves. */
export function makeReadiness(
  names: readonly string[],
  log: Log,
  nowMs = (): number => performance.now(),
): ReadinessWatch {
  let parts: Readonly<Record<string, Part>> | null = null
  let isStopping = false
  let checking: Promise<Readiness> | null = null
  let cached: { readonly readiness: Readiness; readonly untilMs: number } | null = null
  const before = new Map<string, PartState>()

  const stateOf = async (name: string, part: Part): Promise<PartState> => {
    let state: PartState = 'unavailable'
    let cause: unknown
    try {
      state = await part.check()
    } catch (error) {
      cause = error
    }
    // Each change is logged once, with its cause. The response never shows a cause.
    const was = before.get(name) ?? 'ok'
    if (state !== was && !isStopping)
      log[state === 'ok' ? 'info' : 'warn']({ part: name, state, was, cause }, 'readiness.changed')
    before.set(name, state)
    return state
  }

  const check = async (): Promise<Readiness> => {
    if (parts === null) return readinessOf(names.map((name) => [name, 'unavailable', true]))
    const checked = Object.entries(parts).map(
      async ([name, part]) => [name, await stateOf(name, part), part.isRequired] as const,
    )
    return readinessOf(await Promise.all(checked))
  }

  return {
    current: async () => {
      if (cached === null || nowMs() >= cached.untilMs) {
        checking ??= check().finally(() => (checking = null))
        const readiness = await checking
        cached = { readiness, untilMs: nowMs() + cacheMs }
      }
      return isStopping ? { ...cached.readiness, status: 'unavailable' } : cached.readiness
    },
    begin: (served) => {
      parts = served
      cached = null
    },
    stop: () => void (isStopping = true),
  }
}

function readinessOf(
  parts: readonly (readonly [name: string, state: PartState, isRequired: boolean])[],
): Readiness {
  const isDown = parts.some(([, state, isRequired]) => isRequired && state === 'unavailable')
  const isWhole = parts.every(([, state]) => state === 'ok')
  return {
    status: isDown ? 'unavailable' : isWhole ? 'ready' : 'degraded',
    parts: Object.fromEntries(parts.map(([name, state]) => [name, state])),
  }
}
