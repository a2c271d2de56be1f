/** Sources that must agree: closed lists and SDL, tables and migrations, generated files and their sources. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  buildSchema,
  isEnumType,
  isTypeDefinitionNode,
  Kind,
  parse,
  visit,
  type ASTNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type TypeDefinitionNode,
} from 'graphql'
import { describe, expect, test } from 'vitest'
import {
  attemptNextSteps,
  attemptTriggers,
  deliveryStates,
  skipReasons,
} from '../src/domain/deliveries/delivery.ts'
import { bulkRetryStates } from '../src/domain/deliveries/bulk-retry.ts'
import { keyRoles } from '../src/domain/access/key.ts'
import { customerStates, orderStates } from '../src/domain/orders/order.ts'
import { attemptOutcomes } from '../src/domain/deliveries/outcome.ts'
import { disabledReasons } from '../src/domain/policies/disable.ts'
import { successRules } from '../src/domain/policies/success.ts'
import { orderings } from '../src/domain/webhooks/ordering.ts'
import { presets } from '../src/domain/webhooks/preset.ts'
import { dialects } from '../src/domain/dialects/registry.ts'
import { presetRuleNames, ruleOrigins } from '../src/domain/webhooks/presets/preset-rules.ts'
import { skippedDeliveries } from '../src/domain/webhooks/webhook.ts'
import { webhookChangeKinds } from '../src/domain/feed/webhook-change.ts'
import { userErrorCodes } from '../src/domain/shared/problem.ts'
import { statsWindows } from '../src/domain/policies/attempt-counts.ts'
import { schemaText } from '../src/graphql/schema.ts'
import { recoveries } from '../src/domain/policies/recovery.ts'
import { disableRuleNames } from '../src/domain/policies/disable-rule.ts'
import { statusClasses } from '../src/domain/lists/filters.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

const closedLists: Readonly<Record<string, readonly string[]>> = {
  OrderState: orderStates,
  CustomerState: customerStates,
  DeliveryState: deliveryStates,
  SkipReason: skipReasons,
  WebhookOrdering: orderings,
  AttemptTrigger: attemptTriggers,
  AttemptOutcome: attemptOutcomes,
  AttemptNextStep: attemptNextSteps,
  UserErrorCode: userErrorCodes,
  Preset: presets,
  Dialect: dialects,
  PresetRuleName: presetRuleNames,
  RuleOrigin: ruleOrigins,
  SuccessRule: successRules,
  DisableRuleName: disableRuleNames,
  Recovery: recoveries,
  WebhookDisabledReason: disabledReasons,
  StatsWindow: statsWindows,
  KeyRole: keyRoles,
  SkippedDeliveries: skippedDeliveries,
  BulkRetryState: bulkRetryStates,
  StatusClass: statusClasses,
  WebhookChangeKind: webhookChangeKinds,
}

describe('closed lists of the domain', () => {
  const types = Object.values(buildSchema(schemaText).getTypeMap())
  const enums = new Map(
    types
      .filter((type) => isEnumType(type) && !type.name.startsWith('__'))
      .map((type) => [type.name, isEnumType(type) ? type.getValues().map(({ name }) => name) : []]),
  )

  test.each(Object.entries(closedLists))(
    'the enum %s of the SDL has the members of its list in the same order',
    (name, list) => {
      expect(enums.get(name)).toEqual(list)
    },
  )

  test('every enum of the SDL has a list', () => {
    expect([...enums.keys()].filter((name) => !(name in closedLists))).toEqual([])
  })
})

describe('descriptions of the SDL', () => {
  test('every type, field, argument and enum value has a description', () => {
    expect(undescribed(schemaText)).toEqual([])
  })

  test('a missing description is reported with the path of its element', () => {
    const found = undescribed(`
      "d" enum E { A }
      "d" input I { x: Int = 1 }
      "d" interface N { "d" id(a: Int): ID! }
      "d" union U = T
      type T implements N { "d" id("d" a: Int): ID! "" empty: U }
      type Query { t: T }
      scalar S`)
    expect(found).toEqual(['E.A', 'I.x', 'N.id.a', 'T', 'T.empty', 'Query.t', 'S'])
  })

  test('every type is used by another type', () => {
    const sdl = parse(schemaText)
    const mentioned = new Set(['Query', 'Mutation', 'Subscription'])
    visit(sdl, { NamedType: (node) => void mentioned.add(node.name.value) })
    const declared = sdl.definitions.flatMap((node) => (isTypeDefinitionNode(node) ? [node.name.value] : []))
    expect(declared.filter((name) => !mentioned.has(name))).toEqual([])
  })
})

describe('generated files', () => {
  test('the migrations create the tables of src/db/schema/index.ts: drizzle-kit finds no difference', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'orderbell-drizzle-'))
    try {
      await cp(join(root, 'drizzle'), folder, { recursive: true })
      const before = await filesIn(folder)
      const kit = join(root, 'node_modules/drizzle-kit/bin.cjs')
      // drizzle-kit resolves paths from its working directory, and misreads absolute paths.
      const from = [
        '--dialect',
        'postgresql',
        '--schema',
        './src/db/schema/index.ts',
        '--out',
        relative(root, folder),
      ]
      const { stdout } = await run(process.execPath, [kit, 'generate', ...from], { cwd: root })
      const after = await filesIn(folder)
      expect(after, `src/db/schema/index.ts has changed: run npm run generate\n${stdout}`).toEqual(before)
      expect(stdout).toContain('No schema changes')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('the journal lists exactly the migrations that exist', async () => {
    const files = (await readdir(join(root, 'drizzle'))).filter((name) => name.endsWith('.sql'))
    const journal = JSON.parse(await readFile(join(root, 'drizzle/meta/_journal.json'), 'utf8')) as {
      readonly entries: readonly { readonly tag: string }[]
    }
    expect(journal.entries.map(({ tag }) => `${tag}.sql`)).toEqual(files.sort())
  })

  test("the resolvers' types, docs/configuration.md and docs/cli.md equal what npm run generate writes", async () => {
    const checked = run(process.execPath, ['--import', 'tsx', 'codegen.ts', '--check'], { cwd: root })
    await expect(checked).resolves.toMatchObject({ stderr: '' })
  })

  test('one copy of graphql is installed, because two copies refuse each other’s types', async () => {
    const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, unknown>>
    }
    const copies = Object.keys(lock.packages).filter((path) => path.endsWith('node_modules/graphql'))
    expect(copies).toEqual(['node_modules/graphql'])
  })
})

/** `Type.field.argument` of every element without a description. The operation types do not need one. */
function undescribed(sdl: string): readonly string[] {
  const found: string[] = []
  const path: string[] = []
  visit(parse(sdl), {
    enter: (node) => {
      if (!isDefinition(node)) return
      path.push(node.name.value)
      const isRoot = path.length === 1 && /^(Query|Mutation|Subscription)$/.test(node.name.value)
      if (!isRoot && (node.description?.value.trim() ?? '') === '') found.push(path.join('.'))
    },
    leave: (node) => {
      if (isDefinition(node)) path.pop()
    },
  })
  return found
}

type Definition =
  TypeDefinitionNode | FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode

const members: readonly string[] = [
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.ENUM_VALUE_DEFINITION,
]

function isDefinition(node: ASTNode): node is Definition {
  return isTypeDefinitionNode(node) || members.includes(node.kind)
}

/** Path and content of every file, so that changed and new files are found. */
async function filesIn(folder: string): Promise<readonly (readonly [string, string])[]> {
  const paths = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  return Promise.all(
    paths.map(async (path) => [relative(folder, path), await readFile(path, 'utf8')] as const),
  )
}
