/** Data of events that are published: refused as a whole, or sent with every byte of its text. */
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

describe('is refused, and nothing is written', () => {
  test.each([
    ['a text', '"{}"', 'INVALID', ['data']],
    ['a list', '[]', 'INVALID', ['data']],
    ['a number', '7', 'INVALID', ['data']],
    ['true', 'true', 'INVALID', ['data']],
    ['256 KiB and a byte', `{"a":"${'x'.repeat(262_144 - 7)}"}`, 'TOO_LONG', ['data']],
    ['1e400', '{"a":1e400}', 'INVALID', ['data', 'a']],
    ['-1e309 in a list', '{"a":[0,-1e309]}', 'INVALID', ['data', 'a', '1']],
    ['2^53 + 1', '{"a":9007199254740993}', 'INVALID', ['data', 'a']],
    ['-(2^53 + 1)', '{"a":-9007199254740993}', 'INVALID', ['data', 'a']],
  ])('%s', async (_, data, code, field) => {
    const { text } = await expectHarmless(server, acme, () => publish(acme, data))
    expect((JSON.parse(text) as GraphQLAnswer).data).toMatchObject({
      eventPublish: { event: null, userErrors: [{ code, field }] },
    })
  })

  test.each([
    ['65 levels', nested(65)],
    ['1,000 levels', nested(1_000)],
    ['100,000 levels', nested(100_000)],
    ['100,000 keys', keys(100_000)],
    ['null', 'null'],
    ['a number with a leading zero', '{"a":01}'],
    ['a comment', '{/* */}'],
    ['a trailing comma', '{"a":1,}'],
  ])('%s, by a problem or as no request', async (_, data) => {
    const { text, status } = await expectHarmless(server, acme, () => publish(acme, data))
    const { errors, data: answered } = JSON.parse(text) as GraphQLAnswer
    expect(status).toBeLessThan(500)
    const problems = (answered?.['eventPublish'] as { userErrors: { code: string }[] } | undefined)
      ?.userErrors
    expect(problems?.[0]?.code ?? errors?.[0]?.extensions?.['code']).toMatch(
      /^(INVALID|TOO_LONG|BAD_USER_INPUT|BAD_REQUEST)$/,
    )
  })
})

describe('is sent with every byte of its text', () => {
  test.each([
    ['halves of surrogate pairs, and NUL', '{"a":"\\ud800","b":"x\\u0000y\\udfff"}'],
    ['-0', '{"a":-0,"b":[-0]}'],
    ['2^53 - 1', '{"a":9007199254740991,"b":-9007199254740991}'],
    [
      'what objects have',
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":0}',
    ],
    ['20,000 keys', keys(20_000)],
    ['64 levels', nested(64)],
    ['nothing', '{}'],
    ['separators of lines and a closing script', '{"a":"\u2028\u2029</script><!--"}'],
  ])('%s', async (_, data) => {
    const tenant = await server.tenant()
    await createWebhook(tenant, receiver, { topics: ['menu.updated'] })
    const heard = receiver.requests.length
    const { text } = await publish(tenant, data)
    expect(text).toContain('"userErrors":[]')
    await waitForSettled(tenant, {})

    const { body = '' } = receiver.requests[heard] ?? {}
    expect(body.slice(body.indexOf('"data":') + '"data":'.length, -1)).toBe(data)
    expect({}).not.toHaveProperty('polluted')
  })

  test('but of a key that stands twice the last one, as everywhere', async () => {
    const tenant = await server.tenant()
    await createWebhook(tenant, receiver, { topics: ['menu.updated'] })
    const heard = receiver.requests.length
    await publish(tenant, '{"a":1,"b":2,"a":3}')
    await waitForSettled(tenant, {})
    expect(receiver.requests[heard]?.body).toContain('"data":{"a":3,"b":2}')
  })
})
