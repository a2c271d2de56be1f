/** Data of published events: refused as a whole, or sent byte for byte. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type GraphQLAnswer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, documents, sendBody, waitForSettled } from '../support/fixtures.ts'
import { expectHarmless } from '../support/attacks.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const publish = (tenant: Tenant, data: string) =>
  sendBody(
    server,
    tenant,
    `{"query":${JSON.stringify(documents.EventPublish)},"variables":{"input":{"topic":"menu.updated","data":${data}}}}`,
  )
const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`
const keys = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join()}}`

describe('eventPublish with invalid data', () => {
  test.each([
    ['that is a text', '"{}"', 'INVALID', ['data']],
    ['that is a list', '[]', 'INVALID', ['data']],
    ['that is a number', '7', 'INVALID', ['data']],
    ['that is true', 'true', 'INVALID', ['data']],
    ['of 256 KiB and one byte', `{"a":"${'x'.repeat(262_144 - 7)}"}`, 'TOO_LONG', ['data']],
    ['with 1e400', '{"a":1e400}', 'INVALID', ['data', 'a']],
    ['with -1e309 in a list', '{"a":[0,-1e309]}', 'INVALID', ['data', 'a', '1']],
    ['with 2^53 + 1', '{"a":9007199254740993}', 'INVALID', ['data', 'a']],
    ['with -(2^53 + 1)', '{"a":-9007199254740993}', 'INVALID', ['data', 'a']],
  ])('eventPublish refuses data %s, and nothing is written', async (_, data, code, field) => {
    const { text } = await expectHarmless(server, acme, () => publish(acme, data))
    expect((JSON.parse(text) as GraphQLAnswer).data).toMatchObject({
      eventPublish: { event: null, userErrors: [{ code, field }] },
    })
  })

  test.each([
    ['of 65 levels', nested(65)],
    ['of 1,000 levels', nested(1_000)],
    ['of 100,000 levels', nested(100_000)],
    ['of 100,000 keys', keys(100_000)],
    ['that is null', 'null'],
    ['with a leading zero', '{"a":01}'],
    ['with a comment', '{/* */}'],
    ['with a trailing comma', '{"a":1,}'],
  ])(
    'eventPublish refuses data %s with a problem or a bad request, and nothing is written',
    async (_, data) => {
      const { text, status } = await expectHarmless(server, acme, () => publish(acme, data))
      const { errors, data: answered } = JSON.parse(text) as GraphQLAnswer
      expect(status).toBeLessThan(500)
      const problems = (answered?.['eventPublish'] as { userErrors: { code: string }[] } | undefined)
        ?.userErrors
      expect(problems?.[0]?.code ?? errors?.[0]?.extensions?.['code']).toMatch(
        /^(INVALID|TOO_LONG|BAD_USER_INPUT|BAD_REQUEST)$/,
      )
    },
  )
})

describe('eventPublish with valid data', () => {
  test.each([
    ['with halves of surrogate pairs and NUL', '{"a":"\\ud800","b":"x\\u0000y\\udfff"}'],
    ['with -0', '{"a":-0,"b":[-0]}'],
    ['with 2^53 - 1', '{"a":9007199254740991,"b":-9007199254740991}'],
    [
      'with __proto__, constructor and toString',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":0}',
    ],
    ['of 20,000 keys', keys(20_000)],
    ['of 64 levels', nested(64)],
    ['that is empty', '{}'],
    ['with line separators and a closing script tag', '{"a":"\u2028\u2029</script><!--"}'],
  ])('a request carries event data %s byte for byte', async (_, data) => {
    const tenant = await server.tenant()
    await createWebhook(tenant, receiver, { topics: ['menu.updated'] })
    const requestCount = receiver.requests.length
    const { text } = await publish(tenant, data)
    expect(text).toContain('"userErrors":[]')
    await waitForSettled(tenant, {})

    const { body = '' } = receiver.requests[requestCount] ?? {}
    expect(body.slice(body.indexOf('"data":') + '"data":'.length, -1)).toBe(data)
    expect({}).not.toHaveProperty('polluted')
  })

  test('event data with a repeated key is sent with the last value of the key', async () => {
    const tenant = await server.tenant()
    await createWebhook(tenant, receiver, { topics: ['menu.updated'] })
    const requestCount = receiver.requests.length
    await publish(tenant, '{"a":1,"b":2,"a":3}')
    await waitForSettled(tenant, {})
    expect(receiver.requests[requestCount]?.body).toContain('"data":{"a":3,"b":2}')
  })
})
