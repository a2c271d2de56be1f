/** Calls of the API that create and read keys, and the audit entries of an object. */
import type { TestServer, Tenant } from '../../support/server.ts'
import { documents, mutateOrThrow, type Input } from './fixtures.ts'

export interface KeyNode {
  readonly id: string
  readonly role: string
  readonly name: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly lastUsedAt: string | null
  readonly partner: { readonly id: string } | null
}

export interface CreatedKey {
  readonly key: KeyNode
  readonly secret: string
}

export const createKey = (tenant: Tenant, input: Input): Promise<CreatedKey> =>
  mutateOrThrow(tenant, 'KeyCreate', input)

export const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString()

export const keysDocument =
  '{ keys(first: 100) { nodes { id role name expiresAt revokedAt lastUsedAt partner { id } } } }'

export async function keysOf(tenant: Tenant): Promise<readonly KeyNode[]> {
  const { keys } = await tenant.gql<{ keys: { nodes: readonly KeyNode[] } }>(keysDocument)
  return keys.nodes
}

/** The status and body of a request with the key. */
export async function whoAmI({ url }: Pick<TestServer, 'url'>, key: string) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: documents.Who }),
  })
  return { status: response.status, text: await response.text() }
}

interface AuditRow {
  readonly projectId: string | null
  readonly keyId: string
  readonly operation: string
  readonly before: object | null
  readonly after: object | null
  readonly all: string
}

/** The audit entries of an object, oldest first. `all` is the text of the whole row. */
export async function auditEntriesOf(
  { connections }: TestServer,
  objectId: string,
): Promise<readonly AuditRow[]> {
  const rows = await connections.sql<AuditRow[]>`
    select project_id as "projectId", key_id as "keyId", operation, before, after, a::text as all
    from audit_log a where object_id = ${objectId} order by id`
  return [...rows]
}
