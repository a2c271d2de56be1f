/** The Relay compiler, which refuses a schema whose nodes, connections or pages do not follow the Relay specifications. */
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

// A node is refetched with the root field `node`. The schema is extended when it lacks that field, so that its connections are still checked.
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

/** Writes the documents as a component contains them: one tagged template for each operation and fragment. */
async function writeModule(name: string, documents: string): Promise<void> {
  const tagged = parse(documents).definitions.map((definition) => `graphql\`${print(definition)}\``)
  await writeFile(
    join(folder, 'src', `${name}.js`),
    `import { graphql } from 'relay-runtime'\n${tagged.join('\n')}\n`,
  )
}

/** Compiles the folder and returns the names of the written files. Throws the output of a compiler that refuses. */
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

/** The connections of the types that can be refetched by id. */
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

describe('Relay compiler', () => {
  test('the Relay compiler accepts the documents of a page that lists deliveries, loads more and subscribes', async () => {
    expect(await compile(schemaText)).toEqual([
      'LogAddSiteMutation.graphql.ts',
      'LogLiveSubscription.graphql.ts',
      'LogPageQuery.graphql.ts',
      'LogQuery.graphql.ts',
      'Log_deliveries.graphql.ts',
    ])
  })

  test('the Relay compiler accepts a paginated fragment for every connection of every node', async () => {
    const paged = pagedNodes(buildSchema(schemaWithNode))
    expect(paged).toContainEqual({ type: 'Delivery', field: 'attempts' })
    for (const [at, found] of paged.entries()) await writeModule(`${found.type}${at}`, fragmentOf(found))
    const made = await compile(schemaWithNode)
    expect(made).toEqual(
      expect.arrayContaining(paged.map(({ type, field }) => `${type}_${field}.graphql.ts`)),
    )
  })

  test('the Relay compiler refuses a schema whose pageInfo is not PageInfo', async () => {
    const lame = schemaText.replaceAll(/^ {2}pageInfo: PageInfo!$/gm, '  pageInfo: Int!')
    expect(lame).not.toBe(schemaText)
    await expect(compile(lame)).rejects.toThrow('pageInfo')
  })
})
