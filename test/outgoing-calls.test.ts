/** The lint rules that forbid requests around the guarded sender, applied to files that would send one. */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))
const eslint = new ESLint({
  cwd: root,
  ruleFilter: ({ ruleId }) => ruleId.startsWith('no-restricted-'),
  // These rules need no type information, which takes half a minute to compute.
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
})

/** The messages of the rules for a file with this text. */
async function messagesFor(path: string, text: string): Promise<readonly string[]> {
  const results = await eslint.lintText(text, { filePath: `${root}${path}` })
  return results.flatMap(({ messages }) => messages.map(({ message }) => message))
}

const waysAround = [
  `await fetch('https://a.example')`,
  `new WebSocket('wss://a.example')`,
  `import { request } from 'undici'`,
  `import { request } from 'node:http'`,
  `import { get as look } from 'http'`,
  `import { Agent, createServer } from 'node:http'`,
  `import http from 'node:http'`,
  `import * as http from 'node:http'`,
  `import https from 'node:https'`,
  `import { connect } from 'node:net'`,
  `import { Socket } from 'net'`,
  `import { connect } from 'node:tls'`,
  `import { connect } from 'node:http2'`,
  `import { lookup } from 'node:dns'`,
  `import { Resolver } from 'node:dns/promises'`,
  `import { createSocket } from 'node:dgram'`,
  `import { execFile } from 'node:child_process'`,
  `import WebSocket from 'ws'`,
  `export { request } from 'undici'`,
  `const { request } = await import('node:http')`,
  `const name = 'undici'; await import(name)`,
  `import http = require('node:http')`,
  `const http = require('node:http')`,
  `import { createRequire } from 'node:module'; createRequire(import.meta.url)('undici')`,
  `import { createRequire } from 'node:module'; const load = createRequire(import.meta.url); load('undici')`,
  `globalThis.fetch('https://a.example')`,
  `const { fetch: call } = globalThis; call('https://a.example')`,
  `process.getBuiltinModule('node:http')`,
]

describe('requests around the guarded sender', () => {
  test.each(waysAround)('are refused by the linter: %s', async (text) => {
    for (const path of ['src/dispatch/sweep.ts', 'src/app.ts'])
      expect(await messagesFor(path, text)).toContainEqual(
        expect.stringContaining('go through the guarded sender'),
      )
  })
})

test.each([
  ['src/sender/dial.ts', `import { connect } from 'node:net'`],
  ['src/app.ts', `import { createServer, type Server } from 'node:http'`],
  ['src/runtime/embedded-postgres/process.ts', `import { spawn } from 'node:child_process'`],
  ['src/demo/client.ts', `await fetch('http://127.0.0.1:4000')`],
])('%s may contain: %s', async (path, text) => {
  expect(await messagesFor(path, text)).toEqual([])
})

test('no file of src disables these rules', async () => {
  const paths = (await readdir(`${root}src`, { recursive: true })).filter((path) => path.endsWith('.ts'))
  const texts = await Promise.all(paths.map((path) => readFile(`${root}src/${path}`, 'utf8')))
  const turnedOff = texts.flatMap((text) => text.match(/eslint-disable[^\n]*/g) ?? [])
  expect(
    turnedOff.filter((line) => /no-restricted|disable(-next-line|-line)?\s*(\*\/|--|$)/.test(line)),
  ).toEqual([])
})
