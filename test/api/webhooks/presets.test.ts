/** The catalogue of presets: what a partner who chooses one is told. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { presetRules, presets, type Preset } from '../../../src/domain/webhooks/preset.ts'
import { presetRuleNames } from '../../../src/domain/webhooks/preset-rules.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'

interface Line {
  readonly name: string
  readonly value: string
  readonly origin: string
  readonly quote: string | null
}
interface Info {
  readonly name: Preset
  readonly dialect: string
  readonly source: string
  readonly carries: readonly string[]
  readonly onlyByName: readonly string[]
  readonly policy: object
  readonly rules: readonly Line[]
}

let server: TestServer
let acme: Tenant
let catalogue: readonly Info[]

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  const answer = await acme.gql<{ presets: readonly Info[] }>(`{
    presets {
      name dialect source carries onlyByName rules { name value origin quote }
      policy { success timeoutMs httpsOnly saveCheck honourRetryAfter retry { waits { minMs maxMs } windowMs } disable { rule count share windowMs days minVolume minPeriodMs } }
    }
  }`)
  catalogue = answer.presets
})
afterAll(() => server.close())

const info = (name: Preset): Info | undefined => catalogue.find((each) => each.name === name)

test('the catalogue has every preset, with its dialect, its policy and the document it follows', () => {
  expect(catalogue.map(({ name }) => name)).toEqual(presets)
  for (const { name, dialect, source, policy } of catalogue) {
    const { dialect: own, source: document, policy: rules } = presetRules[name]
    const { disable, retry, ...plain } = rules
    expect({ dialect, source }).toEqual({ dialect: own, source: document })
    expect(policy).toMatchObject({ ...plain, retry: { windowMs: retry.windowMs }, disable })
  }
})

test('a rule of a document is told in its words, a choice of ours without any', () => {
  for (const { name, rules } of catalogue)
    for (const rule of rules)
      expect(rule.quote !== null, `${name}: ${rule.value}`).toBe(rule.origin === 'SENDER_DOCUMENTATION')
})

test('every rule is told of every preset, but for a limit that most have not', () => {
  for (const { name, rules } of catalogue) {
    const told = new Set(rules.map((rule) => rule.name))
    const missing = presetRuleNames.filter((each) => each !== 'LIMIT' && !told.has(each))
    expect(missing, name).toEqual([])
  }
})

test('a preset says which topics its requests can tell of', () => {
  expect(info('FOODY')?.carries).toEqual(['order.created', 'order.state_changed'])
  expect(info('FLYBUY')?.carries.every((topic) => topic.startsWith('order.'))).toBe(true)
  expect(info('FLYBUY')?.carries.length).toBeGreaterThan(2)
  for (const { name, onlyByName } of catalogue)
    expect(onlyByName, name).toEqual(name === 'FLYBUY' ? ['order.deleted'] : [])
  for (const name of ['FLIPDISH', 'FAST_EVENTS'] as const)
    expect(info(name)?.carries).toEqual(info('STANDARD')?.carries)
})
