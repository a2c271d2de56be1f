/** urql as an application would configure it: HTTP, and subscriptions over WebSocket. */
import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import type { Sink } from 'graphql-ws'
import { orderbellSocket } from './socket.ts'

export function urqlClient(url: string, key: string): Client {
  const socket = orderbellSocket(url, key)
  return new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${key}` } },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink as Sink),
          }),
        }),
      }),
    ],
  })
}
