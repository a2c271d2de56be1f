/** Reads the version from package.json, which is two folders above this file both in src/ and in dist/. */
import { readFileSync } from 'node:fs'
import { userAgentOf } from '../domain/dialects/user-agent.ts'

/** The version of this installation. */
export const version = readVersion()

/** The User-Agent header of requests to receivers. */
export const userAgent = userAgentOf(version)

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  const { version: found } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: unknown }
  if (typeof found === 'string') return found
  throw new Error(`expected ${file.pathname} to have a version, found ${JSON.stringify(found)}`)
}
