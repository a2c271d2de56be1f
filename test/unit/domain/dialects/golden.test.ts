/** The requests of every dialect, byte for byte. A change of these bytes is a change for every receiver. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { asText, requestContextFor } from '../../../support/checks/dialects.ts'
import { dialectRules, dialects } from '../../../../src/domain/dialects/registry.ts'

const folder = new URL('golden/', import.meta.url)
const golden = (name: string): string => readFileSync(new URL(`${name}.txt`, folder), 'utf8')
const fileOf = (dialect: string): string => dialect.toLowerCase().replaceAll('_', '-')

describe.each(dialects)('%s writes byte for byte', (dialect) => {
  const rules = dialectRules[dialect]

  test('the golden request of an order that changed its state', () => {
    expect(asText(rules.render(requestContextFor(dialect)))).toBe(golden(fileOf(dialect)))
  })

  test('the golden test request, which is the same where no other is kept', () => {
    const own = `${fileOf(dialect)}-test`
    const kept = golden(readdirSync(folder).includes(`${own}.txt`) ? own : fileOf(dialect))
    expect(asText(rules.renderTest(requestContextFor(dialect)))).toBe(kept)
  })
})

test('no golden request is without its dialect', () => {
  const names = dialects.map(fileOf).flatMap((name) => [`${name}-test.txt`, `${name}.txt`])
  expect(readdirSync(folder).filter((name) => !names.includes(name))).toEqual([])
})
