/**
 * Detects connections to PostgreSQL that have become silent: after a failover, a lost NAT entry or a frozen server they
 * stay open, and no response arrives. A connection with an unanswered request that receives nothing for `silentMs` is
 * destroyed with an error. Its requests fail, and the pool connects again. The idle connections of all pools to that
 * server are closed too, because otherwise each would be detected only by a request that fails.
 * For postgres.js the patched driver measures the time, because only the driver knows which responses a connection
 * waits for. For pools of pg, see `watched-pool.ts`.
 */

/** Longer than the time limit of statements (`statementMs`), so that a slow statement does not count as silence. */
export const silentMs = 7_000
/** The time limit of one statement of a pool. PostgreSQL cancels the statement then. */
export const statementMs = 5_000

/** The option `silence` of the patched driver. */
export interface Silence {
  readonly ms: number
  /** For each open connection, a function that closes it if it is idle. */
  readonly connections: Set<() => void>
  /** Called when a connection was silent for `ms` and is destroyed. */
  readonly found: (error: Error) => void
}

interface Server {
  readonly connections: Set<() => void>
  readonly listeners: Set<(error: Error) => void>
}

/** By URL, so that all pools of the process that connect to one server share what was detected. */
const servers = new Map<string, Server>()

function serverOf(url: string): Server {
  const known = servers.get(url) ?? { connections: new Set(), listeners: new Set() }
  servers.set(url, known)
  return known
}

export function silenceOf(url: string, ms: number): Silence {
  const { connections, listeners } = serverOf(url)
  return {
    ms,
    connections,
    found: (error) => {
      for (const close of [...connections]) close()
      for (const listener of listeners) listener(error)
    },
  }
}

/** Calls the listener for each connection that has become silent. Returns a function that removes the listener. */
export function onSilence(url: string, listener: (error: Error) => void): () => void {
  const { listeners } = serverOf(url)
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
