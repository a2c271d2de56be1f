/**
 * Stops Node's parser in the middle of what it has read. It goes on until the end of a read, up to 64 KB and thousands of
 * requests, also when the connection was destroyed meanwhile. Only at a request that asks for an upgrade it stops: what
 * follows is not HTTP. So the first request that is too much says that it is one, and `upgrade` is emitted for it.
 * A request that asks for any other upgrade than to a WebSocket is an ordinary request: some clients ask for HTTP/2 with
 * each request (`Upgrade: h2c`), and go on with HTTP/1.1 when the answer comes in it.
 */
import { IncomingMessage } from 'node:http'

type Socket = IncomingMessage['socket']

/** The class of a server's requests. A test sees that Node still asks `upgrade` before it makes an answer. */
export function stoppableRequests(isTooMuch: (socket: Socket) => boolean): typeof IncomingMessage {
  return class extends IncomingMessage {
    declare private asksUpgrade: boolean | null

    get upgrade(): boolean | null {
      if (isTooMuch(this.socket)) return true
      if (this.asksUpgrade !== true || this.method === 'CONNECT') return this.asksUpgrade
      return /\bwebsocket\b/i.test(this.headers.upgrade ?? '')
    }

    set upgrade(asks: boolean | null) {
      this.asksUpgrade = asks
    }
  }
}
