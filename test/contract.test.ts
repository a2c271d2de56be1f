/** The documents that clients write, and the documents of the manual, validated against schema.graphql. */
import { readFileSync } from 'node:fs'
import { buildSchema, Kind, parse, print, validate, type DocumentNode } from 'graphql'
import { describe, expect, test } from 'vitest'
import { schemaText } from '../src/graphql/schema.ts'
import { manual } from './support/manual.ts'

const schema = buildSchema(schemaText)

/** The validation errors of a document. */
const faults = (document: DocumentNode): readonly string[] =>
  validate(schema, document).map(({ message }) => message)

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')

interface Operation {
  readonly name: string
  readonly document: DocumentNode
}

/** Each operation of a file as a separate document, so that an invalid one does not hide the others. */
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

describe('documents of the contract', () => {
  test.each(operationsIn(textOf('contract/served.graphql')))(
    'the operation $name is valid',
    ({ document }) => {
      expect(faults(document)).toEqual([])
    },
  )

  test('the contract has all of its operations', () => {
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
      ...['DeliveriesRetry', 'BulkRetry', 'BulkRetryPause', 'BulkRetryResume', 'BulkRetryCancel'],
      ...['WebhookPause', 'WebhookResume'],
      ...['Series', 'Count'],
      ...['Installation', 'AllAttempts'],
    ])
  })
})

describe('documents of the manual', () => {
  const blocks = [...manual.matchAll(/^```graphql\s*\n(.*?)^```/gms)].map(([, block = '']) => block)

  test('the manual contains documents', () => {
    expect(blocks).not.toEqual([])
  })

  test.each(blocks.map((block) => ({ block, title: block.trim().split('\n')[0] ?? '' })))(
    'the document that begins with "$title" is valid',
    ({ block }) => {
      expect(faults(parse(block))).toEqual([])
    },
  )
})
