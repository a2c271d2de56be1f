import { describe, expect, test } from 'vitest'
import { exampleEvent, orderEvent } from '../../../src/domain/orders/event.ts'
import { builtInTopic, builtInTopics } from '../../../src/domain/orders/built-in-topics.ts'
import { maxSchemaBytes, maxSchemaObjects, orderTopics, topics } from '../../../src/domain/orders/topic.ts'
import { makeSchemas } from '../../../src/runtime/json-schema.ts'
import { waitFor } from '../../support/wait-for.ts'
import { buildCustomer, buildOrder, buildSite, noon } from '../../support/samples.ts'

const schemas = makeSchemas()
const fault = (schema: unknown): string | null => schemas.fault(JSON.stringify(schema))
const breaches = (schema: unknown, value: unknown) => schemas.breaches(JSON.stringify(schema), value)

const draft07 = 'http://json-schema.org/draft-07/schema#'
const draft2020 = 'https://json-schema.org/draft/2020-12/schema'

/** Runs the work and returns its result and its duration in milliseconds. */
function timed<T>(work: () => T): { readonly ms: number; readonly value: T } {
  const startedMs = performance.now()
  const value = work()
  return { value, ms: performance.now() - startedMs }
}

describe('JSON Schema', () => {
  test.each([
    ['of the newest draft', { $schema: draft2020, prefixItems: [{ type: 'string' }] }],
    ['of draft 07', { $schema: draft07, definitions: { a: { type: 'string' } }, $ref: '#/definitions/a' }],
    ['without a draft', { dependentRequired: { a: ['b'] }, unevaluatedProperties: false }],
    ['with an unknown keyword', { type: 'object', 'x-owner': 'till' }],
    ['with a format', { format: 'anything' }],
    ['that refers to itself', { properties: { child: { $ref: '#' } } }],
    ['that is empty', {}],
  ])('a schema %s is accepted', (_, schema) => {
    expect(fault(schema)).toBeNull()
  })

  test.each([
    ['an unknown type', { type: 'text' }, 'schema/type'],
    ['a rule of the wrong shape', { properties: { a: { required: 'b' } } }, 'schema/properties/a/required'],
    ['another draft', { $schema: 'https://json-schema.org/draft/2019-09/schema' }, '$schema'],
    ['a draft that is not a string', { $schema: 7 }, '$schema'],
    ['a reference to another document', { $ref: 'https://example.com/a.json' }, "can't resolve reference"],
    ['a reference to a missing definition', { $ref: '#/$defs/a' }, "can't resolve reference"],
    ['asynchronous validation', { $async: true }, '$async'],
    ['nested asynchronous validation', { properties: { a: { $async: true, type: 'string' } } }, 'async'],
    ['an invalid pattern', { pattern: '(' }, 'missing closing'],
    ['a pattern with a look-ahead', { pattern: '^(?=a)' }, '(?='],
    ['a pattern with a back-reference', { pattern: '(a)\\1' }, '\\1'],
    ['a pattern with nested repetitions', { pattern: '((a{30}){30}){30}' }, 'repeat'],
    ['two patterns that are too long together', { pattern: 'a{999}', not: { pattern: 'b{999}' } }, 'repeat'],
  ])('a schema with %s is refused', (_, schema, why) => {
    expect(fault(schema)).toContain(why)
  })

  test('schemas of the maximum size are compiled in time', async () => {
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
      // On a busy machine the time limit may end a compilation once.
      await waitFor(() => fault(schema) === null, { what: 'the schema to be compiled in time' })
  })
})

describe('value and schema', () => {
  test.each([
    [{ type: 'object', required: ['points'] }, { points: 5 }],
    [{ $schema: draft07, type: 'object', additionalItems: false }, {}],
    [{ properties: { a: { pattern: '^\\p{L}+\\d$' }, b: { pattern: '^b$' } } }, { a: 'é1', b: 'b' }],
    [{ properties: { a: { format: 'email' } } }, { a: 'no address' }],
  ])('a value matches the schema %j', (schema, value) => {
    expect(breaches(schema, value)).toEqual([])
  })

  test('all paths at which a value does not match are returned', () => {
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

  test('at most ten mismatches are returned', () => {
    expect(
      breaches(
        { items: { type: 'string' } },
        Array.from({ length: 10_000 }, () => 1),
      ),
    ).toHaveLength(10)
  })

  test('a value has only its own members, and not those of every object', () => {
    expect(breaches({ required: ['constructor'] }, {})).toHaveLength(1)
    expect(breaches({ required: ['__proto__'] }, JSON.parse('{"__proto__":1}'))).toEqual([])
    expect(breaches({ properties: { toString: { type: 'string' } } }, {})).toEqual([])
  })

  test('validation does not change the value', () => {
    const value = { a: '1' }
    breaches({ properties: { a: { type: 'number' }, b: { default: 1 } }, additionalProperties: false }, value)
    expect(value).toEqual({ a: '1' })
  })

  test('each member is matched by its own pattern', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } } }
    expect(breaches(schema, { a: 'a', b: 'a' })).toEqual([
      { path: ['b'], message: 'must match pattern "^b$"' },
    ])
  })
})

describe('hostile schema or value', () => {
  test.each(['^(a+)+$', '^(a|a)*$', '^(.*a){12}$', '(x+x+)+y'])(
    'the pattern %s does not match 200,000 characters in less than 1 s',
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
    ['doubles its references', { $defs: { d0: {}, ...doubled }, $ref: '#/$defs/d40' }, {}],
    [
      'doubles its references with each level',
      { properties: { a: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } },
      deep(60),
    ],
    [
      'compares 30,000 items with each other',
      { uniqueItems: true },
      Array.from({ length: 30_000 }, (_, index) => ({ index })),
    ],
    ['contains itself', { $ref: '#' }, {}],
    ['contains itself indirectly', { allOf: [{ anyOf: [{ $ref: '#' }] }] }, {}],
  ])(
    'validation with a schema that %s is aborted within 1 s, and later validation works',
    (_, schema, value) => {
      const { ms, value: found } = timed(() => breaches(schema, value))
      expect(found).toEqual([{ path: [], message: expect.stringContaining('cannot be validated') as string }])
      expect(ms).toBeLessThan(1_000)
      expect(breaches({ type: 'object' }, {})).toEqual([])
      expect(fault({ type: 'text' })).not.toBeNull()
    },
  )

  test('texts of a schema are data in the compiled code and are not executed', () => {
    const text = `'];throw new Error('run');//`
    const schema = { $comment: `*/${text}`, properties: { [text]: { const: text, pattern: '\\];throw' } } }
    expect(breaches(schema, { [text]: text })).toEqual([])
    expect(breaches(schema, { [text]: 'x' })).toHaveLength(2)
  })
})

describe('built-in topics', () => {
  test('the built-in topics are listed in the order of topics, each with a description', () => {
    expect(builtInTopics.map(({ name }) => name)).toEqual(topics)
    for (const { description } of builtInTopics) expect(description).toMatch(/^[A-Z].*\.$/)
  })

  test.each(builtInTopics)(
    'the built-in topic $name has a schema and an example that matches it',
    ({ schema, example }) => {
      expect(schemas.fault(schema)).toBeNull()
      expect(schemas.breaches(schema, JSON.parse(example))).toEqual([])
    },
  )

  test('the example of order.state_changed is that of webhookTest', () => {
    expect(builtInTopic('order.state_changed')?.example).toBe(exampleEvent('', noon).data)
  })

  test.each(orderTopics)(
    'the schema of %s matches events of orders with all fields and with none',
    (topic) => {
      const schema = builtInTopic(topic)?.schema ?? ''
      const change = { topic, stateChanged: false, customerStateChanged: true } as const
      const bare = { ...change, order: buildOrder({ customerId: null }) }
      const full = {
        ...change,
        order: buildOrder({
          ...{ partnerIdentifier: 'x', redemptionCode: 'x', areaName: 'x', etaAt: noon, arrivedAt: noon },
          pickupWindow: { startsAt: noon, endsAt: noon },
        }),
      }
      for (const event of [
        orderEvent(bare, buildSite(), null, ''),
        orderEvent(full, buildSite(), buildCustomer(), ''),
      ])
        expect(
          schemas.breaches(schema, {
            ...(JSON.parse(event.data) as object),
            ...(topic === 'order.arriving' && { minutes: 10 }),
          }),
        ).toEqual([])
      expect(schemas.breaches(schema, {})).not.toEqual([])
    },
  )

  // Orderbell alone makes the events of orders, and those about webhooks and deliveries.
  test.each(topics.filter((name) => !/^(order|webhook|delivery)\./.test(name)))(
    'the schema of %s matches any object and nothing else',
    (name) => {
      const schema = builtInTopic(name)?.schema ?? ''
      for (const data of [{}, { any: 1 }, { customerId: 'text', startsAt: null }])
        expect(schemas.breaches(schema, data)).toEqual([])
      expect(schemas.breaches(schema, [])).toHaveLength(1)
    },
  )
})
