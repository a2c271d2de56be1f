/** As an application would make it: a graphql-ws client that misses no attempt when its connection breaks. */
import { createClient, type Client } from 'graphql-ws'
import WebSocket from 'ws'

export function orderbellSocket(url: string, key: string): Client {
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket, // a browser has its own, and so has Node from 22 on
    connectionParams: { authorization: `Bearer ${key}` },
    keepAlive: 10_000,
    retryAttempts: Infinity,
    shouldRetry: (closed) => (closed as { code?: number }).code !== 4403, // the key is missing or wrong
  })
  return {
    ...client,
    subscribe: (payload, sink) => {
      const resumed = { ...payload, variables: { ...payload.variables } }
      return client.subscribe<never, never>(resumed, {
        next: (result) => {
          const data = result.data as { deliveryAttempts?: { cursor?: string } } | null | undefined
          const cursor = data?.deliveryAttempts?.cursor
          if (cursor !== undefined) resumed.variables['after'] = cursor // a retry goes on from there
          sink.next(result)
        },
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      })
    },
  }
}
