/**
 * Watches the server process of a connection over a second connection. A migration may run for hours, so its statements
 * have no time limit. If the server process waits for the client while the client waits for the server, the connection
 * between them has become silent.
 */
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { postgresJsOptions } from './options.ts'

const lookEveryMs = 2_500
/** One failed check may be caused by a brief fault, or by the server's connection limit. */
const maxFailedLooks = 2

interface BackendWatch {
  /** Rejects when the connection is lost. Never resolves. */
  readonly lost: Promise<never>
  stop(): Promise<void>
}

interface Look {
  readonly state: string | null
  readonly changedAt: string | null
}

function watchBackend(url: string, pid: number): BackendWatch {
  const sql = postgres({ ...postgresJsOptions(url, { name: 'orderbell-watch' }), max: 1 })
  const stopped = new AbortController()
  const { signal } = stopped

  const look = async (): Promise<Look | null> => {
    const rows = await sql<Look[]>`
      select state, state_change::text as "changedAt" from pg_stat_activity where pid = ${pid}`
    return rows[0] ?? null
  }

  const watch = async (): Promise<never> => {
    let failed = 0
    let before: Look | null = null
    for (;;) {
      await pause(lookEveryMs, undefined, { signal, ref: false })
      const late = pause(lookEveryMs, undefined, { ref: false }).then(() => {
        throw new Error(`no answer within ${lookEveryMs} ms`)
      })
      const now = await Promise.race([look(), late]).catch((cause: unknown) => ({ cause }))
      if (now === null) throw lostBy(`its server process ${pid} has ended`)
      if ('cause' in now) {
        failed += 1
        if (failed === maxFailedLooks)
          throw lostBy(`PostgreSQL does not answer a second connection (${String(now.cause)})`)
        continue
      }
      failed = 0
      // Idle at two checks since the same time: the server has answered, or never received the request, and the client
      // still waits.
      const isIdle = now.state !== null && now.state !== 'active' && now.state !== 'disabled'
      if (isIdle && before?.changedAt === now.changedAt)
        throw lostBy(`its server process ${pid} waits for the client while the client waits for the server`)
      before = now
    }
  }

  const lost = watch()
  // There may be no `await` on it any more; a rejection must not end the process.
  lost.catch(() => undefined)
  return {
    lost,
    stop: async () => {
      stopped.abort()
      await sql.end({ timeout: 0 })
    },
  }
}

function lostBy(reason: string): Error {
  return new Error(`the connection to PostgreSQL no longer answers: ${reason}`)
}

/** Resolves with the result of the work. Rejects when its connection becomes silent, or with the signal's reason. */
export async function whileAnswering<T>(
  url: string,
  pid: number,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const watch = watchBackend(url, pid)
  let abort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason as Error)
  })
  signal?.addEventListener('abort', abort)
  try {
    return await Promise.race([work(), watch.lost, aborted])
  } finally {
    signal?.removeEventListener('abort', abort)
    await watch.stop()
  }
}
