/** Projects and OPERATOR keys: the project that a request names in x-project, and the change of a project by its own key. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readKey } from '../../../src/domain/access/key.ts'
import { system } from '../../../src/runtime/system.ts'
import { createTestKey, withKey } from '../../support/keys.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { documents, fingerprint, makeRecordingLog, missingId } from '../support/fixtures.ts'
import { auditEntriesOf, keysOf, whoAmI, type KeyNode } from '../support/key-calls.ts'

const log = makeRecordingLog()
let server: TestServer
let acme: Tenant
let operator: Tenant

beforeAll(async () => {
  server = await startTestServer({}, log)
  acme = await server.tenant()
  const { text } = await createTestKey(server, acme.projectId, { role: 'OPERATOR' })
  operator = tenantOf(server.url, '', text)
})
afterAll(() => server.close())

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
    expect(await auditEntriesOf(server, id)).toMatchObject([
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
      expect((await whoAmI(server, secret)).status).toBe(401)
      // OPERATOR keys and their audit entries belong to no project. An OPERATOR request without x-project lists them.
      expect((await keysOf(operator)).map(({ id }) => id)).toContain(key.id)
      const lines = await auditEntriesOf(server, key.id)
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

  test('a cursor in the audit log of OPERATOR keys is CURSOR_EXPIRED once retention has removed its entry', async () => {
    const objectId = system.newId('key')
    const longAgo = new Date(Date.now() - 40 * 86_400_000)
    const ids = [1, 2, 3].map((day) =>
      system.newId('auditEntry', new Date(longAgo.getTime() + day * 86_400_000)),
    )
    for (const id of ids)
      await server.connections.sql`
        insert into audit_log (id, project_id, at, key_id, operation, object_id)
        values (${id}, null, ${longAgo}, null, 'keyCreate', ${objectId})`
    const page = (after: string | null) =>
      operator.post({
        query: `query ($id: ID!, $after: String) {
          auditLog(first: 1, after: $after, filter: { objectIds: [$id] }) { nodes { id } pageInfo { endCursor } }
        }`,
        variables: { id: objectId, after },
      })
    const first = (await page(null)).body.data as {
      auditLog: { nodes: object[]; pageInfo: { endCursor: string } }
    }
    const { endCursor } = first.auditLog.pageInfo
    expect(first.auditLog.nodes).toEqual([{ id: ids[2] }])
    expect((await page(endCursor)).body.data).toMatchObject({ auditLog: { nodes: [{ id: ids[1] }] } })

    await server.connections.sql`delete from audit_log where id = ${ids[2] ?? ''}`
    expect((await page(endCursor)).body.errors).toMatchObject([{ extensions: { code: 'CURSOR_EXPIRED' } }])
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

describe('projectUpdate', () => {
  const update =
    'mutation ($name: String!) { projectUpdate(input: { name: $name }) { project { id name } userErrors { code field } } }'

  test('projectUpdate renames the project and writes an audit entry; the same name writes none, and an empty name is refused', async () => {
    const tenant = await server.tenant('Old')
    const answer = { projectUpdate: { project: { id: tenant.projectId, name: 'New' }, userErrors: [] } }
    expect(await tenant.gql(update, { name: ' New ' })).toEqual(answer)
    expect(await tenant.gql(update, { name: 'New' })).toEqual(answer)

    const lines = await auditEntriesOf(server, tenant.projectId)
    expect(lines.map(({ operation, before, after }) => ({ operation, before, after }))).toEqual([
      { operation: 'projectCreate', before: null, after: { name: 'Old', arrivingMinutes: [] } },
      { operation: 'projectUpdate', before: { name: 'Old' }, after: { name: 'New' } },
    ])
    expect(await tenant.gql(update, { name: '' })).toEqual({
      projectUpdate: { project: null, userErrors: [{ code: 'REQUIRED', field: ['name'] }] },
    })
  })
})
