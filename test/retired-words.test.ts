/**
 * Words that this project no longer uses, because the documentation of PostgreSQL, HTTP, GraphQL and queues has other
 * words for the same things. Also finds them inside identifiers: `toldOf`, `openHouse`, `TOO_MANY_RINGS`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

const retired: ReadonlySet<string> = new Set([
  ...['wall', 'walls', 'ring', 'rings', 'rung', 'house', 'houses', 'dice', 'chance'],
  ...['anew', 'mend', 'mends', 'mended', 'alike', 'told', 'whoever', 'owed', 'wish', 'wishes', 'wished'],
  // Encrypting a data key with another key: the command is `rotate-master-key`, and its JSON says `reencrypted`.
  ...['rewrap', 'rewraps', 'rewrapped'],
])

/** Ordinary uses of these words. */
const ordinary = [
  // A set of keys in order of use: the term of GnuPG and of key management services.
  /key-?ring|key ring/gi,
  // The clock that shows the time of day, as opposed to the monotonic clock, and a reading of it in milliseconds.
  /wall clock|\bwallMs\b/gi,
]

/** Files that need these words. */
const exceptions = [
  'test/retired-words.test.ts',
  // Names the columns of earlier versions of the schema.
  'test/db/connection/migrations.test.ts',
]

const folders = ['src', 'test', 'docs', 'codegen']
const files = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'schema.graphql', 'codegen.ts']

/** Returns the retired words of a text, in lower case. */
function retiredWordsOf(text: string): readonly string[] {
  const cleared = ordinary.reduce((rest, use) => rest.replaceAll(use, ' '), text)
  const words = cleared.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)
  return words.map((word) => word.toLowerCase()).filter((word) => retired.has(word))
}

test('no file of the source, the tests and the documentation uses a retired word', () => {
  const paths = folders.flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  const read = [...paths, ...files].filter(
    (path) => /\.(ts|mjs|js|md|graphql|sql)$/.test(path) && !exceptions.includes(path),
  )
  expect(read.length).toBeGreaterThan(300)
  const found = read.flatMap((path) => {
    const lines = [path, ...readFileSync(`${root}${path}`, 'utf8').split('\n')]
    return lines.flatMap((line, number) => {
      const words = retiredWordsOf(line)
      return words.length === 0 ? [] : [`${path}:${number}: ${words.join(', ')}`]
    })
  })
  expect(found).toEqual([])
})

describe('a retired word is found', () => {
  test.each([
    ['in a sentence', 'The client is told again.', ['told']],
    ['in an identifier', 'const openHouse = toldOf(wishedTopics)', ['house', 'told', 'wished']],
    ['in upper case', 'TOO_MANY_RINGS', ['rings']],
    ['at the end of an acronym', 'HTTPWall', ['wall']],
  ])('%s', (_where, text, words) => {
    expect(retiredWordsOf(text)).toEqual(words)
  })

  test('but not as a part of another word, and not in its ordinary use', () => {
    expect(retiredWordsOf('string, during, changed, KeyRing, keyring.ts, key ring, the wall clock')).toEqual(
      [],
    )
  })
})
