/** The query `presets`, from which a partner chooses a preset. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { presetRules, presets, type Preset } from '../../../src/domain/webhooks/preset.ts'
import { presetRuleNames } from '../../../src/domain/webhooks/presets/preset-rules.ts'
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
      policy { success timeoutMs httpsOnly saveCheck honourRetryAfter retry { waits { minMs maxMs } windowMs } disable { rule count share windowMs days minVolume minPeriodMs } }
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
    expect(info(name)?.carries).toEqual(info('STANDARD')?.carries)
})
