/** The steps of CONTRIBUTING.md that add a sender style, applied as printed to a copy of the source. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DialectRules } from '../src/domain/dialects/dialect.ts'
import type { PresetRules } from '../src/domain/webhooks/presets/preset-rules.ts'
import { checkout, endAll, startServer } from './system/support/process.ts'
import { createProject } from './system/support/tenant.ts'
import { asText, requestContextFor } from './support/checks/dialects.ts'
import { migratedDatabase } from './support/postgres.ts'

const run = promisify(execFile)
const buildTimeoutMs = 240_000

let copy: string
let golden: string

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'orderbell-style-'))
  const parts = ['src', 'drizzle', 'docs', 'schema.graphql', 'package.json', 'codegen.ts', 'codegen']
  for (const part of [...parts, 'tsconfig.json', 'tsconfig.build.json', '.prettierrc.json'])
    await cp(join(checkout, part), join(copy, part), { recursive: true })
  await symlink(join(checkout, 'node_modules'), join(copy, 'node_modules'))

  const section = (await readFile(join(checkout, 'CONTRIBUTING.md'), 'utf8'))
    .split('## Add a sender style\n')[1]
    ?.split('\n## ')[0]
  const blocks = (fence: string) =>
    [...(section ?? '').matchAll(new RegExp(`^\`\`\`${fence}\\n(.*?)^\`\`\``, 'gms'))].map(
      ([, text = '']) => text,
    )
  const block = (fence: string) => blocks(fence)[0] ?? ''
  const [dialect = '', preset = ''] = blocks('ts')
  await writeFile(join(copy, 'src/domain/dialects/acme.ts'), dialect)
  await writeFile(join(copy, 'src/domain/webhooks/presets/acme.ts'), preset)
  await addLines(block('diff'))
  golden = block('http')
}, buildTimeoutMs)
afterAll(async () => {
  await endAll()
  await rm(copy, { recursive: true, force: true })
})

/** Inserts the lines that CONTRIBUTING.md marks with + after the line before them, which the file contains once. */
async function addLines(diff: string): Promise<void> {
  for (const part of diff.split(/^# /m).slice(1)) {
    const [path = '', ...lines] = part.trimEnd().split('\n')
    let text = await readFile(join(copy, path), 'utf8')
    for (const line of lines.filter((each) => each.startsWith(' ')))
      expect(text.split(`\n${line.slice(1)}\n`), `lines of ${path} equal to: ${line}`).toHaveLength(2)
    let place = ''
    for (const line of lines) {
      const words = `\n${line.slice(1)}`
      if (line.startsWith('+')) text = text.replace(`${place}\n`, () => `${place}${words}\n`)
      place = line.startsWith('+') ? `${place}${words}` : words
    }
    await writeFile(join(copy, path), text)
  }
}

test(
  'a sender style added by the steps of CONTRIBUTING.md compiles, renders its golden request and serves',
  async () => {
    const node = (...args: string[]) =>
      run(process.execPath, args, { cwd: copy }).catch((cause: unknown) => {
        // The compiler writes its errors to standard output.
        const { stdout = '' } = cause as { readonly stdout?: string }
        throw new Error(`${args.join(' ')}: ${stdout}`, { cause })
      })
    await node('--import', 'tsx', 'codegen.ts')
    await node('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json')

    const built = (path: string): Promise<unknown> => import(pathToFileURL(join(copy, 'dist', path)).href)
    const { dialectRules } = (await built('domain/dialects/registry.js')) as {
      dialectRules: Record<string, DialectRules>
    }
    const { presetRules } = (await built('domain/webhooks/preset.js')) as {
      presetRules: Record<string, PresetRules>
    }
    const context = requestContextFor('FLYBUY')
    expect(dialectRules['ACME'] && asText(dialectRules['ACME'].render(context))).toBe(golden.trimEnd())

    const database = await migratedDatabase()
    const environment = {
      DATABASE_URL: database.url,
      SECRETS_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    }
    const project = await createProject(environment)
    const main = join(copy, 'dist/main.js')
    const server = await startServer(environment, [process.execPath, main])
    const answer = await project.through(server).gql(
      `mutation { webhookCreate(input: { name: "Acme", url: "https://acme.example/", topics: ["order.*"], preset: ACME }) {
        webhook { preset dialect policy { timeoutMs } } userErrors { code } } }`,
    )
    expect(answer).toEqual({
      webhookCreate: {
        webhook: {
          preset: 'ACME',
          dialect: 'ACME',
          policy: { timeoutMs: presetRules['ACME']?.policy.timeoutMs },
        },
        userErrors: [],
      },
    })
    await endAll()
    await database.drop()
  },
  buildTimeoutMs,
)
