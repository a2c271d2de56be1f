/** As an application would make it: graphql-ws, which leaves it to the application to go on after the last cursor (README, "Watch live"). */
import { createClient, type Client } from 'graphql-ws'
import WebSocket from 'ws'

export function orderbellSocket(url: string, key: string): Client {
  return createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket, // a browser has its own, and so has Node from 22 on
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  })
}
