/** Writes generated files, or, with --check, reports the files that differ from what would be written. */
import { readFile, writeFile } from 'node:fs/promises'
import { format, resolveConfig } from 'prettier'

/** A file and its complete content. */
export interface GeneratedFile {
  readonly path: string
  readonly content: string
  /** What the content is generated from, for the message of --check. */
  readonly source: string
}

/** Formats text as `npm run format` does. */
export async function formatted(path: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(path)), filepath: path })
}

/**
 * Replaces the sections of a document between `<!-- generated: name -->` and `<!-- end of generated -->`. Throws unless
 * the document has exactly the named sections.
 */
export function fillSections(text: string, sections: Readonly<Record<string, string>>): string {
  const found: string[] = []
  const filled = text.replaceAll(
    /(<!-- generated: (.*?) -->\n).*?(<!-- end of generated -->)/gs,
    (_section, begin: string, name: string, end: string) => {
      found.push(name)
      return `${begin}\n${sections[name] ?? ''}\n\n${end}`
    },
  )
  const expected = Object.keys(sections)
  if (found.toSorted().join() !== expected.toSorted().join())
    throw new Error(
      `expected the generated sections ${expected.join(', ')}, found ${found.join(', ') || 'none'}`,
    )
  return filled
}

/** A table in Markdown. Columns that are empty in every row are left out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = head.map((_title, column) => rows.some((row) => (row[column] ?? '') !== ''))
  const line = (cells: readonly string[]): string =>
    `| ${cells.filter((_cell, column) => used[column]).join(' | ')} |`
  return [head, head.map(() => '---'), ...rows].map(line).join('\n')
}

/** Writes the files; with `check`, writes nothing and returns a message for each file that differs. */
export async function writeFiles(
  files: readonly GeneratedFile[],
  check: boolean,
): Promise<readonly string[]> {
  const messages: string[] = []
  for (const { path, content, source } of files) {
    if (!check) await writeFile(path, content)
    else if ((await readFile(path, 'utf8').catch(() => '')) !== content)
      messages.push(`${path} differs from ${source}: run npm run generate and commit the result`)
  }
  return messages
}
