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
  readonly startsPerIteration: number
  /** Unanswered requests. */
  readonly unanswered: number
}

/** The default limits. Clients that use pipelining send about ten requests ahead. */
export const defaultPipeliningBounds: PipeliningBounds = { startsPerIteration: 2, unanswered: 32 }

interface WaitingRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly handle: RequestListener
}

interface PipelinedConnection {
  readonly unanswered: Set<ServerResponse>
  readonly waiting: WaitingRequest[]
  startedInIteration: number
}

/** The requests of all connections. */
export interface Pipelining {
  /** Calls `handle` within the limits: at once for a client that does not pipeline, otherwise possibly later. */
  start(waiting: WaitingRequest): void
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
  bounds: PipeliningBounds = defaultPipeliningBounds,
): Pipelining {
  const connections = new Map<Socket, PipelinedConnection>()

  const connectionOf = (socket: Socket): PipelinedConnection => {
    const existing = connections.get(socket)
    if (existing !== undefined) return existing
    const connection: PipelinedConnection = { unanswered: new Set(), waiting: [], startedInIteration: 0 }
    connections.set(socket, connection)
    // When a connection ends, Node emits no `close` for responses that are queued behind another one.
    socket.once('close', () => connections.delete(socket))
    return connection
  }

  const startNext = (connection: PipelinedConnection): void => {
    while (connection.startedInIteration < bounds.startsPerIteration) {
      const next = connection.waiting.shift()
      if (next === undefined) return
      if (next.request.socket.destroyed) continue
      connection.startedInIteration += 1
      if (connection.startedInIteration === 1) setImmediate(startIteration, connection)
      next.handle(next.request, next.response)
    }
  }
  const startIteration = (connection: PipelinedConnection): void => {
    connection.startedInIteration = 0
    startNext(connection)
  }

  const unanswered = (socket: Socket): number => connections.get(socket)?.unanswered.size ?? 0

  return {
    start: (waiting) => {
      const { socket } = waiting.request
      const connection = connectionOf(socket)
      const { response } = waiting
      connection.unanswered.add(response)
      response.once('close', () => {
        connection.unanswered.delete(response)
        if (connection.unanswered.size === 0 && !socket.destroyed) onAnswered(socket)
      })
      connection.waiting.push(waiting)
      startNext(connection)
    },
    unanswered,
    isFull: (socket) => unanswered(socket) >= bounds.unanswered,
    allUnanswered: function* () {
      for (const { unanswered } of connections.values()) yield* unanswered
    },
  }
}
