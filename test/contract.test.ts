/** The documents of contract.md, as a client would write them, against schema.graphql. */
import { readFileSync } from 'node:fs'
import { buildSchema, Kind, parse, print, validate, type DocumentNode } from 'graphql'
import { describe, expect, test } from 'vitest'
import { schemaText } from '../src/graphql/schema.ts'
import { manual } from './support/manual.ts'

const schema = buildSchema(schemaText)

/** What a document says that the schema does not know. */
const faults = (document: DocumentNode): readonly string[] =>
  validate(schema, document).map(({ message }) => message)

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

interface Operation {
  readonly name: string
  readonly document: DocumentNode
}

/** Each operation of a file as a document of its own, so that one that fails does not hide the others. */
function operationsIn(text: string): readonly Operation[] {
  const { definitions } = parse(text)
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  return definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? [
          {
            name: definition.name?.value ?? print(definition),
            document: { kind: Kind.DOCUMENT, definitions: [definition, ...fragments] },
          },
        ]
      : [],
  )
}

describe('every document of what is served validates', () => {
  test.each(operationsIn(textOf('contract/served.graphql')))('$name', ({ document }) => {
    expect(faults(document)).toEqual([])
  })

  test('none of them is missing', () => {
    const names = operationsIn(textOf('contract/served.graphql')).map(({ name }) => name)
    expect(names).toEqual([
      ...['SiteCreate', 'OrderCreate', 'OrderStateChange', 'CustomerStateChange', 'OrderUpdate'],
      ...[
        'WebhookCreate',
        'WebhookUpdate',
        'WebhookDisable',
        'WebhookEnable',
        'WebhookDelete',
        'WebhookTest',
      ],
      ...['Log', 'Attempts', 'Who', 'Live', 'Health'],
      ...['EventPublish', 'TopicCreate'],
      ...['Retry', 'Cancel', 'Preview'],
      ...['SecretRotate', 'Catalogue'],
      ...['KeyCreate', 'KeyRevoke', 'PartnerCreate'],
      ...['AuditLog'],
    ])
  })
})

describe('the manual shows only documents that work', () => {
  const blocks = [...manual.matchAll(/^```graphql\s*\n(.*?)^```/gms)].map(([, block = '']) => block)

  test('there are documents in it', () => {
    expect(blocks).not.toEqual([])
  })

  test.each(blocks.map((block) => ({ block, title: block.trim().split('\n')[0] ?? '' })))(
    '$title',
    ({ block }) => {
      expect(faults(parse(block))).toEqual([])
    },
  )
})
