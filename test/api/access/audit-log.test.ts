/**
 * The audit log has one entry for each mutation that changed something, without secrets, and none for refused and
 * repeated ones.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hashSecret, writeKey } from '../../../src/domain/access/key.ts'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { system } from '../../../src/runtime/system.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  missingId,
  changeOrderState,
  mutate,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'
import { waitForAttempts, longWait, newestDeliveryId } from '../support/manual-retry.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
  acme = await server.tenant()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

interface Entry {
  readonly id: string
  readonly at: string
  readonly key: { readonly id: string; readonly role?: string; readonly name?: string | null } | null
  readonly operation: string
  readonly objectId: string
  readonly before: Input | null
  readonly after: Input | null
}

const query = `query ($filter: AuditLogFilter, $first: Int, $after: String) {
  auditLog(filter: $filter, first: $first, after: $after) {
    nodes { id at key { id role name } operation objectId before after }
    pageInfo { hasNextPage endCursor }
  }
}`

/** Newest first. */
async function entries(tenant: Tenant, filter: Input = {}): Promise<readonly Entry[]> {
  const { auditLog } = await tenant.gql<{ auditLog: { nodes: Entry[] } }>(query, { filter, first: 100 })
  return auditLog.nodes
}

/** The entry that a mutation is to write. */
interface Expectation {
  /** Creates the objects that the mutation needs, and returns its input and the expected entry. */
  readonly prepare: () => Promise<{
    readonly input: Input
    readonly objectId: string | RegExp
    readonly before: Input | null
    readonly after: Input | null
  }>
  readonly document: DocumentName
}

const plain = { retry: { waits: [] }, disable: [] }
const createCustomer = async (input: Input = { name: 'Ann' }): Promise<string> =>
  (await mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', input)).customer.id
const createIdleWebhook = (input: Input = {}) =>
  createWebhook(acme, receiver, { topics: ['order.deleted'], ...input })

/** Creates a delivery whose first attempt failed and whose next attempt is far in the future. */
async function createWaitingDelivery(): Promise<string> {
  receiver.script(500)
  const { id } = await createWebhook(acme, receiver, { topics: ['order.created'], policy: longWait })
  await createOrder(acme)
  const delivery = await newestDeliveryId(acme, { webhookIds: [id] })
  await waitForAttempts(acme, delivery, 1)
  await mutateOrThrow(acme, 'WebhookUpdate', { id, topics: ['order.deleted'] })
  receiver.script(200)
  return delivery
}

/** A change of a bulk retry of one delivery, which waits for a paused webhook. `first` is called before. */
function changeOfBulkRetry(
  document: DocumentName,
  first: DocumentName | null,
  before: string,
  after: string,
): Expectation {
  return {
    document,
    prepare: async () => {
      const delivery = await createWaitingDelivery()
      await mutateOrThrow(acme, 'Cancel', { id: delivery })
      const [row] = await server.connections.sql<{ webhook_id: string }[]>`
        select webhook_id from deliveries where id = ${delivery}`
      await mutateOrThrow(acme, 'WebhookPause', { id: row?.webhook_id })
      const { bulkRetry } = await mutateOrThrow<{ bulkRetry: { id: string } }>(acme, 'DeliveriesRetry', {
        filter: { webhookIds: [row?.webhook_id], states: ['CANCELLED'] },
      })
      if (first !== null) await mutateOrThrow(acme, first, { id: bulkRetry.id })
      return {
        input: { id: bulkRetry.id },
        objectId: bulkRetry.id,
        before: { state: before },
        after: { state: after },
      }
    },
  }
}

const expectations: Readonly<Record<string, Expectation>> = {
  siteCreate: {
    document: 'SiteCreate',
    prepare: async () => ({
      input: { name: 'Main', partnerIdentifier: 'S-1' },
      objectId: /^sit_/,
      before: null,
      after: { number: expect.any(Number), name: 'Main', partnerIdentifier: 'S-1' },
    }),
  },
  siteUpdate: {
    document: 'SiteUpdate',
    prepare: async () => {
      const id = await createSite(acme, { name: 'Old' })
      return { input: { id, name: 'New' }, objectId: id, before: { name: 'Old' }, after: { name: 'New' } }
    },
  },
  customerCreate: {
    document: 'CustomerCreate',
    prepare: async () => ({
      input: { name: 'Ann', carType: 'Ford' },
      objectId: /^cus_/,
      before: null,
      after: {
        ...{ number: expect.any(Number), name: 'Ann', carType: 'Ford', carColor: null, licensePlate: null },
        marketing: { email: false, sms: false },
      },
    }),
  },
  customerUpdate: {
    document: 'CustomerUpdate',
    prepare: async () => {
      const id = await createCustomer({ name: 'Ann', carType: 'Ford' })
      const after = { carType: null }
      return { input: { id, carType: null }, objectId: id, before: { carType: 'Ford' }, after }
    },
  },
  customerErase: {
    document: 'CustomerErase',
    prepare: async () => {
      const id = await createCustomer({ name: 'Ann', carType: 'Ford' })
      return {
        input: { id },
        objectId: id,
        before: { carType: '[erased]', erased: false },
        after: { carType: null, erased: true },
      }
    },
  },
  orderCreate: {
    document: 'OrderCreate',
    prepare: async () => {
      const siteId = await createSite(acme)
      return {
        input: { siteId, customer: { name: 'Ann' }, redemptionCode: 'R1' },
        objectId: /^ord_/,
        before: null,
        after: {
          ...{ number: expect.any(Number), uid: expect.any(String), version: 1, siteId },
          ...{ state: 'CREATED', customerState: 'CREATED', customerId: expect.stringMatching(/^cus_/) },
          ...{ partnerIdentifier: null, redemptionCode: 'R1', areaName: null, pickupWindow: null },
          ...{ source: null, etaAt: null, arrivedAt: null, deletedAt: null },
        },
      }
    },
  },
  orderUpdate: {
    document: 'OrderUpdate',
    prepare: async () => {
      const { id } = await createOrder(acme)
      return {
        input: { orderId: id, etaAt: '2026-02-26T12:00:00.000Z' },
        objectId: id,
        before: { etaAt: null, version: 1 },
        after: { etaAt: '2026-02-26T12:00:00.000Z', version: 2 },
      }
    },
  },
  orderStateChange: {
    document: 'OrderStateChange',
    prepare: async () => {
      const { id } = await createOrder(acme)
      return {
        input: { orderId: id, state: 'READY' },
        objectId: id,
        before: { state: 'CREATED', version: 1 },
        after: { state: 'READY', version: 2 },
      }
    },
  },
  customerStateChange: {
    document: 'CustomerStateChange',
    prepare: async () => {
      const { id } = await createOrder(acme)
      return {
        input: { orderId: id, customerState: 'NEARBY' },
        objectId: id,
        before: { customerState: 'CREATED', version: 1 },
        after: { customerState: 'NEARBY', version: 2 },
      }
    },
  },
  orderDelete: {
    document: 'OrderDelete',
    prepare: async () => {
      const { id, number } = await createOrder(acme)
      const before = expect.objectContaining({ number, state: 'CREATED' }) as Input
      return { input: { orderId: id }, objectId: id, before, after: null }
    },
  },
  eventPublish: {
    document: 'EventPublish',
    prepare: async () => ({
      input: { topic: 'menu.updated', data: { menuId: 7 } },
      objectId: /^evt_/,
      before: null,
      after: { topic: 'menu.updated' },
    }),
  },
  topicCreate: {
    document: 'TopicCreate',
    prepare: async () => ({
      // jsonb cannot store this text.
      input: { name: 'loyalty.earned', description: 'Points', example: { text: '\0' } },
      objectId: 'loyalty.earned',
      before: null,
      after: { name: 'loyalty.earned', description: 'Points' },
    }),
  },
  webhookCreate: {
    document: 'WebhookCreate',
    prepare: async () => ({
      input: {
        ...{ name: 'Till', url: `${receiver.url}/`, topics: ['order.deleted'], policy: plain },
        headers: [
          { name: 'x-api-key', value: 'sesame-open' },
          { name: 'x-shop', value: '7' },
        ],
      },
      objectId: /^whk_/,
      before: null,
      after: expect.objectContaining({
        ...{
          name: 'Till',
          url: `${receiver.url}/`,
          topics: ['order.deleted'],
          enabled: true,
          disabled: null,
        },
        ...{ secret: '[masked]', token: null, preset: 'STANDARD', dialect: 'STANDARD' },
        headers: [
          { name: 'x-api-key', value: '[masked]' },
          { name: 'x-shop', value: '7' },
        ],
      }) as Input,
    }),
  },
  webhookUpdate: {
    document: 'WebhookUpdate',
    prepare: async () => {
      const { id } = await createIdleWebhook({ headers: [{ name: 'x-api-key', value: 'sesame-one' }] })
      return {
        input: {
          ...{ id, name: 'Till', policy: { timeoutMs: 3_000 } },
          secret: `whsec_${Buffer.alloc(32, 3).toString('base64')}`,
          headers: [{ name: 'X-Api-Key', value: 'sesame-two' }],
        },
        objectId: id,
        before: {
          ...{ name: 'POS', policy: {}, secret: '[masked]', version: 1 },
          headers: [{ name: 'x-api-key', value: '[masked]' }],
        },
        after: {
          ...{ name: 'Till', policy: { timeoutMs: 3_000 }, secret: '[replaced]', version: 2 },
          headers: [{ name: 'X-Api-Key', value: '[replaced]' }],
        },
      }
    },
  },
  webhookPause: {
    document: 'WebhookPause',
    prepare: async () => {
      const { id } = await createIdleWebhook()
      return {
        input: { id },
        objectId: id,
        before: { paused: null, version: 1 },
        after: { paused: { since: expect.any(String) as unknown, until: null }, version: 2 },
      }
    },
  },
  webhookResume: {
    document: 'WebhookResume',
    prepare: async () => {
      const { id } = await createIdleWebhook()
      await mutateOrThrow(acme, 'WebhookPause', { id })
      return {
        input: { id },
        objectId: id,
        before: { paused: { since: expect.any(String) as unknown, until: null }, version: 2 },
        after: { paused: null, version: 3 },
      }
    },
  },
  webhookDisable: {
    document: 'WebhookDisable',
    prepare: async () => {
      const { id } = await createIdleWebhook()
      const disabled = expect.objectContaining({ reason: 'REQUESTED' }) as unknown
      return {
        input: { id },
        objectId: id,
        before: { enabled: true, disabled: null, version: 1 },
        after: { enabled: false, disabled, version: 2 },
      }
    },
  },
  webhookEnable: {
    document: 'WebhookEnable',
    prepare: async () => {
      const { id } = await createIdleWebhook({ enabled: false })
      return {
        input: { id, skipped: 'REPLAY' },
        objectId: id,
        before: expect.objectContaining({ enabled: false }) as Input,
        after: expect.objectContaining({ enabled: true, disabled: null, skipped: 'REPLAY' }) as Input,
      }
    },
  },
  webhookDelete: {
    document: 'WebhookDelete',
    prepare: async () => {
      const { id } = await createIdleWebhook()
      const before = expect.objectContaining({ name: 'POS', secret: '[masked]' }) as Input
      return { input: { id }, objectId: id, before, after: null }
    },
  },
  webhookSecretRotate: {
    document: 'SecretRotate',
    prepare: async () => {
      const { id } = await createIdleWebhook()
      return {
        input: { id },
        objectId: id,
        before: { secret: '[masked]', previousSecretUntil: null, version: 1 },
        after: { secret: '[replaced]', previousSecretUntil: expect.any(String), version: 2 },
      }
    },
  },
  webhookTest: {
    document: 'WebhookTest',
    prepare: async () => {
      const { id } = await createIdleWebhook()
      const after = { attemptId: expect.stringMatching(/^att_/) as unknown, outcome: 'SUCCEEDED' }
      return { input: { id }, objectId: id, before: null, after }
    },
  },
  deliveryRetry: {
    document: 'Retry',
    prepare: async () => {
      const id = await createWaitingDelivery()
      return {
        input: { id },
        objectId: id,
        before: { retryAsked: false, nextAttemptAt: expect.any(String) },
        after: { retryAsked: true, nextAttemptAt: expect.any(String) },
      }
    },
  },
  deliveriesRetry: {
    document: 'DeliveriesRetry',
    prepare: async () => {
      const { id } = await createIdleWebhook()
      const filter = { webhookIds: [id], states: ['CANCELLED'] }
      return {
        input: { filter, ratePerSecond: 5 },
        objectId: /^brt_/,
        before: null,
        after: {
          ...{ state: 'RUNNING', total: 0, ratePerSecond: 5, restartSchedule: false, dryRun: false },
          filter: expect.objectContaining(filter) as unknown,
        },
      }
    },
  },
  bulkRetryPause: changeOfBulkRetry('BulkRetryPause', null, 'RUNNING', 'PAUSED'),
  bulkRetryResume: changeOfBulkRetry('BulkRetryResume', 'BulkRetryPause', 'PAUSED', 'RUNNING'),
  bulkRetryCancel: changeOfBulkRetry('BulkRetryCancel', null, 'RUNNING', 'CANCELLED'),
  deliveryCancel: {
    document: 'Cancel',
    prepare: async () => {
      const id = await createWaitingDelivery()
      return {
        input: { id },
        objectId: id,
        before: { state: 'PENDING', nextAttemptAt: expect.any(String), finishedAt: null },
        after: { state: 'CANCELLED', nextAttemptAt: null, finishedAt: expect.any(String) },
      }
    },
  },
}

/** The tests of these mutations check their entries. */
const coveredElsewhere = [
  ...['projectCreate', 'projectUpdate', 'partnerCreate', 'partnerUpdate', 'partnerDelete'],
  ...['keyCreate', 'keyRevoke'],
]

test('this file or the tests of keys cover every mutation of the schema', () => {
  const mutations = Object.keys(executableSchema().getMutationType()?.getFields() ?? {})
  expect([...Object.keys(expectations), ...coveredElsewhere].toSorted()).toEqual(mutations.toSorted())
})

describe.each(Object.entries(expectations))('%s', (operation, { document, prepare }) => {
  test(`${operation} writes one audit entry with its key, time, object and changed fields`, async () => {
    const { input, objectId, before, after } = await prepare()
    const known = await entries(acme)
    await mutateOrThrow(acme, document, input)
    const all = await entries(acme)
    const [newEntry] = all

    expect(all).toHaveLength(Math.min(100, known.length + 1))
    expect(newEntry).toMatchObject({ operation, key: { role: 'PLATFORM', name: null } })
    if (typeof objectId === 'string') expect(newEntry?.objectId).toBe(objectId)
    else expect(newEntry?.objectId).toMatch(objectId)
    expect(newEntry?.before).toEqual(before)
    expect(newEntry?.after).toEqual(after)
    expect(Date.now() - Date.parse(newEntry?.at ?? '')).toBeLessThan(60_000)
  })
})

describe('mutations without an effect', () => {
  const unchanged = async (work: () => Promise<unknown>) => {
    const before = await entries(acme)
    await work()
    expect(await entries(acme)).toEqual(before)
  }

  test('refused mutations write no audit entry', async () => {
    const { id } = await createOrder(acme)
    await unchanged(async () => {
      expect(await mutate(acme, 'OrderUpdate', { orderId: missingId('ord'), areaName: 'A' })).toMatchObject({
        userErrors: [{ code: 'NOT_FOUND' }],
      })
      await mutate(acme, 'OrderStateChange', { orderId: id, state: 'READY', expectedVersion: 7 })
      await mutate(acme, 'SiteCreate', { name: '' })
      await mutate(acme, 'WebhookCreate', { name: 'x', url: 'ftp://x', topics: [] })
      await mutate(acme, 'CustomerErase', { id: missingId('cus') })
    })
  })

  test('repeated mutations with the same idempotency key write no audit entry', async () => {
    const siteId = await createSite(acme)
    const inputs: readonly (readonly [DocumentName, Input])[] = [
      ['SiteCreate', { name: 'Once', idempotencyKey: 'once' }],
      ['CustomerCreate', { name: 'Once', idempotencyKey: 'once' }],
      ['OrderCreate', { siteId, idempotencyKey: 'once' }],
      ['EventPublish', { topic: 'menu.updated', data: {}, idempotencyKey: 'once' }],
    ]
    for (const [document, input] of inputs) await mutateOrThrow(acme, document, input)
    await unchanged(async () => {
      for (const [document, input] of inputs) await mutateOrThrow(acme, document, input)
    })
  })

  test('mutations that change no value write no audit entry', async () => {
    const { id: order } = await createOrder(acme, { areaName: 'A' })
    const site = await createSite(acme, { name: 'Main' })
    const customer = await createCustomer()
    const { id: webhook } = await createIdleWebhook({ name: 'Till' })
    const { id: gone } = await createIdleWebhook()
    await mutateOrThrow(acme, 'WebhookDelete', { id: gone })
    const cancelled = await createWaitingDelivery()
    await mutateOrThrow(acme, 'Cancel', { id: cancelled })
    const erased = await createCustomer()
    await mutateOrThrow(acme, 'CustomerErase', { id: erased })
    await unchanged(async () => {
      await mutateOrThrow(acme, 'OrderUpdate', { orderId: order, areaName: 'A' })
      await mutateOrThrow(acme, 'SiteUpdate', { id: site, name: 'Main' })
      await mutateOrThrow(acme, 'CustomerUpdate', { id: customer, name: 'Ann' })
      await mutateOrThrow(acme, 'WebhookUpdate', { id: webhook, name: 'Till' })
      await mutateOrThrow(acme, 'WebhookEnable', { id: webhook })
      await mutateOrThrow(acme, 'WebhookDelete', { id: gone })
      await mutateOrThrow(acme, 'Cancel', { id: cancelled })
      await mutateOrThrow(acme, 'CustomerErase', { id: erased })
    })
  })

  test('a rule that disables a webhook writes no audit entry', async () => {
    receiver.script(410)
    const { id } = await createWebhook(acme, receiver, { topics: ['order.created'] })
    await createOrder(acme)
    const isOff = async () => {
      const { webhook } = await acme.gql<{ webhook: { enabled: boolean } }>(
        'query ($id: ID!) { webhook(id: $id) { enabled } }',
        { id },
      )
      return !webhook.enabled
    }
    await waitFor(isOff, { what: 'the webhook to be disabled' })
    receiver.script(200)
    expect((await entries(acme, { objectIds: [id] })).map(({ operation }) => operation)).toEqual([
      'webhookCreate',
    ])
  })
})

describe('auditLog', () => {
  test('auditLog filters by operation, object, key and time', async () => {
    const tenant = await server.tenant('Lists')
    const site = await createSite(tenant)
    const order = await createOrder(tenant, { siteId: site })
    await changeOrderState(tenant, order.id, 'READY')
    const [last, , first, , project] = await entries(tenant)
    const operations = async (filter: Input) => (await entries(tenant, filter)).map((one) => one.operation)

    // The first entries of a project are its creation and the creation of its first key.
    const changes = ['orderStateChange', 'orderCreate', 'siteCreate']
    expect(await operations({})).toEqual([...changes, 'keyCreate', 'projectCreate'])
    expect(await operations({ operations: ['siteCreate', 'nothing'] })).toEqual(['siteCreate'])
    expect(await operations({ objectIds: [order.id] })).toEqual(['orderStateChange', 'orderCreate'])
    expect(await operations({ keyIds: [first?.key?.id] })).toHaveLength(3)
    expect(await operations({ keyIds: [missingId('key')] })).toEqual([])
    expect(await operations({ at: { from: last?.at } })).toContain('orderStateChange')
    expect(await operations({ at: { until: project?.at } })).toEqual([])
    expect(await operations({ objectIds: [order.id], operations: ['siteCreate'] })).toEqual([])
  })

  test('auditLog pages newest first without gap or repeat, and refuses a cursor of another filter', async () => {
    const tenant = await server.tenant('Pages')
    for (let count = 0; count < 5; count += 1) await createSite(tenant)
    const all = (await entries(tenant)).map(({ id }) => id)
    const paged: string[] = []
    let after: string | null = null
    do {
      const {
        auditLog,
      }: { auditLog: { nodes: Entry[]; pageInfo: { hasNextPage: boolean; endCursor: string } } } =
        await tenant.gql(query, { first: 2, after })
      paged.push(...auditLog.nodes.map(({ id }) => id))
      after = auditLog.pageInfo.hasNextPage ? auditLog.pageInfo.endCursor : null
    } while (after !== null)

    expect(paged).toEqual(all)
    expect(paged).toEqual(paged.toSorted().toReversed())
    const { auditLog } = await tenant.gql<{ auditLog: { pageInfo: { endCursor: string } } }>(query, {
      first: 2,
    })
    const other = await tenant.post({
      query,
      variables: { after: auditLog.pageInfo.endCursor, filter: { operations: ['siteCreate'] } },
    })
    expect(other.body.errors?.[0]?.extensions?.['code']).toBe('CURSOR_INVALID')
  })

  test.each<readonly [string, Input]>([
    ['101 members', { operations: Array.from({ length: 101 }, () => 'x') }],
    ['a NUL', { objectIds: ['a\0b'] }],
    [
      'a range that ends at its start',
      { at: { from: '2026-02-26T12:00:00Z', until: '2026-02-26T12:00:00Z' } },
    ],
  ])('auditLog refuses a filter with %s', async (_, filter) => {
    const { body } = await acme.post({ query, variables: { filter } })
    expect(body.errors?.[0]?.extensions?.['code']).toBe('BAD_USER_INPUT')
  })

  test('auditLog and node return only the entries of the own project', async () => {
    const other = await server.tenant('Other')
    const id = (await entries(acme, { operations: ['siteCreate'] }))[0]?.id
    expect((await entries(other)).map(({ operation }) => operation)).toEqual(['keyCreate', 'projectCreate'])
    const node = 'query ($id: ID!) { node(id: $id) { id __typename } }'
    expect(await acme.gql(node, { id })).toEqual({ node: { id, __typename: 'AuditEntry' } })
    expect(await other.gql(node, { id })).toEqual({ node: null })
  })

  test('an entry names the OPERATOR key that acted, which node does not return, and no key that does not exist', async () => {
    const { sql } = server.connections
    const tenant = await server.tenant('Named')
    await createSite(tenant)
    const id = system.newId('key')
    await sql`insert into keys (id, project_id, role, name, secret_hash)
      values (${id}, null, 'OPERATOR', 'Head office', ${hashSecret('x')})`
    await sql`update audit_log set key_id = ${id} where project_id = ${tenant.projectId}`
    const [entry] = await entries(tenant)
    expect(entry?.key).toEqual({ id, role: 'OPERATOR', name: 'Head office' })
    expect(await tenant.gql('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ node: null })
    const stranger = system.newId('key')
    await sql`update audit_log set key_id = ${stranger} where project_id = ${tenant.projectId}`
    expect((await entries(tenant))[0]?.key).toBeNull()
  })

  test('auditLog is FORBIDDEN to PARTNER and READER keys', async () => {
    const { sql } = server.connections
    for (const role of ['PARTNER', 'READER']) {
      const id = system.newId('key')
      const secret = 'a'.repeat(64)
      await sql`insert into keys (id, project_id, role, secret_hash)
        values (${id}, ${acme.projectId}, ${role}, ${hashSecret(secret)})`
      const { body } = await tenantOf(server.url, acme.projectId, writeKey(id, secret)).post({ query })
      expect(body.errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN')
    }
  })

  test('auditLog answers the document of the contract', async () => {
    await createSite(acme, { name: 'Last' })
    const { auditLog } = await acme.gql<{ auditLog: { nodes: object[] } }>(documents.AuditLog, { first: 1 })
    expect(auditLog.nodes).toMatchObject([
      { operation: 'siteCreate', before: null, after: { name: 'Last', partnerIdentifier: null } },
    ])
  })
})

test('a mutation whose audit entry cannot be written changes nothing', async () => {
  const { sql } = server.connections
  const tenant = await server.tenant('Broken')
  await sql`alter table audit_log rename to audit_log_away`
  try {
    const { body } = await tenant.post({ query: documents.SiteCreate, variables: { input: { name: 'x' } } })
    expect(body.errors?.[0]?.extensions?.['code']).toBe('INTERNAL_SERVER_ERROR')
  } finally {
    await sql`alter table audit_log_away rename to audit_log`
  }
  const { sites } = await tenant.gql<{ sites: { nodes: object[] } }>('{ sites { nodes { id } } }')
  expect(sites.nodes).toEqual([])
})
