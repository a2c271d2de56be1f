/** Introspection returns everything that schema.graphql contains. */
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  lexicographicSortSchema,
  printSchema,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { schemaText } from '../../../src/graphql/schema.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

// Introspection keeps the order of fields but not of types.
const printed = (schema: GraphQLSchema): string => printSchema(lexicographicSortSchema(schema))

test('introspection over HTTP prints back to schema.graphql, descriptions and reasons included', async () => {
  const acme = await server.tenant()
  const everything = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  })
  const introspected = await acme.gql<IntrospectionQuery & Record<string, unknown>>(everything)

  expect(printed(buildClientSchema(introspected))).toBe(printed(buildSchema(schemaText)))
})
