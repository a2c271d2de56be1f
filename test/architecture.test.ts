/** The dependency rules between the folders of src and the limits on the length of its code, applied to all files. */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { brokenArrows, type Files } from './support/checks/arrows.ts'
import { oversized, sizeLimits } from './support/checks/sizes.ts'

const src = fileURLToPath(new URL('../src/', import.meta.url))

/** The violations of a source tree that consists of these files. */
const check = (files: Readonly<Record<string, string>>): readonly string[] =>
  brokenArrows(new Map(Object.entries(files)))

const source = await readSourceFiles()

async function readSourceFiles(): Promise<Files> {
  const paths = (await readdir(src, { recursive: true })).filter((path) => path.endsWith('.ts'))
  const files = await Promise.all(
    paths.map(async (path) => [path.replaceAll('\\', '/'), await readFile(`${src}${path}`, 'utf8')] as const),
  )
  return new Map(files)
}

test('every import in src follows the dependency rules', () => {
  expect(source.size).toBeGreaterThan(90)
  expect(brokenArrows(source)).toEqual([])
})

test('no file of src that a person writes is over 250 lines, no function over 80, no object literal of functions over 60', () => {
  expect(sizeLimits).toEqual({ file: 250, function: 80, literalOfFunctions: 60 })
  expect(oversized(source)).toEqual([])
})

describe('violations of the dependency rules', () => {
  const because = {
    domain: 'a decision must be repeatable from its arguments',
    step: 'a step must run in a test in a millisecond',
    graphql: 'a resolver translates; what it reads comes from the stores in its context',
    queue: 'the worker only knows that something is due',
    edge: 'each edge can be replaced alone',
  }

  test.each([
    ['domain/a.ts', `import { x } from '../ports/log.ts'`, because.domain],
    ['domain/a.ts', `import type { Log } from '../ports/log.ts'`, because.domain],
    ['domain/policies/a.ts', `import { readFile } from 'node:fs'`, because.domain],
    ['domain/a.ts', `import { randomBytes } from 'node:crypto'`, because.domain],
    ['domain/a.ts', `import { createHash, randomUUID } from 'node:crypto'`, because.domain],
    ['domain/a.ts', `import * as crypto from 'node:crypto'`, because.domain],
    ['domain/a.ts', `import { gzipSync } from 'node:zlib'`, because.domain],
    ['domain/a.ts', `import 'zod'`, because.domain],
    ['domain/a.ts', `export { v7 } from 'uuid'`, because.domain],
    ['dispatch/a.ts', `import { sql } from 'drizzle-orm'`, because.step],
    ['dispatch/a.ts', `import { Queue } from 'bullmq'`, because.step],
    ['dispatch/a.ts', `import { GraphQLError } from 'graphql'`, because.step],
    ['dispatch/a.ts', `import type { Sql } from '../db/connection/connect.ts'`, because.step],
    ['dispatch/a.ts', `import type { ProjectStore } from '../db/tenant/tenant-store.ts'`, because.step],
    ['services/a.ts', `import { makeProjectStore } from '../db/tenant/tenant-store.ts'`, because.step],
    ['services/a.ts', `import type { Sql } from '../db/connection/connect.ts'`, because.step],
    ['dispatch/a.ts', `const db = await import('../db/connection/connect.ts')`, because.step],
    ['dispatch/a.ts', `let x: import('../sender/sender.ts').Y`, because.step],
    ['graphql/resolvers/a.ts', `import { connect } from '../../db/connection/connect.ts'`, because.graphql],
    ['graphql/a.ts', `import { makeProjectStore } from '../db/tenant/tenant-store.ts'`, because.graphql],
    ['graphql/a.ts', `import { makeSender } from '../sender/sender.ts'`, because.graphql],
    ['graphql/a.ts', `import { jobs } from '../queue/jobs.ts'`, because.graphql],
    ['graphql/a.ts', `import { makeFeed } from '../feed/feed.ts'`, because.graphql],
    ['graphql/a.ts', `import { system } from '../runtime/system.ts'`, because.graphql],
    ['queue/a.ts', `import { makeLanes } from '../dispatch/lane.ts'`, because.queue],
    ['queue/a.ts', `import { type Log } from '../ports/log.ts'`, because.queue],
    ['queue/a.ts', `import { connect } from '../db/connection/connect.ts'`, because.queue],
    ['db/a.ts', `import { makeSender } from '../sender/sender.ts'`, because.edge],
    ['db/a.ts', `import type { Claim } from '../dispatch/lane.ts'`, because.edge],
    ['sender/a.ts', `import { system } from '../runtime/system.ts'`, because.edge],
    ['feed/a.ts', `export * from '../db/feed/attempt-feed.ts'`, because.edge],
    ['runtime/a.ts', `import { connect } from '../db/connection/connect.ts'`, because.edge],
    ['feed/a.ts', `import { Queue } from 'bullmq'`, 'bullmq belongs to queue'],
    ['graphql/a.ts', `import { sql } from 'drizzle-orm/pg-core'`, 'drizzle-orm belongs to db'],
    ['app.ts', `import { request } from 'undici'`, 'undici belongs to sender'],
    ['cli/a.ts', `import { main } from '../main.ts'`, 'importing it would start a server'],
    [
      'db/a.ts',
      `import { readConfig } from '../config.ts'`,
      'a part that imports it cannot be used elsewhere',
    ],
    [
      'queue/a.ts',
      `import { readConfig } from '../config.ts'`,
      'a part that imports it cannot be used elsewhere',
    ],
    [
      'graphql/a.ts',
      `import { makeApp } from '../app.ts'`,
      'a part that imports it cannot be used elsewhere',
    ],
    [
      'config.ts',
      `import { connect } from './db/connection/connect.ts'`,
      'settings are read before any other part is started',
    ],
    [
      'settings/a.ts',
      `import { createKey } from '../services/access/change-key.ts'`,
      'settings are read before any other part is started',
    ],
    ['cli/a.ts', `import { x } from '../../test/support/wait-for.ts'`, 'it is outside of src'],
    [
      'helpers/a.ts',
      `import { ok } from '../domain/shared/problem.ts'`,
      'no rule says what helpers may import',
    ],
  ])('%s with %s is reported with the reason', (file, text, why) => {
    const found = check({ [file]: `// one line before it\n${text}\n` })
    expect(found).toEqual([expect.stringContaining(`src/${file}:2 imports `)])
    expect(found[0]).toContain(/'([^']*)'/.exec(text)?.[1])
    expect(found[0]).toContain(why)
  })

  test.each([
    ['Date.now()', 'Date.now'],
    ['new Date()', 'new Date()'],
    ['new Date', 'new Date()'],
    ['Date()', 'Date()'],
    ['Date["now"]()', 'Date[...]'],
    ['Math.random()', 'Math.random'],
    ['process.pid', 'process'],
    ['performance.now()', 'performance'],
    ['crypto.randomUUID()', 'crypto'],
    ['globalThis.Date', 'globalThis'],
    ['{ process }', 'process'],
    ['setTimeout(f, 1)', 'setTimeout'],
  ])('the impure expression %s in domain is reported', (expression, what) => {
    expect(check({ 'domain/a.ts': `export const a = ${expression}` })).toContain(
      `src/domain/a.ts:1 uses ${what}; it may not, because ${because.domain}`,
    )
  })

  test.each([
    'const a = process.env.PORT',
    `const a = process['env']`,
    'const { env } = process',
    'const { env: settings } = process',
    `import { env } from 'node:process'`,
    `import process from 'node:process'`,
  ])('a read of the environment outside config.ts is reported: %s', (text) => {
    expect(check({ 'runtime/a.ts': text })).toEqual([expect.stringContaining('reads process.env')])
    expect(check({ 'config.ts': text })).toEqual([])
  })

  test('folders that import each other, also types only, are reported as a cycle', () => {
    const found = check({
      'config.ts': `import type { KeyRing } from './runtime/crypto/secrets.ts'`,
      'runtime/a.ts': `import { b } from '../domain/b.ts'`,
      'domain/b.ts': `import type { C } from '../dispatch/c.ts'`,
      'dispatch/c.ts': `import type { B } from '../domain/b.ts'`,
    })
    expect(found).toContainEqual(
      expect.stringContaining('dispatch -> domain -> dispatch is a cycle of folders'),
    )
  })
})

describe('imports that the dependency rules allow', () => {
  test.each([
    ['domain/policies/a.ts', `import { ok } from '../shared/problem.ts'`],
    ['domain/a.ts', `import { createHash, createHmac, timingSafeEqual } from 'node:crypto'`],
    ['domain/a.ts', `import { crc32 } from 'node:zlib'`],
    ['domain/a.ts', `export const a = new Date(0); export const b = { process: 1 }.process; Date.parse('')`],
    [
      'dispatch/a.ts',
      `import { ok } from '../domain/shared/problem.ts'; import { batched } from './batch.ts'`,
    ],
    [
      'graphql/a.ts',
      `import { GraphQLError } from 'graphql'; import { createOrder } from '../services/orders/b.ts'`,
    ],
    ['services/a.ts', `import type { ProjectTx } from '../db/tenant/transaction.ts'`],
    ['graphql/a.ts', `import type { AdminStore } from '../db/installation/installation-store.ts'`],
    ['queue/a.ts', `import type { Log } from '../ports/log.ts'; import { Queue } from 'bullmq'`],
    [
      'db/a.ts',
      `import type { Log } from '../ports/log.ts'; import { presets } from '../domain/webhooks/preset.ts'`,
    ],
    ['config.ts', `import type { KeyRing } from './runtime/crypto/secrets.ts'; import { z } from 'zod'`],
    ['config.ts', `import { settings } from './settings/settings.ts'`],
    [
      'app.ts',
      `import { makeLanes } from './dispatch/lane.ts'; import { connect } from './db/connection/connect.ts'`,
    ],
    ['cli/a.ts', `import { readConfig } from '../config.ts'; import { openStorage } from '../storage.ts'`],
    ['runtime/a.ts', `const a = process.pid`],
  ])('%s with %s is not reported', (file, text) => {
    expect(check({ [file]: text })).toEqual([])
  })
})

describe('the limits on the length of code', () => {
  /** A text of this many lines that begins and ends with the given ones. */
  const lines = (count: number, first: string, last: string): string =>
    [first, ...Array.from({ length: count - 2 }, () => '  // one line'), last].join('\n')
  const documented = `/**\n${' * One line.\n'.repeat(30)} */\n`

  test.each([
    ['a file', 250, 'export const a = 1', 'export const b = 2', 'src/domain/a.ts'],
    ['a function', 80, 'export async function find() {', '}', 'src/domain/a.ts:1 find'],
    ['an arrow function', 80, 'const find = () => {', '}', 'src/domain/a.ts:1 find'],
    ['a method', 80, 'const a = { x: 1, y: 2, find() {', '} }', 'src/domain/a.ts:1 find'],
    [
      'a literal of functions',
      60,
      'const store = { a: () => 1, b() {}, c: 1,',
      '}',
      'src/domain/a.ts:1 store',
    ],
    ['a returned literal', 60, 'const make = () => ({ a: () => 1,', '})', 'src/domain/a.ts:1 make'],
  ])('%s of %i lines is accepted; with one line more it is reported', (_what, limit, first, last, where) => {
    expect(oversized(new Map([['domain/a.ts', lines(limit, first, last)]]))).toEqual([])
    expect(oversized(new Map([['domain/a.ts', lines(limit + 1, first, last)]]))).toEqual([
      expect.stringContaining(`${where} has ${limit + 1} lines; it may have ${limit}, because `),
    ])
  })

  test.each([
    ['a function of 80 lines under a comment of 32', documented + lines(80, 'function find() {', '}')],
    [
      'a literal of 100 lines whose values are mostly data',
      lines(100, 'const a = { b: 1, c: () => 1, d: 2,', '}'),
    ],
    ['a type of 100 lines with methods', lines(100, 'interface Store { find(): void', '}')],
  ])('%s is accepted', (_what, text) => {
    expect(oversized(new Map([['domain/a.ts', text]]))).toEqual([])
  })

  test('a generated file of 251 lines is accepted', () => {
    const text = lines(251, 'export const a = 1', 'export const b = 2')
    expect(oversized(new Map([['graphql/core/generated/resolvers.ts', text]]))).toEqual([])
  })
})
