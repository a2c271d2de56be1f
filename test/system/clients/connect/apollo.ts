/** Apollo Client 4 as an application would configure it: HTTP, and subscriptions over WebSocket. */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import { OperationTypeNode } from 'graphql'
import { orderbellSocket } from './socket.ts'

export function apolloClient(url: string, key: string): ApolloClient {
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(orderbellSocket(url, key)),
      new HttpLink({ uri: url, headers: { authorization: `Bearer ${key}` } }),
    ),
    cache: new InMemoryCache({
      typePolicies: { Query: { fields: { deliveries: relayStylePagination(['filter']) } } },
    }),
  })
}
