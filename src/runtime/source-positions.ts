/**
 * Translates the positions of a stack trace from the compiled files in `dist/` to their sources. Node's option
 * --enable-source-maps does the same, but reads the map of each module at the start, also of the packages', which takes
 * a tenth of the start. Here a map is read when a stack trace names its file.
 */
import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'

/** The folder of the compiled files. Without a build it is `src/`, whose files need no translation. */
const ownFolder = new URL('..', import.meta.url).href
const position = /(file:\/\/[^\s()]+\.js):(\d+):(\d+)/g

/** By URL of the compiled file. Null when the file has no map. */
const maps = new Map<string, SourceMap | null>()

/** Positions of packages and of Node are not changed. */
export function withSourcePositions(stack: string): string {
  return stack.replaceAll(
    position,
    (compiled, url: string, line: string, column: string) =>
      sourceOf(url, Number(line), Number(column)) ?? compiled,
  )
}

function sourceOf(url: string, line: number, column: number): string | undefined {
  if (!url.startsWith(ownFolder)) return undefined
  const origin = mapOf(url)?.findOrigin(line, column)
  if (origin === undefined || !('fileName' in origin)) return undefined
  return `${new URL(origin.fileName, url).href}:${origin.lineNumber}:${origin.columnNumber}`
}

function mapOf(url: string): SourceMap | null {
  const known = maps.get(url)
  if (known !== undefined) return known
  const map = readMap(url)
  maps.set(url, map)
  return map
}

function readMap(url: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')) as SourceMapPayload)
  } catch {
    // The error that is being logged is more important than its positions.
    return null
  }
}
