/**
 * Limits HTTP pipelining, where a client sends many requests without waiting for the responses. Node handles all
 * requests of one read, up to 64 KB, before it serves any other connection. This module starts at most a few requests
 * of each connection in one event-loop iteration, and limits the number of unanswered requests of a connection.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

type Socket = IncomingMessage['socket']

/** Limits for one connection. */
export interface PipeliningBounds {
  /** Requests that are started in one event-loop iteration. */
  readonly begunPerTurn: number
  /** Unanswered requests. */
  readonly unanswered: number
}

/** The default limits. Clients that use pipelining send about ten requests ahead. */
export const ourTurns: PipeliningBounds = { begunPerTurn: 2, unanswered: 32 }

interface Waiting {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly handle: RequestListener
}

interface Connection {
  readonly unanswered: Set<ServerResponse>
  readonly waiting: Waiting[]
  begunInTurn: number
}

/** The requests of all connections. */
export interface RequestTurns {
  /** Calls `handle` within the limits: at once for a client that does not pipeline, otherwise possibly later. */
  take(waiting: Waiting): void
  /** The number of unanswered requests of a connection. */
  unanswered(socket: Socket): number
  /** Whether the connection has reached its limit of unanswered requests. */
  readonly isFull: (socket: Socket) => boolean
  /** The unanswered requests of all connections. */
  readonly allUnanswered: () => Iterable<ServerResponse>
}

/** `onAnswered` is called when the last unanswered request of an open connection is answered. */
export function makePipelining(
  onAnswered: (socket: Socket) => void,
  bounds: PipeliningBounds = ourTurns,
): RequestTurns {
  const connections = new Map<Socket, Connection>()

  const connectionOf = (socket: Socket): Connection => {
    const known = connections.get(socket)
    if (known !== undefined) return known
    const fresh: Connection = { unanswered: new Set(), waiting: [], begunInTurn: 0 }
    connections.set(socket, fresh)
    // When a connection ends, Node emits no `close` for responses that are queued behind another one.
    socket.once('close', () => connections.delete(socket))
    return fresh
  }

  const begin = (connection: Connection): void => {
    while (connection.begunInTurn < bounds.begunPerTurn) {
      const next = connection.waiting.shift()
      if (next === undefined) return
      if (next.request.socket.destroyed) continue
      connection.begunInTurn += 1
      if (connection.begunInTurn === 1) setImmediate(startTurn, connection)
      next.handle(next.request, next.response)
    }
  }
  const startTurn = (connection: Connection): void => {
    connection.begunInTurn = 0
    begin(connection)
  }

  const unanswered = (socket: Socket): number => connections.get(socket)?.unanswered.size ?? 0

  return {
    take: (waiting) => {
      const { socket } = waiting.request
      const connection = connectionOf(socket)
      const { response } = waiting
      connection.unanswered.add(response)
      response.once('close', () => {
        connection.unanswered.delete(response)
        if (connection.unanswered.size === 0 && !socket.destroyed) onAnswered(socket)
      })
      connection.waiting.push(waiting)
      begin(connection)
    },
    unanswered,
    isFull: (socket) => unanswered(socket) >= bounds.unanswered,
    allUnanswered: function* () {
      for (const { unanswered } of connections.values()) yield* unanswered
    },
  }
}
