/** The manual's links and paths. Other tests run its documents, programs and requests. */
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { manualFile, manualFiles } from './support/manual.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The anchors that GitHub generates from the headings. */
function anchorsOf(path: string): ReadonlySet<string> {
  const text = manualFile(path).replaceAll(/^```.*?^```/gms, '')
  const headings = [...text.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test.each(manualFiles)('every link of %s leads to an existing file and heading', (path) => {
  const links = [...manualFile(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : posix.join(posix.dirname(path), file)
    if (!existsSync(`${root}${target}`)) return true
    return anchor !== undefined && !anchorsOf(target).has(anchor)
  })
  expect(broken).toEqual([])
})

test.each(manualFiles)('every source path in %s exists', (path) => {
  const named = [...manualFile(path).matchAll(/`((?:src|test|drizzle)\/[\w./-]+)`/g)].map(
    ([, name = '']) => name,
  )
  const examples = [
    'src/domain/dialects/acme.ts',
    'src/domain/webhooks/presets/acme.ts',
    'test/unit/domain/dialects/golden/acme.txt',
  ]
  const missing = named.filter((name) => !examples.includes(name) && !existsSync(`${root}${name}`))
  expect(missing).toEqual([])
})

/** The rows of the tables in docs/senders.md: sentence, behaviour, tests. */
const senderRows = manualFile('docs/senders.md')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (-|The document )/.test(line))

test('every sentence in docs/senders.md names at least one test, and each of these exists', () => {
  expect(senderRows.length).toBeGreaterThan(50)
  const faulty = senderRows.filter((row) => {
    const named = [...row.matchAll(/`(test\/[\w./-]+\.test\.ts)`: "([^"]+)"/g)]
    return (
      named.length === 0 ||
      named.some(
        ([, file = '', title = '']) =>
          !existsSync(`${root}${file}`) || !readFileSync(`${root}${file}`, 'utf8').includes(title),
      )
    )
  })
  expect(faulty).toEqual([])
})
