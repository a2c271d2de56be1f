import { GraphQLError } from 'graphql'
import { expect, test } from 'vitest'
import { makeOperationValidator } from '../../../src/graphql/execution/validate-operation.ts'
import { executableSchema } from '../../../src/graphql/schema.ts'

const schema = executableSchema()

/** Parses and validates a document. Returns the parsed document and whether the operation may run. */
function makeRuns() {
  const validator = makeOperationValidator(schema, { introspection: true })
  return (source: string, variables: Record<string, unknown> = {}) => {
    const document = validator.parse(source)
    if (document instanceof GraphQLError) throw document
    const found = validator.check(document, { variables }, 'HTTP')
    return { document, mayRun: !Array.isArray(found) }
  }
}

test('a valid document is parsed once, and its variables are checked at each request', () => {
  const run = makeRuns()
  const source = 'query ($first: Int) { deliveries(first: $first) { nodes { id } } }'
  const [first, second] = [run(source, { first: 1 }), run(source, { first: 2 })]
  expect(second.document).toBe(first.document)
  expect([first.mayRun, second.mayRun, run(source, { first: 'many' }).mayRun]).toEqual([true, true, false])
})

test('a kept document is refused when its variables make it too costly', () => {
  const run = makeRuns()
  const source = `query ($first: Int) { events(first: $first) { nodes { deliveries(first: $first) { nodes { id } } } } }`
  expect([run(source, { first: 1 }).mayRun, run(source, { first: 100 }).mayRun]).toEqual([true, false])
})

test('an invalid document is not kept, and is refused each time', () => {
  const run = makeRuns()
  const [first, second] = [run('{ nothing }'), run('{ nothing }')]
  expect([first.mayRun, second.mayRun]).toEqual([false, false])
  expect(second.document).not.toBe(first.document)
})

test('documents are kept up to 256 KiB together, the most recently used ones', () => {
  const run = makeRuns()
  const longDocument = (index: number) => `{ __typename } #${String(index).padStart(15_000, ' ')}`
  const [oldest, ...others] = Array.from({ length: 20 }, (_, index) => longDocument(index))
  const first = run(oldest ?? '').document
  for (const source of others) run(source)
  const newest = run(others.at(-1) ?? '').document
  expect(run(others.at(-1) ?? '').document).toBe(newest)
  expect(run(oldest ?? '').document).not.toBe(first)
})
