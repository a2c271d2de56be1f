/**
 * Whether the process can serve now, part by part. One check runs at a time, whoever asks, and its result is kept for a
 * moment: a flood of health checks costs one check. The caller bounds each part's check in time.
 */
import type { Log } from '../../ports/platform.ts'

export type PartState = 'ok' | 'degraded' | 'unavailable'

/** What `/readyz` answers. */
export interface Readiness {
  readonly status: 'ready' | 'degraded' | 'unavailable'
  readonly parts: Readonly<Record<string, PartState>>
}

export interface Part {
  /** Whether the process can do nothing without the part; without any other it is only degraded. */
  readonly isRequired: boolean
  /** Rejects when the part is unavailable. */
  readonly check: () => Promise<'ok' | 'degraded'>
}

export interface ReadinessWatch {
  /** Never rejects. */
  readonly ask: () => Promise<Readiness>
  /** The process serves: from now on the parts are checked. */
  begin(parts: Readonly<Record<string, Part>>): void
  /** The process is stopping: it stays unavailable, whatever the parts are. */
  stop(): void
}

/** How long one result answers further questions. */
const keptForMs = 250

/** `names`: the parts, which are unavailable until the process serves. */
export function makeReadiness(
  names: readonly string[],
  log: Log,
  nowMs = (): number => performance.now(),
): ReadinessWatch {
  let parts: Readonly<Record<string, Part>> | null = null
  let isStopping = false
  let checking: Promise<Readiness> | null = null
  let kept: { readonly readiness: Readiness; readonly untilMs: number } | null = null
  const before = new Map<string, PartState>()

  const stateOf = async (name: string, part: Part): Promise<PartState> => {
    let state: PartState = 'unavailable'
    let cause: unknown
    try {
      state = await part.check()
    } catch (error) {
      cause = error
    }
    // The log has one line for each change; the answer never shows a cause.
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
    ask: async () => {
      if (kept === null || nowMs() >= kept.untilMs) {
        checking ??= check().finally(() => (checking = null))
        const readiness = await checking
        kept = { readiness, untilMs: nowMs() + keptForMs }
      }
      return isStopping ? { ...kept.readiness, status: 'unavailable' } : kept.readiness
    },
    begin: (served) => {
      parts = served
      kept = null
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
