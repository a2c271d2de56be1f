/**
 * What must hold after input that nobody should send: the answer is one of ours, nothing was written, nothing of
 * our inside is told, and the next request is served.
 */
import { expect } from 'vitest'
import type { GraphQLAnswer, TestServer, Tenant } from '../../support/server.ts'
import {
  documents,
  fingerprint,
  ours,
  sendTo,
  type DocumentName,
  type Input,
  type UserError,
} from './fixtures.ts'

/** What would tell how we keep things: a driver, a statement, a constraint, a table, an address, a secret. */
const inside =
  /PostgresError|drizzle|Failed query|violates|relation \\?"|invalid (?:input|byte)|out of range for type|\bECONN|at Object\.|Cannot read prop|is not a function/i
/** A key; only its making shows it. */
const aKey = /obk_[0-9a-z]/

/** Throws where an answer tells of our inside. */
export function expectNothingTold(text: string): void {
  expect(text).not.toMatch(ours)
  expect(text).not.toMatch(inside)
  expect(text.replace(/"secret":"obk_[0-9a-z_]+"/, '')).not.toMatch(aKey)
}

export interface Told {
  readonly status: number
  readonly text: string
}

/** Sends, and sees that nothing came of it but the answer. */
export async function harmless(server: TestServer, tenant: Tenant, send: () => Promise<Told>): Promise<Told> {
  const before = await fingerprint(server.connections)
  const told = await send()
  expect(await fingerprint(server.connections)).toEqual(before)
  expectNothingTold(told.text)
  expect(told.status).toBeLessThan(500)
  expect((await tenant.post({ query: '{ viewer { key { id } } }' })).body).not.toHaveProperty('errors')
  return told
}

/** The problems that a mutation of the contract answers to an input that it refuses. */
export async function problemsOf(
  server: TestServer,
  tenant: Tenant,
  name: DocumentName,
  input: Input,
): Promise<readonly (readonly [code: string, field: string])[]> {
  const { text } = await harmless(server, tenant, () =>
    sendTo(server, tenant, JSON.stringify({ query: documents[name], variables: { input } })),
  )
  const { data } = JSON.parse(text) as { data: Record<string, Record<string, unknown>> }
  const [payload = {}] = Object.values(data)
  const { userErrors, ...rest } = payload as { readonly userErrors: readonly UserError[] }
  for (const value of Object.values(rest)) expect(value).toBeNull()
  for (const { message } of userErrors) expect(message).toMatch(/^.{10,700}$/su)
  return userErrors.map(({ code, field }) => [code, field.join('.')])
}

/** The code of the one top-level error of a request that is refused before anything is looked at; the body as it stands. */
export async function codeOf(server: TestServer, tenant: Tenant, body: string): Promise<unknown> {
  const { text } = await harmless(server, tenant, () => sendTo(server, tenant, body))
  const { errors, data } = JSON.parse(text) as GraphQLAnswer
  expect(data ?? null).toBeNull()
  expect(errors?.length).toBeGreaterThan(0)
  return errors?.[0]?.extensions?.['code']
}
