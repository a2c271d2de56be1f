/** Keys, partners and projects: who may make and end which, and what a key opens once it is ended. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readKey } from '../../../src/domain/access/key.ts'
import { aKey, aPartner, withKey } from '../../support/keys.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import { documents, done, fingerprint, keptLog, missingId, mutate, type Input } from '../support/fixtures.ts'

interface KeyNode {
  readonly id: string
  readonly role: string
  readonly name: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly lastUsedAt: string | null
  readonly partner: { readonly id: string } | null
}

const log = keptLog()
let server: TestServer
let acme: Tenant
let partnerId: string
let operator: Tenant

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
  partnerId = await aPartner(server, acme)
  const { text } = await aKey(server, acme.projectId, { role: 'OPERATOR' })
  operator = tenantOf(server.url, '', text)
})
afterAll(() => server.close())

const make = (tenant: Tenant, input: Input) =>
  done<{ key: KeyNode; secret: string }>(tenant, 'KeyCreate', input)
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

const keysDocument =
  '{ keys(first: 100) { nodes { id role name expiresAt revokedAt lastUsedAt partner { id } } } }'
async function keysOf(tenant: Tenant): Promise<readonly KeyNode[]> {
  const { keys } = await tenant.gql<{ keys: { nodes: readonly KeyNode[] } }>(keysDocument)
  return keys.nodes
}

/** What a request with that key is answered. */
async function who(key: string, headers: Record<string, string> = {}) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: JSON.stringify({ query: documents.Who }),
  })
  return { status: response.status, text: await response.text() }
}

async function auditOf(objectId: string) {
  const rows = await server.connections.sql<
    { projectId: string; keyId: string; operation: string; before: object; after: object; all: string }[]
  >`select project_id as "projectId", key_id as "keyId", operation, before, after, a::text as all
    from audit_log a where object_id = ${objectId} order by id`
  return [...rows]
}

describe('keyCreate', () => {
  test("makes a partner's key, whose secret is the very text that a request sends", async () => {
    const expiresAt = inAnHour()
    const made = await make(acme, { role: 'PARTNER', partnerId, name: ' Courier Ltd ', expiresAt })

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

  test.each(['PLATFORM', 'READER'])('makes a key of role %s, which does not expire', async (role) => {
    const made = await make(acme, { role })
    expect(made.key).toMatchObject({ role, expiresAt: null, partner: null })
    const answer = await tenantOf(server.url, acme.projectId, made.secret).gql(documents.Who)
    expect(answer).toMatchObject({ viewer: { key: { role }, project: { id: acme.projectId } } })
  })

  test('writes its line of the audit log, without what opens anything', async () => {
    const { key, secret } = await make(acme, { role: 'READER', name: 'Board' })
    const [line] = await auditOf(key.id)

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
    ['a partner key without a partner', () => ({ role: 'PARTNER' }), 'REQUIRED', 'partnerId'],
    ['a reader with a partner', () => ({ role: 'READER', partnerId }), 'INVALID', 'partnerId'],
    ['a platform with a partner', () => ({ role: 'PLATFORM', partnerId }), 'INVALID', 'partnerId'],
    ['an OPERATOR, asked for by a PLATFORM', () => ({ role: 'OPERATOR' }), 'INVALID', 'role'],
    [
      'an end in the past',
      () => ({ role: 'READER', expiresAt: '2020-01-01T00:00:00Z' }),
      'INVALID',
      'expiresAt',
    ],
    ['an empty name', () => ({ role: 'READER', name: ' ' }), 'REQUIRED', 'name'],
    ['a name of 201 characters', () => ({ role: 'READER', name: 'x'.repeat(201) }), 'TOO_LONG', 'name'],
    ['a name of NUL', () => ({ role: 'READER', name: '\0' }), 'REQUIRED', 'name'],
  ]
  test.each(wrong)('refuses %s, and writes nothing', async (_, input, code, field) => {
    const before = await fingerprint(server.connections)
    const answer = await mutate<{ key: null; secret: null }>(acme, 'KeyCreate', input())

    expect(answer).toMatchObject({ key: null, secret: null, userErrors: [{ code, field: [field] }] })
    expect(answer.userErrors).toHaveLength(1)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('tells all that is wrong at once', async () => {
    const input = { role: 'OPERATOR', partnerId, name: '', expiresAt: '2020-01-01T00:00:00Z' }
    const { userErrors } = await mutate(acme, 'KeyCreate', input)
    expect(userErrors.map(({ field }) => field[0]).toSorted()).toEqual([
      'expiresAt',
      'name',
      'partnerId',
      'role',
    ])
  })

  test("answers another project's partner, an unknown one and an id of another kind alike", async () => {
    const other = await server.tenant('Other')
    const theirs = await aPartner(server, other)
    const answers = await Promise.all(
      [theirs, missingId('ptn'), missingId('ord'), 'ptn_', ''].map((id) =>
        acme.post({ query: documents.KeyCreate, variables: { input: { role: 'PARTNER', partnerId: id } } }),
      ),
    )
    expect(answers[0]?.body.data).toMatchObject({ keyCreate: { userErrors: [{ code: 'NOT_FOUND' }] } })
    for (const { body } of answers) expect(JSON.stringify(body)).toBe(JSON.stringify(answers[0]?.body))
  })

  test('makes no more than 1,000 that open a project; one that is revoked makes room', async () => {
    const full = await server.tenant('Full')
    await server.connections.sql`
      insert into keys (id, project_id, role, secret_hash)
      select 'key_' || lpad(n::text, 26, '0'), ${full.projectId}, 'READER', '' from generate_series(1, 998) n`
    const { key } = await make(full, { role: 'READER' })

    expect(await mutate(full, 'KeyCreate', { role: 'READER' })).toMatchObject({
      key: null,
      userErrors: [{ code: 'LIMIT_REACHED', field: [] }],
    })
    await done(full, 'KeyRevoke', { id: key.id })
    await make(full, { role: 'READER' })
  })
})

describe('keyRevoke', () => {
  test('ends a key: its next request is answered like one of an unknown key, byte for byte', async () => {
    const { key, secret } = await make(acme, { role: 'READER' })
    expect((await who(secret)).status).toBe(200)
    const { key: revoked } = await done<{ key: KeyNode }>(acme, 'KeyRevoke', { id: key.id })

    expect(revoked).toEqual({ id: key.id, revokedAt: expect.any(String) as string })
    expect(await who(secret)).toEqual(await who('nonsense'))
    expect((await who(secret)).status).toBe(401)
    expect((await keysOf(acme)).find(({ id }) => id === key.id)).toMatchObject(revoked)
    expect((await auditOf(key.id))[1]).toMatchObject({
      operation: 'keyRevoke',
      before: { revokedAt: null },
      after: { revokedAt: revoked.revokedAt },
    })
  })

  test('done again answers the same, and changes nothing', async () => {
    const { key } = await make(acme, { role: 'READER' })
    const first = await done(acme, 'KeyRevoke', { id: key.id })
    const before = await fingerprint(server.connections)

    expect(await done(acme, 'KeyRevoke', { id: key.id })).toEqual(first)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('ends the very key that asks', async () => {
    const own = await withKey(server, acme, { role: 'PLATFORM' })
    await done(own, 'KeyRevoke', { id: own.keyId })
    expect((await who(own.key)).status).toBe(401)
  })

  test("answers another project's key, an OPERATOR's, an unknown one and another kind's alike", async () => {
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

describe('a key', () => {
  test('that has expired is answered like an unknown one, byte for byte', async () => {
    const { key, secret } = await make(acme, { role: 'READER', expiresAt: inAnHour() })
    expect((await who(secret)).status).toBe(200)
    // On the database's clock: no process is asked what time it is.
    await server.connections.sql`update keys set expires_at = now() where id = ${key.id}`

    expect(await who(secret)).toEqual(await who('nonsense'))
  })

  test('says when it was last used, and writes it once a minute', async () => {
    const { key, secret } = await make(acme, { role: 'READER' })
    const lastUse = async () => (await keysOf(acme)).find(({ id }) => id === key.id)?.lastUsedAt
    expect(await lastUse()).toBeNull()
    await who(secret)
    await waitFor(async () => (await lastUse()) !== null, { what: 'the use to be written down' })
    const first = (await lastUse()) ?? ''
    expect(Math.abs(Date.now() - Date.parse(first))).toBeLessThan(60_000)

    await Promise.all([who(secret), who(secret)])
    expect(await lastUse()).toBe(first)
    await server.connections.sql`update keys set last_used_at = now() - interval '61 s' where id = ${key.id}`
    await who(secret)
    await waitFor(
      async () => (await lastUse()) !== undefined && Date.parse((await lastUse()) ?? '') >= Date.parse(first),
      {
        what: 'the next use to be written down',
      },
    )
  })

  test('is used all the same when that cannot be written down', async () => {
    const { key, secret } = await make(acme, { role: 'READER' })
    const { sql } = server.connections
    await sql`alter table keys add constraint no_use check (id <> ${sql.unsafe(`'${key.id}'`)} or last_used_at is null)`
    expect((await who(secret)).status).toBe(200)
    await waitFor(() => log.lines.some(({ step }) => step === 'key.last-use-not-saved'), {
      what: 'a line of it',
    })
    await sql`alter table keys drop constraint no_use`
  })

  test('is listed to its own project alone, newest first, and an OPERATOR to none', async () => {
    const lone = await server.tenant('Lone')
    const first = await make(lone, { role: 'READER' })
    const second = await make(lone, { role: 'PLATFORM' })

    const ids = (await keysOf(lone)).map(({ id }) => id)
    expect(ids).toEqual([second.key.id, first.key.id, readKey(lone.key)?.id])
    const node = await lone.gql('query ($id: ID!) { node(id: $id) { id } }', {
      id: readKey(operator.key)?.id,
    })
    expect(node).toEqual({ node: null })
  })

  test.each(['READER', 'PARTNER'] as const)(
    'of role %s may neither make, end nor list keys',
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
  test('are added, listed newest first, and found by their id', async () => {
    const tenant = await server.tenant('Shop')
    const added = async (name: string) =>
      (await done<{ partner: { id: string; name: string } }>(tenant, 'PartnerCreate', { name })).partner
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
    expect(await auditOf(first.id)).toMatchObject([{ operation: 'partnerCreate', after: { name: 'First' } }])
  })

  test('are 1,000 in a project at the most', async () => {
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
    ['', 'REQUIRED'],
    ['x'.repeat(201), 'TOO_LONG'],
  ])('need a name', async (name, code) => {
    expect(await mutate(acme, 'PartnerCreate', { name })).toMatchObject({
      partner: null,
      userErrors: [{ code, field: ['name'] }],
    })
  })
})

describe('a project', () => {
  const update =
    'mutation ($name: String!) { projectUpdate(input: { name: $name }) { project { id name } userErrors { code field } } }'

  test('is named anew by its PLATFORM, with a line of the audit log; the same name again writes none', async () => {
    const tenant = await server.tenant('Old')
    const answer = { projectUpdate: { project: { id: tenant.projectId, name: 'New' }, userErrors: [] } }
    expect(await tenant.gql(update, { name: ' New ' })).toEqual(answer)
    expect(await tenant.gql(update, { name: 'New' })).toEqual(answer)

    const lines = await auditOf(tenant.projectId)
    expect(lines.map(({ operation, before, after }) => ({ operation, before, after }))).toEqual([
      { operation: 'projectCreate', before: null, after: { name: 'Old' } },
      { operation: 'projectUpdate', before: { name: 'Old' }, after: { name: 'New' } },
    ])
    expect(await tenant.gql(update, { name: '' })).toEqual({
      projectUpdate: { project: null, userErrors: [{ code: 'REQUIRED', field: ['name'] }] },
    })
  })
})

describe('an OPERATOR', () => {
  const create =
    'mutation ($input: ProjectCreateInput!) { projectCreate(input: $input) { project { id name } userErrors { code } } }'
  const asked = (body: object, headers: Record<string, string> = {}) => operator.post(body, headers)
  const inAcme = () => ({ 'x-project': acme.projectId })

  test('makes projects and lists them, and acts in one by naming it', async () => {
    const made = await operator.gql<{ projectCreate: { project: { id: string } } }>(create, {
      input: { name: 'Fresh' },
    })
    const { id } = made.projectCreate.project
    const { projects } = await operator.gql<{ projects: { nodes: readonly { id: string }[] } }>(
      '{ projects(first: 100) { nodes { id name } } }',
    )
    expect(projects.nodes[0]).toEqual({ id, name: 'Fresh' })
    expect(projects.nodes.map((project) => project.id)).toContain(acme.projectId)
    expect(await auditOf(id)).toMatchObject([
      { projectId: id, keyId: readKey(operator.key)?.id, operation: 'projectCreate' },
    ])

    const site = await asked(
      { query: documents.SiteCreate, variables: { input: { name: 'Main Street' } } },
      { 'X-Project': id },
    )
    expect(site.body.data).toMatchObject({ siteCreate: { site: { number: 1 }, userErrors: [] } })
    const key = await asked(
      { query: documents.KeyCreate, variables: { input: { role: 'PLATFORM' } } },
      { 'x-project': id },
    )
    const { secret } = (key.body.data as { keyCreate: { secret: string } }).keyCreate
    expect(await tenantOf(server.url, id, secret).gql(documents.Who)).toMatchObject({
      viewer: { project: { id } },
    })
  })

  test('that names no project is told to, whatever it asks of one, and learns nothing', async () => {
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
      const answer = await asked(body)
      expect(answer.body.errors).toHaveLength(1)
      expect(answer.body.errors?.[0]).toMatchObject({
        message: expect.stringContaining('name the project by the header x-project') as string,
        extensions: { code: 'BAD_USER_INPUT' },
      })
    }
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('needs none to ask who it is, and for presets', async () => {
    expect(await operator.gql(documents.Who)).toEqual({
      viewer: { key: { id: readKey(operator.key)?.id, role: 'OPERATOR' }, project: null },
    })
    expect(await operator.gql('{ __typename presets { name } }')).toMatchObject({ __typename: 'Query' })
    const named = await asked({ query: documents.Who }, inAcme())
    expect(named.body.data).toMatchObject({ viewer: { project: { id: acme.projectId, name: 'Acme' } } })
  })

  test('makes and ends keys of its own kind, in a project and without one', async () => {
    for (const headers of [{}, inAcme()]) {
      const made = await asked(
        { query: documents.KeyCreate, variables: { input: { role: 'OPERATOR', name: 'Ops' } } },
        headers,
      )
      const { key, secret } = (made.body.data as { keyCreate: { key: KeyNode; secret: string } }).keyCreate
      expect(await tenantOf(server.url, '', secret).gql(documents.Who)).toMatchObject({
        viewer: { key: { role: 'OPERATOR' }, project: null },
      })
      expect((await keysOf(acme)).map(({ id }) => id)).not.toContain(key.id)

      const ended = await asked({ query: documents.KeyRevoke, variables: { input: { id: key.id } } }, headers)
      const again = await asked({ query: documents.KeyRevoke, variables: { input: { id: key.id } } }, headers)
      expect(ended.body.data).toMatchObject({ keyRevoke: { key: { id: key.id }, userErrors: [] } })
      expect(again.body.data).toEqual(ended.body.data)
      expect((await who(secret)).status).toBe(401)
      // They are of no project, and so are their lines: whoever names none is shown them, and who made them.
      expect((await keysOf(operator)).map(({ id }) => id)).toContain(key.id)
      const lines = await auditOf(key.id)
      expect(lines.map(({ operation, projectId }) => ({ operation, projectId }))).toEqual([
        { operation: 'keyCreate', projectId: null },
        { operation: 'keyRevoke', projectId: null },
      ])
      const told = await operator.gql(
        'query ($id: ID!) { auditLog(filter: { objectIds: [$id] }) { nodes { operation key { id role } } } }',
        { id: key.id },
      )
      const by = { id: readKey(operator.key)?.id, role: 'OPERATOR' }
      expect(told).toEqual({
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

  const misnamed = ['', 'nonsense', 'prj_', missingId('prj'), missingId('ord'), "prj_' or true --"]
  test('that names a project which is not there is told so, always in the same words', async () => {
    const before = await fingerprint(server.connections)
    const answers = await Promise.all(
      misnamed.map((id) => asked({ query: documents.Who }, { 'x-project': id })),
    )
    for (const answer of answers) {
      expect(answer).toEqual(answers[0])
      expect(answer.status).toBe(400)
      expect(answer.body.errors).toEqual([
        {
          message: 'x-project names no project that this key acts in',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ])
    }
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test("'s header is for all roles: their own project is accepted, every other refused in the same words", async () => {
    const other = await server.tenant('Other')
    const readers = [acme, await withKey(server, acme, { role: 'READER' })]
    for (const tenant of readers) {
      const own = await tenant.post({ query: documents.Who }, inAcme())
      expect(own.body.data).toMatchObject({ viewer: { project: { id: acme.projectId } } })
      for (const id of [other.projectId, ...misnamed])
        expect(await tenant.post({ query: documents.Who }, { 'x-project': id })).toEqual({
          status: 400,
          body: {
            errors: [
              {
                message: 'x-project names no project that this key acts in',
                extensions: { code: 'BAD_USER_INPUT' },
              },
            ],
          },
        })
    }
  })
})
