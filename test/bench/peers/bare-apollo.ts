/** Measures the ceiling of the API: Express and Apollo Server with default settings return the same response. */
import { ApolloServer } from '@apollo/server'
import { expressMiddleware } from '@as-integrations/express5'
import express from 'express'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The data of the next responses, as JSON objects without resolvers. */
let root: Record<string, unknown> = {}

const apollo = new ApolloServer({
  typeDefs: readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'),
  rootValue: () => root,
})
await apollo.start()
const app = express()
app.use('/graphql', express.json(), expressMiddleware(apollo))
const server = createServer(app)
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`)
})
process.on('message', (data: Record<string, unknown>) => {
  root = data
  process.send?.('ready')
})
process.on('disconnect', () => process.exit())
