/** The manual as its readers have it: README.md, the documents beside it and those of docs/. Tests run what it prints. */
import { readdirSync, readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

/** One document, by its path from the root of the checkout. */
export function manualFile(path: string): string {
  return readFileSync(new URL(path, root), 'utf8')
}

/** Paths of all documents. */
export const manualFiles: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(new URL('docs/', root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
]

/** All documents as one text. */
export const manual: string = manualFiles.map(manualFile).join('\n')
