/**
 * Makes Node's HTTP parser stop within one read. The parser otherwise parses the whole read, up to 64 KB and thousands
 * of requests, even after the connection was destroyed. It stops only at an upgrade request, because the bytes after it
 * are not HTTP. So the first request beyond the limit reports itself as an upgrade, and Node emits `upgrade` for it.
 */
import { IncomingMessage } from 'node:http'

type Socket = IncomingMessage['socket']

/**
 * Returns the IncomingMessage class for a server. `isTooMuch`: whether the connection is at its limit. Relies on Node
 * reading `upgrade` before it creates the response, which a test checks. An upgrade request to anything other than a
 * WebSocket is treated as an ordinary request: some clients send `Upgrade: h2c` with every request and continue with
 * HTTP/1.1.
 */
export function stoppableRequests(isTooMuch: (socket: Socket) => boolean): typeof IncomingMessage {
  return class extends IncomingMessage {
    declare private upgradeRequested: boolean | null

    get upgrade(): boolean | null {
      if (isTooMuch(this.socket)) return true
      if (this.upgradeRequested !== true || this.method === 'CONNECT') return this.upgradeRequested
      return /\bwebsocket\b/i.test(this.headers.upgrade ?? '')
    }

    set upgrade(requested: boolean | null) {
      this.upgradeRequested = requested
    }
  }
}
