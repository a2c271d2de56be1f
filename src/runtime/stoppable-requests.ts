/**
 * Stops Node's parser in the middle of what it has read. It goes on until the end of a read, up to 64 KB and thousands of
 * requests, also when the connection was destroyed meanwhile. Only at a request that asks for an upgrade it stops: what
 * follows is not HTTP. So the first request that is too much says that it is one, and `upgrade` is emitted for it.
 */
import { IncomingMessage } from 'node:http'

type Socket = IncomingMessage['socket']

/** The class of a server's requests. A test sees that Node still asks `upgrade` before it makes an answer. */
export function stoppableRequests(isTooMuch: (socket: Socket) => boolean): typeof IncomingMessage {
  return class extends IncomingMessage {
    declare private asksUpgrade: boolean | null

    get upgrade(): boolean | null {
      return isTooMuch(this.socket) || this.asksUpgrade
    }

    set upgrade(asks: boolean | null) {
      this.asksUpgrade = asks
    }
  }
}
