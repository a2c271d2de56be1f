/** Relay's own compiler, which refuses a schema whose nodes, connections or pages are not as Relay asks. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildSchema, getNamedType, isInterfaceType, parse, print, type GraphQLSchema } from 'graphql'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { schemaText } from '../../../src/graphql/schema.ts'

const run = promisify(execFile)
const fixture = new URL('relay/Log.graphql', import.meta.url)
const compiler = createRequire(import.meta.url).resolve('relay-compiler/cli.js')

// A node is refetched by the root field `node`; its connections are judged also where there is none yet.
const schemaWithNode = /^ {2}node\(/m.test(schemaText)
  ? schemaText
  : `${schemaText}\nextend type Query { node(id: ID!): Node }`

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderbell-relay-'))
  await mkdir(join(folder, 'src'))
  await writeModule('Log', await readFile(fixture, 'utf8'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** As a component would hold them: one tagged text for each operation and fragment. */
async function writeModule(name: string, documents: string): Promise<void> {
  const tagged = parse(documents).definitions.map((definition) => `graphql\`${print(definition)}\``)
  await writeFile(
    join(folder, 'src', `${name}.js`),
    `import { graphql } from 'relay-runtime'\n${tagged.join('\n')}\n`,
  )
}

/** Compiles what is in the folder; the names of what was written. Throws what the compiler says where it refuses. */
async function compile(schema: string): Promise<readonly string[]> {
  await writeFile(join(folder, 'schema.graphql'), schema)
  await mkdir(join(folder, 'made'))
  const settings = {
    src: './src',
    schema: './schema.graphql',
    artifactDirectory: './made',
    language: 'typescript',
    customScalarTypes: { DateTime: 'string' },
  }
  await writeFile(join(folder, 'relay.config.json'), JSON.stringify(settings))
  await run(process.execPath, [compiler, 'relay.config.json'], { cwd: folder, timeout: 60_000 })
  return readdir(join(folder, 'made'))
}

interface Paged {
  readonly type: string
  readonly field: string
}

/** The connections of things that can be fetched again by their id alone. */
function pagedNodes(schema: GraphQLSchema): readonly Paged[] {
  const node = schema.getType('Node')
  if (!isInterfaceType(node)) return []
  return schema.getPossibleTypes(node).flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => getNamedType(field.type).name.endsWith('Connection'))
      .map((field) => ({ type: type.name, field: field.name })),
  )
}

const fragmentOf = ({ type, field }: Paged): string => `
  fragment ${type}_${field} on ${type}
  @refetchable(queryName: "${type}PageOf${field}Query")
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" }) {
    ${field}(first: $first, after: $after) @connection(key: "${type}_${field}") {
      edges { node { id } }
    }
  }`

describe("Relay's compiler", () => {
  test('takes the documents of a page that lists deliveries, loads more of them and watches them live', async () => {
    expect(await compile(schemaText)).toEqual([
      'LogAddSiteMutation.graphql.ts',
      'LogLiveSubscription.graphql.ts',
      'LogPageQuery.graphql.ts',
      'LogQuery.graphql.ts',
      'Log_deliveries.graphql.ts',
    ])
  })

  test('takes a page of every connection of every node that can be fetched by its id', async () => {
    const paged = pagedNodes(buildSchema(schemaWithNode))
    expect(paged).toContainEqual({ type: 'Delivery', field: 'attempts' })
    for (const [at, found] of paged.entries()) await writeModule(`${found.type}${at}`, fragmentOf(found))
    const made = await compile(schemaWithNode)
    expect(made).toEqual(
      expect.arrayContaining(paged.map(({ type, field }) => `${type}_${field}.graphql.ts`)),
    )
  })

  test('refuses a connection that cannot be paged', async () => {
    const lame = schemaText.replaceAll(/^ {2}pageInfo: PageInfo!$/gm, '  pageInfo: Int!')
    expect(lame).not.toBe(schemaText)
    await expect(compile(lame)).rejects.toThrow('pageInfo')
  })
})
