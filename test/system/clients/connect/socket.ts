/** graphql-ws as an application would configure it. The application resumes from the last cursor itself (docs/subscriptions.md, "Watch live"). */
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
