import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver, type Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  mutateOrThrow,
  fingerprint,
  makeRecordingLog,
  listDeliveries,
  mutate,
  type Input,
  type UserError,
} from '../support/fixtures.ts'
import { holdResponse } from '../support/held-response.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
const serverLog = makeRecordingLog()

beforeAll(async () => {
  server = await startTestServer({}, serverLog)
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(() => server.close())

interface Created {
  readonly webhook: { readonly id: string; readonly version: number } | null
  readonly token: string | null
}
const webhookInput = (input: Input = {}): Input => ({
  ...{ name: 'Courier', url: `${receiver.url}/hook`, topics: ['order.*'], preset: 'FOODY' },
  ...input,
})
const create = (input: Input = {}) => mutate<Created>(acme, 'WebhookCreate', webhookInput(input))
const update = (input: Input) => mutate<{ webhook: object | null }>(acme, 'WebhookUpdate', input)
async function createCourier(input: Input = {}): Promise<string> {
  const { webhook } = await mutateOrThrow<Created>(acme, 'WebhookCreate', webhookInput(input))
  return webhook?.id ?? ''
}

/** Runs a mutation that must write nothing, and returns its problems. */
async function refused(work: () => Promise<{ userErrors: readonly UserError[] }>) {
  const before = await fingerprint(server.connections)
  const { userErrors } = await work()
  expect(await fingerprint(server.connections)).toEqual(before)
  return userErrors
}

describe('webhookCreate with a check on save', () => {
  test('webhookCreate saves a FOODY webhook after its receiver responds 200 to the test request, which is logged and is not an attempt', async () => {
    const { webhook, userErrors } = await create({ headers: [{ name: 'x-api-key', value: 'k-7' }] })
    expect(userErrors).toEqual([])
    expect(receiver.requests).toMatchObject([
      { method: 'POST', path: '/hook', headers: { 'x-api-key': 'k-7' } },
    ])
    for (const table of ['attempts', 'attempt_contents', 'deliveries', 'events'])
      expect(
        await server.connections.sql`
          select from ${server.connections.sql(table)} where project_id = ${acme.projectId}`,
      ).toHaveLength(0)
    expect(serverLog.lines).toContainEqual(
      expect.objectContaining({
        step: 'webhook.checked',
        fields: expect.objectContaining({ webhookId: webhook?.id, passed: true }) as object,
      }),
    )
  })

  test.each<[string, Script, RegExp]>([
    ['201', 201, /answered 201/],
    ['204', 204, /answered 204/],
    ['302', (_, response) => response.writeHead(302, { location: receiver.url }).end(), /answered 302/],
    ['404', 404, /answered 404/],
    ['500', 500, /answered 500/],
    ['without a response', (_, response) => response.destroy(), /connection/i],
    ['not in time', () => undefined, /1 s|1,?000 ms|time/i],
  ])(
    'webhookCreate refuses a FOODY webhook whose receiver responds %s, with the cause in the message',
    async (_, script, message) => {
      receiver.script(script)
      const errors = await refused(() => create({ policy: { timeoutMs: 1_000 } }))
      expect(errors).toMatchObject([{ code: 'SAVE_CHECK_FAILED', field: ['url'] }])
      expect(errors[0]?.message).toMatch(message)
      expect(errors[0]?.message).not.toMatch(/127\.0\.0\.1|ECONN/)
      expect(receiver.requests).toHaveLength(1)
    },
  )

  test('webhookCreate refuses a FOODY webhook whose receiver is not reachable, without its address in the message', async () => {
    const url = receiver.url
    await receiver.close()
    const errors = await refused(() => create({ url }))
    expect(errors).toMatchObject([{ code: 'SAVE_CHECK_FAILED', field: ['url'] }])
    expect(errors[0]?.message).not.toMatch(/127\.0\.0\.1|ECONN/)
    receiver = await startReceiver()
  })

  test('webhookCreate applies the success rule of the FOODY document to the check, even when the webhook overrides it with ANY_2XX', async () => {
    receiver.script(201)
    expect(await refused(() => create({ policy: { success: 'ANY_2XX' } }))).toMatchObject([
      {
        code: 'SAVE_CHECK_FAILED',
        message:
          'nothing was saved, because the test request failed: the receiver answered 201, where exactly 200 was expected',
      },
    ])
  })

  test('webhookCreate applies the success rule of the webhook to the check when it is stricter than that of the preset', async () => {
    receiver.script(201)
    const policy = { saveCheck: true, success: 'EXACTLY_200' }
    expect(await refused(() => create({ preset: 'STANDARD', policy }))).toMatchObject([
      { code: 'SAVE_CHECK_FAILED' },
    ])
    expect((await create({ preset: 'STANDARD', policy: { saveCheck: true } })).userErrors).toEqual([])
  })

  test('webhookCreate sends no test request when the input has another problem', async () => {
    for (const input of [
      { name: '' },
      { topics: ['order.eta_changed'] },
      { maxConcurrency: 0 },
      { filters: { siteIds: ['x'] } },
      { token: 'a"b' },
      { headers: [{ name: 'host', value: 'x' }] },
      { partnerId: 'x' },
    ])
      expect(await refused(() => create(input))).toHaveLength(1)
    expect(receiver.requests).toHaveLength(0)
  })

  test('other mutations do not wait for a running check on save', async () => {
    const { script, respond } = holdResponse()
    receiver.script(script)
    const creating = create()
    await waitFor(() => receiver.requests.length === 1, { what: 'the test request' })
    await createOrder(acme)
    await mutateOrThrow(acme, 'WebhookCreate', { name: 'POS', url: receiver.url, topics: ['order.*'] })
    respond()
    expect((await creating).userErrors).toEqual([])
  })
})

describe('webhookUpdate with a check on save', () => {
  test('webhookUpdate of any field saves a FOODY webhook after its receiver responds 200 at the new URL', async () => {
    const id = await createCourier()
    const next = await startReceiver()
    expect((await update({ id, url: `${next.url}/new` })).userErrors).toEqual([])
    expect(next.requests).toMatchObject([{ path: '/new' }])
    expect((await update({ id, name: 'Bikes' })).userErrors).toEqual([])
    expect(next.requests).toHaveLength(2)
    expect(receiver.requests).toHaveLength(1)
    await next.close()
  })

  test('webhookUpdate refuses a change of a FOODY webhook whose receiver responds 202', async () => {
    const id = await createCourier()
    receiver.script(202)
    const errors = await refused(() => update({ id, name: 'Bikes', token: 'new', headers: null }))
    expect(errors).toMatchObject([{ code: 'SAVE_CHECK_FAILED', field: ['url'] }])
    expect(errors[0]?.message).toContain('202')
  })

  test('webhookUpdate sends no test request when the input has another problem', async () => {
    const id = await createCourier()
    for (const [input, code] of [
      [{ name: '' }, 'REQUIRED'],
      [{ token: null }, 'REQUIRED'],
      [{ name: 'Bikes', expectedVersion: 7 }, 'VERSION_CONFLICT'],
    ] as const)
      expect(await refused(() => update({ id, ...input }))).toMatchObject([{ code }])
    expect(receiver.requests).toHaveLength(1)
  })

  test.each<[string, string, string]>([
    ['changed', 'WebhookDisable', 'VERSION_CONFLICT'],
    ['deleted', 'WebhookDelete', 'NOT_FOUND'],
  ])(
    'webhookUpdate is refused when the webhook is %s during the check, and nothing is written',
    async (_, document, code) => {
      const id = await createCourier()
      const { script, respond } = holdResponse()
      receiver.script(script)
      const updating = update({ id, name: 'Bikes' })
      await waitFor(() => receiver.requests.length === 2, { what: 'the test request' })
      await mutateOrThrow(acme, document as 'WebhookDisable', { id })
      const before = await fingerprint(server.connections)
      respond()
      expect((await updating).userErrors).toMatchObject([{ code }])
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )

  test('webhookDisable, webhookEnable and webhookDelete of a FOODY webhook send no test request', async () => {
    const id = await createCourier()
    for (const document of ['WebhookDisable', 'WebhookEnable', 'WebhookDelete'] as const)
      await mutateOrThrow(acme, document, { id })
    expect(receiver.requests).toHaveLength(1)
    expect(await listDeliveries(acme)).toEqual([])
  })
})

test('webhookCreate and webhookUpdate of a FLIPDISH webhook send no test request', async () => {
  receiver.script(500)
  const { webhook, userErrors } = await create({ preset: 'FLIPDISH' })
  expect(userErrors).toEqual([])
  expect((await update({ id: webhook?.id, name: 'x' })).userErrors).toEqual([])
  expect(receiver.requests).toHaveLength(0)
})
