/** keyCreate and keyRevoke: which keys a key may create and revoke, and the audit entries of both. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readKey } from '../../../src/domain/access/key.ts'
import { createTestKey, createTestPartner, withKey } from '../../support/keys.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import {
  documents,
  fingerprint,
  makeRecordingLog,
  missingId,
  mutate,
  mutateOrThrow,
  type Input,
} from '../support/fixtures.ts'
import {
  auditEntriesOf,
  createKey,
  inAnHour,
  keysDocument,
  keysOf,
  whoAmI,
  type KeyNode,
} from '../support/key-calls.ts'

const log = makeRecordingLog()
let server: TestServer
let acme: Tenant
let partnerId: string
let operator: Tenant

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
  partnerId = await createTestPartner(server, acme)
  const { text } = await createTestKey(server, acme.projectId, { role: 'OPERATOR' })
  operator = tenantOf(server.url, '', text)
})
afterAll(() => server.close())

describe('keyCreate', () => {
  test('keyCreate creates a PARTNER key whose secret is the text that a request sends', async () => {
    const expiresAt = inAnHour()
    const made = await createKey(acme, { role: 'PARTNER', partnerId, name: ' Courier Ltd ', expiresAt })

    expect(made.key).toEqual({
      id: expect.stringMatching(/^key_/) as string,
      role: 'PARTNER',
      expiresAt,
      partner: { id: partnerId },
    })
    const answer = await tenantOf(server.url, acme.projectId, made.secret).gql(documents.Who)
    expect(answer).toEqual({
      viewer: {
        key: { id: made.key.id, role: 'PARTNER' },
        project: { id: acme.projectId, name: 'Acme' },
      },
    })
    expect((await keysOf(acme))[0]).toMatchObject({ id: made.key.id, name: 'Courier Ltd', revokedAt: null })
  })

  test.each(['PLATFORM', 'READER'])('keyCreate creates a %s key that does not expire', async (role) => {
    const made = await createKey(acme, { role })
    expect(made.key).toMatchObject({ role, expiresAt: null, partner: null })
    const answer = await tenantOf(server.url, acme.projectId, made.secret).gql(documents.Who)
    expect(answer).toMatchObject({ viewer: { key: { role }, project: { id: acme.projectId } } })
  })

  test('keyCreate writes an audit entry; the entry, the log and the key list do not contain the secret', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER', name: 'Board' })
    const [line] = await auditEntriesOf(server, key.id)

    expect(line).toMatchObject({
      projectId: acme.projectId,
      keyId: readKey(acme.key)?.id,
      operation: 'keyCreate',
      before: null,
      after: { role: 'READER', name: 'Board', partnerId: null, expiresAt: null, revokedAt: null },
    })
    const shown = JSON.stringify([line, log.lines, await keysOf(acme)])
    expect(shown).not.toContain(readKey(secret)?.secret ?? 'none')
    expect(shown).not.toContain(secret)
  })

  const wrong: readonly (readonly [string, () => Input, string, string])[] = [
    ['a PARTNER key without a partner', () => ({ role: 'PARTNER' }), 'REQUIRED', 'partnerId'],
    ['a READER key with a partner', () => ({ role: 'READER', partnerId }), 'INVALID', 'partnerId'],
    ['a PLATFORM key with a partner', () => ({ role: 'PLATFORM', partnerId }), 'INVALID', 'partnerId'],
    ['an OPERATOR key by a PLATFORM key', () => ({ role: 'OPERATOR' }), 'INVALID', 'role'],
    [
      'an expiry in the past',
      () => ({ role: 'READER', expiresAt: '2020-01-01T00:00:00Z' }),
      'INVALID',
      'expiresAt',
    ],
    ['an empty name', () => ({ role: 'READER', name: ' ' }), 'REQUIRED', 'name'],
    ['a name of 201 characters', () => ({ role: 'READER', name: 'x'.repeat(201) }), 'TOO_LONG', 'name'],
    ['a name of a NUL', () => ({ role: 'READER', name: '\0' }), 'REQUIRED', 'name'],
  ]
  test.each(wrong)('keyCreate refuses %s and writes nothing', async (_, input, code, field) => {
    const before = await fingerprint(server.connections)
    const answer = await mutate<{ key: null; secret: null }>(acme, 'KeyCreate', input())

    expect(answer).toMatchObject({ key: null, secret: null, userErrors: [{ code, field: [field] }] })
    expect(answer.userErrors).toHaveLength(1)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('keyCreate reports all problems of an input together', async () => {
    const input = { role: 'OPERATOR', partnerId, name: '', expiresAt: '2020-01-01T00:00:00Z' }
    const { userErrors } = await mutate(acme, 'KeyCreate', input)
    expect(userErrors.map(({ field }) => field[0]).toSorted()).toEqual([
      'expiresAt',
      'name',
      'partnerId',
      'role',
    ])
  })

  test("keyCreate gives the same response for another project's partner, an unknown partner and an id of another kind", async () => {
    const other = await server.tenant('Other')
    const theirs = await createTestPartner(server, other)
    const answers = await Promise.all(
      [theirs, missingId('ptn'), missingId('ord'), 'ptn_', ''].map((id) =>
        acme.post({ query: documents.KeyCreate, variables: { input: { role: 'PARTNER', partnerId: id } } }),
      ),
    )
    expect(answers[0]?.body.data).toMatchObject({ keyCreate: { userErrors: [{ code: 'NOT_FOUND' }] } })
    for (const { body } of answers) expect(JSON.stringify(body)).toBe(JSON.stringify(answers[0]?.body))
  })

  test('keyCreate refuses key 1,001 of a project with LIMIT_REACHED, until a key is revoked', async () => {
    const full = await server.tenant('Full')
    await server.connections.sql`
      insert into keys (id, project_id, role, secret_hash)
      select 'key_' || lpad(n::text, 26, '0'), ${full.projectId}, 'READER', '' from generate_series(1, 998) n`
    const { key } = await createKey(full, { role: 'READER' })

    expect(await mutate(full, 'KeyCreate', { role: 'READER' })).toMatchObject({
      key: null,
      userErrors: [{ code: 'LIMIT_REACHED', field: [] }],
    })
    await mutateOrThrow(full, 'KeyRevoke', { id: key.id })
    await createKey(full, { role: 'READER' })
  })
})

describe('keyRevoke', () => {
  test('keyRevoke revokes a key, and its next request is answered 401, byte for byte as with an unknown key', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER' })
    expect((await whoAmI(server, secret)).status).toBe(200)
    const { key: revoked } = await mutateOrThrow<{ key: KeyNode }>(acme, 'KeyRevoke', { id: key.id })

    expect(revoked).toEqual({ id: key.id, revokedAt: expect.any(String) as string })
    expect(await whoAmI(server, secret)).toEqual(await whoAmI(server, 'nonsense'))
    expect((await whoAmI(server, secret)).status).toBe(401)
    expect((await keysOf(acme)).find(({ id }) => id === key.id)).toMatchObject(revoked)
    expect((await auditEntriesOf(server, key.id))[1]).toMatchObject({
      operation: 'keyRevoke',
      before: { revokedAt: null },
      after: { revokedAt: revoked.revokedAt },
    })
  })

  test('a repeated keyRevoke returns the same and changes nothing', async () => {
    const { key } = await createKey(acme, { role: 'READER' })
    const first = await mutateOrThrow(acme, 'KeyRevoke', { id: key.id })
    const before = await fingerprint(server.connections)

    expect(await mutateOrThrow(acme, 'KeyRevoke', { id: key.id })).toEqual(first)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('keyRevoke revokes the key of its own request', async () => {
    const own = await withKey(server, acme, { role: 'PLATFORM' })
    await mutateOrThrow(own, 'KeyRevoke', { id: own.keyId })
    expect((await whoAmI(server, own.key)).status).toBe(401)
  })

  test("keyRevoke gives the same response for another project's key, an OPERATOR key, an unknown key and other ids", async () => {
    const other = await server.tenant('Other')
    const ids = [readKey(other.key)?.id, readKey(operator.key)?.id, missingId('key'), missingId('ord'), 'x']
    const before = await fingerprint(server.connections)
    const answers = await Promise.all(
      ids.map((id) => acme.post({ query: documents.KeyRevoke, variables: { input: { id } } })),
    )

    expect(answers[0]?.body.data).toMatchObject({
      keyRevoke: { key: null, userErrors: [{ code: 'NOT_FOUND' }] },
    })
    for (const { body } of answers) expect(JSON.stringify(body)).toBe(JSON.stringify(answers[0]?.body))
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})

describe('list and roles', () => {
  test('keys lists the keys of the own project newest first, without OPERATOR keys', async () => {
    const lone = await server.tenant('Lone')
    const first = await createKey(lone, { role: 'READER' })
    const second = await createKey(lone, { role: 'PLATFORM' })

    const ids = (await keysOf(lone)).map(({ id }) => id)
    expect(ids).toEqual([second.key.id, first.key.id, readKey(lone.key)?.id])
    const node = await lone.gql('query ($id: ID!) { node(id: $id) { id } }', {
      id: readKey(operator.key)?.id,
    })
    expect(node).toEqual({ node: null })
  })

  test.each(['READER', 'PARTNER'] as const)(
    'a %s key may not create, revoke or list keys, and not change or list partners and projects',
    async (role) => {
      const other = await withKey(server, acme, { role, partnerId: role === 'PARTNER' ? partnerId : null })
      const before = await fingerprint(server.connections)
      const answers = await Promise.all([
        other.post({ query: documents.KeyCreate, variables: { input: { role: 'READER' } } }),
        other.post({ query: documents.KeyRevoke, variables: { input: { id: other.keyId } } }),
        other.post({ query: documents.PartnerCreate, variables: { input: { name: 'x' } } }),
        other.post({ query: keysDocument }),
        other.post({ query: 'mutation { projectUpdate(input: { name: "x" }) { project { id } } }' }),
        other.post({ query: 'mutation { projectCreate(input: { name: "x" }) { project { id } } }' }),
        other.post({ query: '{ projects { nodes { id } } }' }),
      ])
      for (const { body } of answers) expect(body.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN' })
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )
})
