/** The requests of every dialect, byte for byte. A change of these bytes affects every receiver. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OrderSnapshot } from '../../../../src/domain/orders/event.ts'
import { asText, requestContextFor } from '../../../support/checks/dialects.ts'
import { dialectRules, dialects } from '../../../../src/domain/dialects/registry.ts'

const folder = new URL('golden/', import.meta.url)
const golden = (name: string): string => readFileSync(new URL(`${name}.txt`, folder), 'utf8')
const fileOf = (dialect: string): string => dialect.toLowerCase().replaceAll('_', '-')

describe.each(dialects)('%s golden requests', (dialect) => {
  const rules = dialectRules[dialect]

  test(`${dialect} renders the golden request of a state change byte for byte`, () => {
    expect(asText(rules.render(requestContextFor(dialect)))).toBe(golden(fileOf(dialect)))
  })

  test(`${dialect} renders its golden test request byte for byte, or the golden request when it has no other`, () => {
    const own = `${fileOf(dialect)}-test`
    const kept = golden(readdirSync(folder).includes(`${own}.txt`) ? own : fileOf(dialect))
    expect(asText(rules.renderTest(requestContextFor(dialect)))).toBe(kept)
  })
})

test.each(dialects)(
  'the bytes that %s has signed are the UTF-8 of its body, whatever its characters',
  (dialect) => {
    const rules = dialectRules[dialect]
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const context = requestContextFor(dialect)
        const order = JSON.parse(context.event.data) as OrderSnapshot
        const customer = order.customer && { ...order.customer, name }
        const event = { ...context.event, data: JSON.stringify({ ...order, customer }) }
        for (const { body, bytes } of [rules.render({ ...context, event }), rules.renderTest(context)])
          expect(bytes === undefined ? null : Buffer.from(bytes).toString()).toBe(
            rules.secret === null ? null : body,
          )
      }),
    )
  },
)

test('every golden file belongs to a dialect', () => {
  const names = dialects.map(fileOf).flatMap((name) => [`${name}-test.txt`, `${name}.txt`])
  expect(readdirSync(folder).filter((name) => !names.includes(name))).toEqual([])
})
