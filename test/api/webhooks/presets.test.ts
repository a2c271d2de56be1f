/** The query `presets`, from which a partner chooses a preset. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { presetRules, presets, type Preset } from '../../../src/domain/webhooks/preset.ts'
import { presetRuleNames } from '../../../src/domain/webhooks/presets/preset-rules.ts'
import { mutateOrThrow } from '../support/fixtures.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'

interface RuleInfo {
  readonly name: string
  readonly value: string
  readonly origin: string
  readonly quote: string | null
}
interface PresetInfo {
  readonly name: Preset
  readonly dialect: string
  readonly source: string
  readonly carries: readonly string[]
  readonly onlyByName: readonly string[]
  readonly policy: object
  readonly rules: readonly RuleInfo[]
}

let server: TestServer
let acme: Tenant
let catalogue: readonly PresetInfo[]

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  const answer = await acme.gql<{ presets: readonly PresetInfo[] }>(`{
    presets {
      name dialect source carries onlyByName rules { name value origin quote }
      policy { success timeoutMs httpsOnly saveCheck honourRetryAfter recovery retry { waits { minMs maxMs } windowMs } disable { rule count share windowMs days minVolume minPeriodMs } }
    }
  }`)
  catalogue = answer.presets
})
afterAll(() => server.close())

const info = (name: Preset): PresetInfo | undefined => catalogue.find((each) => each.name === name)

test('presets returns every preset with its dialect, its policy and its source document', () => {
  expect(catalogue.map(({ name }) => name)).toEqual(presets)
  for (const { name, dialect, source, policy } of catalogue) {
    const { dialect: expectedDialect, source: expectedSource, policy: rules } = presetRules[name]
    const { disable, retry, ...plain } = rules
    expect({ dialect, source }).toEqual({ dialect: expectedDialect, source: expectedSource })
    expect(policy).toMatchObject({ ...plain, retry: { windowMs: retry.windowMs }, disable })
  }
})

test('presets quotes the document for rules of SENDER_DOCUMENTATION, and has no quote for other rules', () => {
  for (const { name, rules } of catalogue)
    for (const rule of rules)
      expect(rule.quote !== null, `${name}: ${rule.value}`).toBe(rule.origin === 'SENDER_DOCUMENTATION')
})

test('presets returns every rule for every preset, except LIMIT', () => {
  for (const { name, rules } of catalogue) {
    const returned = new Set(rules.map((rule) => rule.name))
    const missing = presetRuleNames.filter((each) => each !== 'LIMIT' && !returned.has(each))
    expect(missing, name).toEqual([])
  }
})

test('presets returns the topics that each preset carries, and those that it carries only by name', () => {
  expect(info('FOODY')?.carries).toEqual(['order.created', 'order.state_changed'])
  expect(info('FLYBUY')?.carries.every((topic) => topic.startsWith('order.'))).toBe(true)
  expect(info('FLYBUY')?.carries.length).toBeGreaterThan(2)
  for (const { name, onlyByName } of catalogue)
    expect(onlyByName, name).toEqual(name === 'FLYBUY' ? ['order.deleted'] : [])
  for (const name of ['FLIPDISH', 'FAST_EVENTS'] as const)
    expect(info(name)?.carries).toEqual(
      info('STANDARD')?.carries.filter((topic) => !/^(webhook|delivery)\./.test(topic)),
    )
})

interface Sample {
  readonly topic: string
  readonly method: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly body: string
}

test('presets returns a sample for each topic that a preset carries, equal to the preview of a webhook with that preset', async () => {
  const fields = 'method headers { name value } body'
  const { presets: found } = await acme.gql<{
    presets: { name: Preset; carries: string[]; samples: Sample[] }[]
  }>(`{ presets { name carries samples { topic ${fields} } } }`)
  expect(found.map(({ name }) => name)).toEqual(presets)
  for (const { name, carries, samples } of found) {
    expect(samples.map(({ topic }) => topic)).toEqual(carries)
    const tenant = await server.tenant()
    const policy = { httpsOnly: false, saveCheck: false }
    const token = name === 'FLYBUY' ? { token: 'a-token-of-its-own' } : {}
    const url = 'https://pos.example/hook'
    const { webhook } = await mutateOrThrow<{ webhook: { id: string } }>(tenant, 'WebhookCreate', {
      ...{ name, url, topics: ['order.created'], preset: name, policy, ...token },
    })
    const aliases = carries.map(
      (topic, index) =>
        `t${index}: deliveryPreview(webhookId: "${webhook.id}", topic: "${topic}") { request { ${fields} } }`,
    )
    for (let from = 0; from < aliases.length; from += 8) {
      const previews = await tenant.gql<Record<string, { request: Omit<Sample, 'topic'> }>>(
        `{ ${aliases.slice(from, from + 8).join(' ')} }`,
      )
      for (const [alias, { request }] of Object.entries(previews)) {
        const { topic: _, ...sample } = samples[Number(alias.slice(1))] as Sample
        expect(withoutIds(sample)).toEqual(withoutIds(request))
      }
    }
  }
})

/** The request without the ids and times that differ between two requests for the same topic. */
function withoutIds(request: Omit<Sample, 'topic'>): unknown {
  const varying = ['webhook-id', 'webhook-timestamp', 'x-fe-webhook-id', 'x-fe-webhook-delivery-id']
  return {
    ...request,
    headers: request.headers.map(({ name, value }) =>
      varying.includes(name.toLowerCase()) ? { name } : { name, value },
    ),
    body: request.body.replace(/"timestamp":"[^"]*"/, ''),
  }
}

test('a preview of an event and a topic together, or of a topic that the dialect has no form for, is refused with BAD_USER_INPUT', async () => {
  const { webhook } = await mutateOrThrow<{ webhook: { id: string } }>(acme, 'WebhookCreate', {
    ...{ name: 'Kitchen', url: 'https://pos.example/hook', topics: ['order.created'], preset: 'FOODY' },
    policy: { saveCheck: false },
  })
  const refusalOf = async (args: string) =>
    (await acme.post({ query: `{ deliveryPreview(webhookId: "${webhook.id}", ${args}) { reason } }` })).body
      .errors
  for (const [args, message] of [
    ['topic: "order.created", eventId: "evt_x"', 'give eventId or topic, not both'],
    ['topic: "menu.updated"', 'the dialect FOODY has no form for menu.updated'],
    ['topic: "order.shiped"', 'did you mean order.'],
  ] as const)
    expect(await refusalOf(args)).toMatchObject([
      { message: expect.stringContaining(message) as string, extensions: { code: 'BAD_USER_INPUT' } },
    ])
  const preview = await acme.gql(
    `{ deliveryPreview(webhookId: "${webhook.id}", topic: "order.state_changed") { wouldDeliver reason } }`,
  )
  expect(preview).toMatchObject({ deliveryPreview: { wouldDeliver: false } })
})
