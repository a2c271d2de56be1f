/**
 * Keys, partners and projects: which keys may create and revoke which, and what a revoked or expired key is answered.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readKey } from '../../../src/domain/access/key.ts'
import { createTestKey, createTestPartner, withKey } from '../../support/keys.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  documents,
  mutateOrThrow,
  fingerprint,
  makeRecordingLog,
  missingId,
  mutate,
  type Input,
} from '../support/fixtures.ts'

interface KeyNode {
  readonly id: string
  readonly role: string
  readonly name: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly lastUsedAt: string | null
  readonly partner: { readonly id: string } | null
}

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

const createKey = (tenant: Tenant, input: Input) =>
  mutateOrThrow<{ key: KeyNode; secret: string }>(tenant, 'KeyCreate', input)
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

const keysDocument =
  '{ keys(first: 100) { nodes { id role name expiresAt revokedAt lastUsedAt partner { id } } } }'
async function keysOf(tenant: Tenant): Promise<readonly KeyNode[]> {
  const { keys } = await tenant.gql<{ keys: { nodes: readonly KeyNode[] } }>(keysDocument)
  return keys.nodes
}

/** The status and body of a request with the key. */
async function whoAmI(key: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ query: documents.Who }),
  })
  return { status: response.status, text: await response.text() }
}

async function auditEntriesOf(objectId: string) {
  const rows = await server.connections.sql<
    { projectId: string; keyId: string; operation: string; before: object; after: object; all: string }[]
  >`select project_id as "projectId", key_id as "keyId", operation, before, after, a::text as all
    from audit_log a where object_id = ${objectId} order by id`
  return [...rows]
}

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
    const [line] = await auditEntriesOf(key.id)

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
    expect((await whoAmI(secret)).status).toBe(200)
    const { key: revoked } = await mutateOrThrow<{ key: KeyNode }>(acme, 'KeyRevoke', { id: key.id })

    expect(revoked).toEqual({ id: key.id, revokedAt: expect.any(String) as string })
    expect(await whoAmI(secret)).toEqual(await whoAmI('nonsense'))
    expect((await whoAmI(secret)).status).toBe(401)
    expect((await keysOf(acme)).find(({ id }) => id === key.id)).toMatchObject(revoked)
    expect((await auditEntriesOf(key.id))[1]).toMatchObject({
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
    expect((await whoAmI(own.key)).status).toBe(401)
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

describe('use of keys', () => {
  test('an expired key is answered byte for byte as an unknown key', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER', expiresAt: inAnHour() })
    expect((await whoAmI(secret)).status).toBe(200)
    // The clock of the database decides.
    await server.connections.sql`update keys set expires_at = now() where id = ${key.id}`

    expect(await whoAmI(secret)).toEqual(await whoAmI('nonsense'))
  })

  test('lastUsedAt of a key is written at its first use, and then once a minute', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER' })
    const lastUse = async () => (await keysOf(acme)).find(({ id }) => id === key.id)?.lastUsedAt
    expect(await lastUse()).toBeNull()
    await whoAmI(secret)
    await waitFor(async () => (await lastUse()) !== null, { what: 'lastUsedAt to be written' })
    const first = (await lastUse()) ?? ''
    expect(Math.abs(Date.now() - Date.parse(first))).toBeLessThan(60_000)

    await Promise.all([whoAmI(secret), whoAmI(secret)])
    expect(await lastUse()).toBe(first)
    await server.connections.sql`update keys set last_used_at = now() - interval '61 s' where id = ${key.id}`
    await whoAmI(secret)
    await waitFor(
      async () => (await lastUse()) !== undefined && Date.parse((await lastUse()) ?? '') >= Date.parse(first),
      {
        what: 'lastUsedAt to be written again',
      },
    )
  })

  test('a key is accepted when lastUsedAt cannot be written, which is logged', async () => {
    const { key, secret } = await createKey(acme, { role: 'READER' })
    const { sql } = server.connections
    await sql`alter table keys add constraint no_use check (id <> ${sql.unsafe(`'${key.id}'`)} or last_used_at is null)`
    expect((await whoAmI(secret)).status).toBe(200)
    await waitFor(() => log.lines.some(({ step }) => step === 'key.last-use-not-saved'), {
      what: 'the log line',
    })
    await sql`alter table keys drop constraint no_use`
  })

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

describe('partners', () => {
  test('partnerCreate adds partners, which are listed newest first and found by id in their own project alone', async () => {
    const tenant = await server.tenant('Shop')
    const added = async (name: string) =>
      (await mutateOrThrow<{ partner: { id: string; name: string } }>(tenant, 'PartnerCreate', { name }))
        .partner
    const first = await added('First')
    const second = await added(' Second ')

    expect(second).toEqual({ id: expect.stringMatching(/^ptn_/) as string, name: 'Second' })
    expect(await tenant.gql('{ partners { nodes { id name } } }')).toEqual({
      partners: { nodes: [second, first] },
    })
    const found = 'query ($id: ID!) { partner(id: $id) { name } node(id: $id) { id } }'
    expect(await tenant.gql(found, { id: first.id })).toEqual({
      partner: { name: 'First' },
      node: { id: first.id },
    })
    expect(await acme.gql(found, { id: first.id })).toEqual({ partner: null, node: null })
    expect(await auditEntriesOf(first.id)).toMatchObject([
      { operation: 'partnerCreate', after: { name: 'First' } },
    ])
  })

  test('partnerCreate refuses partner 1,001 of a project with LIMIT_REACHED', async () => {
    const full = await server.tenant('Full')
    await server.connections.sql`
      insert into partners (id, project_id, name, created_at)
      select 'ptn_' || lpad(n::text, 26, '0'), ${full.projectId}, 'p', now() from generate_series(1, 1000) n`
    expect(await mutate(full, 'PartnerCreate', { name: 'One more' })).toMatchObject({
      partner: null,
      userErrors: [{ code: 'LIMIT_REACHED' }],
    })
  })

  test.each([
    ['an empty name', '', 'REQUIRED'],
    ['a name of 201 characters', 'x'.repeat(201), 'TOO_LONG'],
  ])('partnerCreate refuses %s', async (_, name, code) => {
    expect(await mutate(acme, 'PartnerCreate', { name })).toMatchObject({
      partner: null,
      userErrors: [{ code, field: ['name'] }],
    })
  })
})

describe('projectUpdate', () => {
  const update =
    'mutation ($name: String!) { projectUpdate(input: { name: $name }) { project { id name } userErrors { code field } } }'

  test('projectUpdate renames the project and writes an audit entry; the same name writes none, and an empty name is refused', async () => {
    const tenant = await server.tenant('Old')
    const answer = { projectUpdate: { project: { id: tenant.projectId, name: 'New' }, userErrors: [] } }
    expect(await tenant.gql(update, { name: ' New ' })).toEqual(answer)
    expect(await tenant.gql(update, { name: 'New' })).toEqual(answer)

    const lines = await auditEntriesOf(tenant.projectId)
    expect(lines.map(({ operation, before, after }) => ({ operation, before, after }))).toEqual([
      { operation: 'projectCreate', before: null, after: { name: 'Old' } },
      { operation: 'projectUpdate', before: { name: 'Old' }, after: { name: 'New' } },
    ])
    expect(await tenant.gql(update, { name: '' })).toEqual({
      projectUpdate: { project: null, userErrors: [{ code: 'REQUIRED', field: ['name'] }] },
    })
  })
})

describe('OPERATOR keys', () => {
  const create =
    'mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) { project { id name } userErrors { code } } }'
  const send = (body: object, headers: Record<string, string> = {}) => operator.post(body, headers)
  const inAcme = () => ({ 'x-project': acme.projectId })

  test('an OPERATOR key creates and lists projects, and acts in a project that x-project names', async () => {
    const made = await operator.gql<{ projectCreate: { project: { id: string } } }>(create, {
      input: { name: 'Fresh' },
    })
    const { id } = made.projectCreate.project
    const { projects } = await operator.gql<{ projects: { nodes: readonly { id: string }[] } }>(
      '{ projects(first: 100) { nodes { id name } } }',
    )
    expect(projects.nodes[0]).toEqual({ id, name: 'Fresh' })
    expect(projects.nodes.map((project) => project.id)).toContain(acme.projectId)
    expect(await auditEntriesOf(id)).toMatchObject([
      { projectId: id, keyId: readKey(operator.key)?.id, operation: 'projectCreate' },
    ])

    const site = await send(
      { query: documents.SiteCreate, variables: { input: { name: 'Main Street' } } },
      { 'X-Project': id },
    )
    expect(site.body.data).toMatchObject({ siteCreate: { site: { number: 1 }, userErrors: [] } })
    const key = await send(
      { query: documents.KeyCreate, variables: { input: { role: 'PLATFORM' } } },
      { 'x-project': id },
    )
    const { secret } = (key.body.data as { keyCreate: { secret: string } }).keyCreate
    expect(await tenantOf(server.url, id, secret).gql(documents.Who)).toMatchObject({
      viewer: { project: { id } },
    })
  })

  test('an OPERATOR request for project data without x-project is refused with an error that names the header', async () => {
    const before = await fingerprint(server.connections)
    const needing = [
      { query: '{ project { id } }' },
      { query: '{ orders { nodes { id } } }' },
      { query: '{ partners { nodes { id } } }' },
      { query: 'query ($id: ID!) { node(id: $id) { id } }', variables: { id: acme.projectId } },
      { query: '{ topics { name } }' },
      { query: documents.SiteCreate, variables: { input: { name: 'x' } } },
      { query: documents.KeyCreate, variables: { input: { role: 'PLATFORM' } } },
      { query: documents.KeyRevoke, variables: { input: { id: readKey(acme.key)?.id } } },
    ]
    for (const body of needing) {
      const answer = await send(body)
      expect(answer.body.errors).toHaveLength(1)
      expect(answer.body.errors?.[0]).toMatchObject({
        message: expect.stringContaining('name one in the header x-project') as string,
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('an OPERATOR request for viewer and presets needs no x-project', async () => {
    expect(await operator.gql(documents.Who)).toEqual({
      viewer: { key: { id: readKey(operator.key)?.id, role: 'OPERATOR' }, project: null },
    })
    expect(await operator.gql('{ __typename presets { name } }')).toMatchObject({ __typename: 'Query' })
    const named = await send({ query: documents.Who }, inAcme())
    expect(named.body.data).toMatchObject({ viewer: { project: { id: acme.projectId, name: 'Acme' } } })
  })

  test('an OPERATOR key creates and revokes OPERATOR keys, with and without x-project, and alone sees their audit entries', async () => {
    for (const headers of [{}, inAcme()]) {
      const made = await send(
        { query: documents.KeyCreate, variables: { input: { role: 'OPERATOR', name: 'Ops' } } },
        headers,
      )
      const { key, secret } = (made.body.data as { keyCreate: { key: KeyNode; secret: string } }).keyCreate
      expect(await tenantOf(server.url, '', secret).gql(documents.Who)).toMatchObject({
        viewer: { key: { role: 'OPERATOR' }, project: null },
      })
      expect((await keysOf(acme)).map(({ id }) => id)).not.toContain(key.id)

      const revoked = await send(
        { query: documents.KeyRevoke, variables: { input: { id: key.id } } },
        headers,
      )
      const again = await send({ query: documents.KeyRevoke, variables: { input: { id: key.id } } }, headers)
      expect(revoked.body.data).toMatchObject({ keyRevoke: { key: { id: key.id }, userErrors: [] } })
      expect(again.body.data).toEqual(revoked.body.data)
      expect((await whoAmI(secret)).status).toBe(401)
      // OPERATOR keys and their audit entries belong to no project. An OPERATOR request without x-project lists them.
      expect((await keysOf(operator)).map(({ id }) => id)).toContain(key.id)
      const lines = await auditEntriesOf(key.id)
      expect(lines.map(({ operation, projectId }) => ({ operation, projectId }))).toEqual([
        { operation: 'keyCreate', projectId: null },
        { operation: 'keyRevoke', projectId: null },
      ])
      const entries = await operator.gql(
        'query ($id: ID!) { auditLog(filter: { objectIds: [$id] }) { nodes { operation key { id role } } } }',
        { id: key.id },
      )
      const by = { id: readKey(operator.key)?.id, role: 'OPERATOR' }
      expect(entries).toEqual({
        auditLog: {
          nodes: [
            { operation: 'keyRevoke', key: by },
            { operation: 'keyCreate', key: by },
          ],
        },
      })
      expect(
        (
          await acme.gql<{ auditLog: { nodes: object[] } }>(
            'query ($id: ID!) { auditLog(filter: { objectIds: [$id] }) { nodes { id } } }',
            { id: key.id },
          )
        ).auditLog.nodes,
      ).toEqual([])
      expect(log.lines.filter(({ fields }) => fields['keyId'] === key.id).map(({ step }) => step)).toEqual([
        'key.created',
        'key.revoked',
        'key.revoked',
      ])
    }
  })

  const unknownProjects = ['', 'nonsense', 'prj_', missingId('prj'), missingId('ord'), "prj_' or true --"]
  test('an OPERATOR request with an unknown project in x-project is refused with 400, always with the same body', async () => {
    const before = await fingerprint(server.connections)
    const answers = await Promise.all(
      unknownProjects.map((id) => send({ query: documents.Who }, { 'x-project': id })),
    )
    for (const answer of answers) {
      expect(answer).toEqual(answers[0])
      expect(answer.status).toBe(400)
      expect(answer.body.errors).toEqual([
        {
          message: 'x-project does not name a project to which this key gives access',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ])
    }
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('x-project with the own project is accepted from PLATFORM and READER keys, and refused with 400 for any other project', async () => {
    const other = await server.tenant('Other')
    const readers = [acme, await withKey(server, acme, { role: 'READER' })]
    for (const tenant of readers) {
      const own = await tenant.post({ query: documents.Who }, inAcme())
      expect(own.body.data).toMatchObject({ viewer: { project: { id: acme.projectId } } })
      for (const id of [other.projectId, ...unknownProjects])
        expect(await tenant.post({ query: documents.Who }, { 'x-project': id })).toEqual({
          status: 400,
          body: {
            errors: [
              {
                message: 'x-project does not name a project to which this key gives access',
                extensions: { code: 'BAD_USER_INPUT' },
              },
            ],
          },
        })
    }
  })
})
