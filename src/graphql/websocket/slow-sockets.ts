/**
 * Limits the memory of a socket whose client reads more slowly than the server sends. While more than 1 MiB waits to be
 * sent on a socket, the server stops producing responses for it and reads nothing from it. The server closes a socket
 * that accepts no bytes for 10 s. The client can reconnect and resume its subscriptions from a cursor.
 * This file closes the socket. `feed/subscription.ts` detaches one slow subscription and leaves its socket open.
 */
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../../ports/log.ts'
import { closeSocket, type WebSocket } from './close-codes.ts'

/**
 * Bytes that may wait to be sent on one socket before the server stops producing responses for it. Responses in progress
 * are still added: for each subscription, the response that is being sent and the few that are produced ahead of it.
 */
export const maxBufferedBytes = 1024 * 1024
/** How long a socket may accept no bytes while bytes wait for it. */
export const stuckMs = 10_000
const checkEveryMs = 1_000
/** Interval at which a subscription that waits for its socket checks the number of waiting bytes. */
const pollEveryMs = 20

/** Clients of graphql-ws reconnect by themselves after this code. The reason may have at most 123 bytes. */
const tooSlow = {
  code: 4413,
  reason: `Too slow: nothing could be sent for ${stuckMs / 1_000} s; connect again and resume from the last cursor`,
} as const

type TcpSocket = IncomingMessage['socket']

interface Progress {
  readonly tcp: TcpSocket
  /** Bytes that the network has accepted so far. */
  acceptedBytes: number
  /** When the socket last accepted bytes or had none waiting, by `performance.now()`. */
  sinceMs: number
}

export interface SlowSocketWatch {
  /** Watches a socket until it is closed. */
  add(socket: WebSocket, tcp: TcpSocket): void
  stop(): void
}

/** `stuckAfterMs` is for tests. */
export function makeSlowSocketWatch(log: Log, stuckAfterMs = stuckMs): SlowSocketWatch {
  const watched = new Map<WebSocket, Progress>()

  const check = (socket: WebSocket, progress: Progress, nowMs: number): void => {
    if (!isFull(socket) && socket.isPaused) socket.resume()
    const acceptedBytes = acceptedBy(progress.tcp)
    if (socket.bufferedAmount === 0 || acceptedBytes !== progress.acceptedBytes) {
      progress.acceptedBytes = acceptedBytes
      progress.sinceMs = nowMs
      return
    }
    const forMs = Math.round(nowMs - progress.sinceMs)
    if (forMs < stuckAfterMs) return
    watched.delete(socket)
    log.warn({ waitingBytes: socket.bufferedAmount, takenBytes: acceptedBytes, forMs }, 'socket.too-slow')
    void closeSocket(socket, tooSlow.code, tooSlow.reason)
    // The server reads from the socket again, in order to receive the client's close frame.
    socket.resume()
  }
  const timer = setInterval(
    () => {
      const nowMs = performance.now()
      for (const [socket, progress] of watched) check(socket, progress, nowMs)
    },
    Math.min(checkEveryMs, stuckAfterMs / 2),
  ).unref()

  return {
    add: (socket, tcp) => {
      watched.set(socket, { tcp, acceptedBytes: acceptedBy(tcp), sinceMs: performance.now() })
      socket.once('close', () => watched.delete(socket))
      // The server answers messages and pings, so it reads no more of them while the client does not read the responses.
      const pauseWhenFull = (): void => {
        if (isFull(socket)) socket.pause()
      }
      socket.on('message', pauseWhenFull)
      socket.on('ping', pauseWhenFull)
    },
    stop: () => clearInterval(timer),
  }
}

/** Waits until the socket is within its limit of waiting bytes. Returns false when the socket is no longer open. */
export async function untilWritable(socket: WebSocket): Promise<boolean> {
  while (socket.readyState === socket.OPEN && isFull(socket))
    await pause(pollEveryMs, undefined, { ref: false })
  return socket.readyState === socket.OPEN
}

function isFull({ bufferedAmount }: WebSocket): boolean {
  return bufferedAmount > maxBufferedBytes
}

function acceptedBy({ bytesWritten, writableLength }: TcpSocket): number {
  return bytesWritten - writableLength
}
