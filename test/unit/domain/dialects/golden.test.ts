/** The requests of every dialect, byte for byte. A change of these bytes affects every receiver. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
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

test('every golden file belongs to a dialect', () => {
  const names = dialects.map(fileOf).flatMap((name) => [`${name}-test.txt`, `${name}.txt`])
  expect(readdirSync(folder).filter((name) => !names.includes(name))).toEqual([])
})
