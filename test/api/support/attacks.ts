/**
 * Checks after hostile input: the server answers, writes nothing, reveals no implementation details, and serves the
 * next request.
 */
import { expect } from 'vitest'
import type { GraphQLAnswer, TestServer, Tenant } from '../../support/server.ts'
import {
  documents,
  fingerprint,
  implementationDetails,
  sendBody,
  type DocumentName,
  type Input,
  type UserError,
} from './fixtures.ts'

/** Texts that would reveal the driver, a statement, a constraint, a table, an address or a secret. */
const storageDetails =
  /PostgresError|drizzle|Failed query|violates|relation \\?"|invalid (?:input|byte)|out of range for type|\bECONN|at Object\.|Cannot read prop|is not a function/i
/** An API key. Only the response of keyCreate contains one. */
const apiKey = /obk_[0-9a-z]/

/** Throws if a response contains implementation details or an API key. */
export function expectNoDetails(text: string): void {
  expect(text).not.toMatch(implementationDetails)
  expect(text).not.toMatch(storageDetails)
  expect(text.replace(/"secret":"obk_[0-9a-z_]+"/, '')).not.toMatch(apiKey)
}

export interface ReceivedResponse {
  readonly status: number
  readonly text: string
}

/** Sends the request, and checks that it wrote nothing, revealed nothing and broke nothing. */
export async function expectHarmless(
  server: TestServer,
  tenant: Tenant,
  send: () => Promise<ReceivedResponse>,
): Promise<ReceivedResponse> {
  const before = await fingerprint(server.connections)
  const response = await send()
  expect(await fingerprint(server.connections)).toEqual(before)
  expectNoDetails(response.text)
  expect(response.status).toBeLessThan(500)
  expect((await tenant.post({ query: '{ viewer { key { id } } }' })).body).not.toHaveProperty('errors')
  return response
}

/** The problems of a mutation that is refused: their codes and fields. */
export async function problemsOf(
  server: TestServer,
  tenant: Tenant,
  name: DocumentName,
  input: Input,
): Promise<readonly (readonly [code: string, field: string])[]> {
  const { text } = await expectHarmless(server, tenant, () =>
    sendBody(server, tenant, JSON.stringify({ query: documents[name], variables: { input } })),
  )
  const { data } = JSON.parse(text) as { data: Record<string, Record<string, unknown>> }
  const [payload = {}] = Object.values(data)
  const { userErrors, ...rest } = payload as { readonly userErrors: readonly UserError[] }
  for (const value of Object.values(rest)) expect(value).toBeNull()
  for (const { message } of userErrors) expect(message).toMatch(/^.{10,700}$/su)
  return userErrors.map(({ code, field }) => [code, field.join('.')])
}

/**
 * The code of the first top-level error of a request that is refused before it is executed. `body` is sent unchanged.
 */
export async function errorCodeOf(server: TestServer, tenant: Tenant, body: string): Promise<unknown> {
  const { text } = await expectHarmless(server, tenant, () => sendBody(server, tenant, body))
  const { errors, data } = JSON.parse(text) as GraphQLAnswer
  expect(data ?? null).toBeNull()
  expect(errors?.length).toBeGreaterThan(0)
  return errors?.[0]?.extensions?.['code']
}
