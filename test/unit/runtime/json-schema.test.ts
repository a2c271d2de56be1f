import { describe, expect, test } from 'vitest'
import { exampleEvent, orderEvent } from '../../../src/domain/orders/event.ts'
import { builtInTopic, builtInTopics } from '../../../src/domain/orders/built-in-topics.ts'
import { maxSchemaBytes, maxSchemaObjects, orderTopics, topics } from '../../../src/domain/orders/topic.ts'
import { makeSchemas } from '../../../src/runtime/json-schema.ts'
import { waitFor } from '../../support/wait-for.ts'
import { aCustomer, anOrder, aSite, noon } from '../../support/samples.ts'

const schemas = makeSchemas()
const fault = (schema: unknown): string | null => schemas.fault(JSON.stringify(schema))
const breaches = (schema: unknown, value: unknown) => schemas.breaches(JSON.stringify(schema), value)

const draft07 = 'http://json-schema.org/draft-07/schema#'
const draft2020 = 'https://json-schema.org/draft/2020-12/schema'

/** How long it took, in milliseconds, and what it answered. */
function timed<T>(work: () => T): { readonly ms: number; readonly value: T } {
  const startedMs = performance.now()
  const value = work()
  return { value, ms: performance.now() - startedMs }
}

describe('a JSON Schema', () => {
  test.each([
    ['of the newest draft', { $schema: draft2020, prefixItems: [{ type: 'string' }] }],
    ['of draft 07', { $schema: draft07, definitions: { a: { type: 'string' } }, $ref: '#/definitions/a' }],
    ['that does not name its draft', { dependentRequired: { a: ['b'] }, unevaluatedProperties: false }],
    ['with a word that no draft knows', { type: 'object', 'x-owner': 'till' }],
    ['with a format', { format: 'anything' }],
    ['that refers to itself below', { properties: { child: { $ref: '#' } } }],
    ['that says nothing', {}],
  ])('%s can be used', (_, schema) => {
    expect(fault(schema)).toBeNull()
  })

  test.each([
    ['a type that there is not', { type: 'text' }, 'schema/type'],
    ['a rule of the wrong shape', { properties: { a: { required: 'b' } } }, 'schema/properties/a/required'],
    ['another draft', { $schema: 'https://json-schema.org/draft/2019-09/schema' }, '$schema'],
    ['a draft that is no text', { $schema: 7 }, '$schema'],
    ['a reference to elsewhere', { $ref: 'https://example.com/a.json' }, "can't resolve reference"],
    ['a reference to nothing', { $ref: '#/$defs/a' }, "can't resolve reference"],
    ['a promise in place of an answer', { $async: true }, '$async'],
    ['a promise further down', { properties: { a: { $async: true, type: 'string' } } }, 'async'],
    ['a pattern that is none', { pattern: '(' }, 'missing closing'],
    ['a pattern that looks ahead', { pattern: '^(?=a)' }, '(?='],
    ['a pattern that looks back at a group', { pattern: '(a)\\1' }, '\\1'],
    ['a pattern that repeats repeats', { pattern: '((a{30}){30}){30}' }, 'repeat'],
    ['two patterns that are too long together', { pattern: 'a{999}', not: { pattern: 'b{999}' } }, 'repeat'],
  ])('with %s cannot', (_, schema, why) => {
    expect(fault(schema)).toContain(why)
  })

  test('is compiled in time, however it fills its limits', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: maxSchemaObjects - 2 }, (_, index) => [
        `p${index}`,
        { type: 'string', maxLength: 9 },
      ]),
    )
    const allOf = Array.from({ length: maxSchemaObjects - 2 }, (_, minimum) => ({ minimum }))
    const values = Array.from({ length: 5_000 }, (_, index) => `value-${index}`)
    expect(JSON.stringify({ enum: values }).length).toBeLessThan(maxSchemaBytes * 1.5)
    for (const schema of [{ properties }, { allOf }, { anyOf: allOf }, { enum: values }])
      // On a machine that is busy the clock may end it once.
      await waitFor(() => fault(schema) === null, { what: 'the schema to be compiled in time' })
  })
})

describe('a value', () => {
  test.each([
    [{ type: 'object', required: ['points'] }, { points: 5 }],
    [{ $schema: draft07, type: 'object', additionalItems: false }, {}],
    [{ properties: { a: { pattern: '^\\p{L}+\\d$' }, b: { pattern: '^b$' } } }, { a: 'é1', b: 'b' }],
    [{ properties: { a: { format: 'email' } } }, { a: 'no address' }],
  ])('matches %j', (schema, value) => {
    expect(breaches(schema, value)).toEqual([])
  })

  test('is told all the places where it does not match', () => {
    const schema = {
      required: ['id'],
      additionalProperties: false,
      properties: { lines: { items: { properties: { 'a/b~c': { type: 'string' } } } } },
    }
    expect(breaches(schema, { lines: [{}, { 'a/b~c': 1 }], more: 1 })).toEqual(
      expect.arrayContaining([
        { path: [], message: "must have required property 'id'" },
        { path: [], message: 'must NOT have additional properties: more' },
        { path: ['lines', '1', 'a/b~c'], message: 'must be string' },
      ]),
    )
  })

  test('is told ten places at the most', () => {
    expect(
      breaches(
        { items: { type: 'string' } },
        Array.from({ length: 10_000 }, () => 1),
      ),
    ).toHaveLength(10)
  })

  test('has what is its own, and not what every object has', () => {
    expect(breaches({ required: ['constructor'] }, {})).toHaveLength(1)
    expect(breaches({ required: ['__proto__'] }, JSON.parse('{"__proto__":1}'))).toEqual([])
    expect(breaches({ properties: { toString: { type: 'string' } } }, {})).toEqual([])
  })

  test('is not changed by being matched', () => {
    const value = { a: '1' }
    breaches({ properties: { a: { type: 'number' }, b: { default: 1 } }, additionalProperties: false }, value)
    expect(value).toEqual({ a: '1' })
  })

  test('is matched by the pattern of its own place', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } }
    expect(breaches(schema, { a: 'a', b: 'a' })).toEqual([
      { path: ['b'], message: 'must match pattern "^b$"' },
    ])
  })
})

describe('a hostile schema or value', () => {
  test.each(['^(a+)+$', '^(a|a)*$', '^(.*a){12}$', '(x+x+)+y'])(
    'cannot make a pattern take for ever: %s',
    (pattern) => {
      const schema = { properties: { a: { pattern } } }
      const value = { a: `${'a'.repeat(100_000)}${'x'.repeat(100_000)}!` }
      const { ms, value: found } = timed(() => breaches(schema, value))
      expect(found).toEqual([{ path: ['a'], message: `must match pattern "${pattern}"` }])
      expect(ms).toBeLessThan(1_000)
    },
  )

  const doubled = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `d${index + 1}`,
      { allOf: [{ $ref: `#/$defs/d${index}` }, { $ref: `#/$defs/d${index}` }] },
    ]),
  )
  const deep = (levels: number): object => (levels === 0 ? {} : { a: deep(levels - 1) })
  test.each([
    ['doubles itself', { $defs: { d0: {}, ...doubled }, $ref: '#/$defs/d40' }, {}],
    [
      'doubles itself with each level',
      { properties: { a: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } },
      deep(60),
    ],
    [
      'compares all with all',
      { uniqueItems: true },
      Array.from({ length: 30_000 }, (_, index) => ({ index })),
    ],
    ['is within itself', { $ref: '#' }, {}],
    ['is within itself, by a detour', { allOf: [{ anyOf: [{ $ref: '#' }] }] }, {}],
  ])('is ended when it %s, and what follows is answered as ever', (_, schema, value) => {
    const { ms, value: found } = timed(() => breaches(schema, value))
    expect(found).toEqual([
      { path: [], message: expect.stringContaining('cannot be told to match') as string },
    ])
    expect(ms).toBeLessThan(1_000)
    expect(breaches({ type: 'object' }, {})).toEqual([])
    expect(fault({ type: 'text' })).not.toBeNull()
  })

  test('is data in what it is compiled to', () => {
    const text = `'];throw new Error('run');//`
    const schema = { $comment: `*/${text}`, properties: { [text]: { const: text, pattern: '\\];throw' } } }
    expect(breaches(schema, { [text]: text })).toEqual([])
    expect(breaches(schema, { [text]: 'x' })).toHaveLength(2)
  })
})

describe('the built-in topics', () => {
  test('are told in the order of their list, each with what it means', () => {
    expect(builtInTopics.map(({ name }) => name)).toEqual(topics)
    for (const { description } of builtInTopics) expect(description).toMatch(/^[A-Z].*\.$/)
  })

  test.each(builtInTopics)('$name has a schema, and an example that matches it', ({ schema, example }) => {
    expect(schemas.fault(schema)).toBeNull()
    expect(schemas.breaches(schema, JSON.parse(example))).toEqual([])
  })

  test('of orders show the example of webhookTest', () => {
    expect(builtInTopic('order.state_changed')?.example).toBe(exampleEvent('', noon).data)
  })

  test.each(orderTopics)(
    '%s is matched by what is said of an order that has everything, and nothing',
    (topic) => {
      const schema = builtInTopic(topic)?.schema ?? ''
      const change = { topic, stateChanged: false, customerStateChanged: true } as const
      const bare = { ...change, order: anOrder({ customerId: null }) }
      const full = {
        ...change,
        order: anOrder({
          ...{ partnerIdentifier: 'x', redemptionCode: 'x', areaName: 'x', etaAt: noon, arrivedAt: noon },
          pickupWindow: { startsAt: noon, endsAt: noon },
        }),
      }
      for (const event of [orderEvent(bare, aSite(), null, ''), orderEvent(full, aSite(), aCustomer(), '')])
        expect(schemas.breaches(schema, JSON.parse(event.data))).toEqual([])
      expect(schemas.breaches(schema, {})).not.toEqual([])
    },
  )

  test.each(topics.filter((name) => !name.startsWith('order.')))(
    '%s takes any object, and nothing else',
    (name) => {
      const schema = builtInTopic(name)?.schema ?? ''
      for (const data of [{}, { any: 1 }, { customerId: 'text', startsAt: null }])
        expect(schemas.breaches(schema, data)).toEqual([])
      expect(schemas.breaches(schema, [])).toHaveLength(1)
    },
  )
})
