/**
 * Validates JSON Schemas (drafts 2020-12 and 07) and values against them. Schemas are untrusted and run in this
 * process: references are not fetched, patterns are matched in linear time, and work beyond 250 ms is aborted. Does not
 * limit the size of a schema.
 */
import { createContext, Script } from 'node:vm'
import { Ajv, type AnySchemaObject, type ErrorObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import type { SchemaBreach, Schemas } from '../ports/json-schemas.ts'

/** Maximum number of reported violations of one value. */
const maxBreaches = 10
/** Time limit for compiling one schema or validating one value. The largest schemas take 100 ms on an idle machine. */
const maxMs = 250
/** Size of the cache of compiled schemas, in characters of their texts. */
const keptCharacters = 4 * 1024 * 1024
/** Maximum total program size of a schema's patterns. Each step may run once for each character of a value. */
const maxPatternSteps = 2_000

type Matches = (value: unknown) => readonly ErrorObject[]

/** A draft of JSON Schema, with a compiler instance that validates schemas against the draft's meta-schema. */
interface Draft {
  readonly uri: string
  readonly Compiler: typeof Ajv
  readonly metaValidator: Ajv
}

// `format` is not checked: the drafts define it as an annotation, and its meaning differs between validators.
const options: Options = { strict: false, validateFormats: false, logger: false }

/** Creates a validator with an LRU cache of compiled schemas, keyed by their text. */
export function makeSchemas(): Schemas {
  const kept = new LRUCache<string, Matches>({
    maxSize: keptCharacters,
    sizeCalculation: (_, text) => text.length,
  })
  const compiled = (text: string): Matches => {
    const known = kept.get(text)
    if (known !== undefined) return known
    const matches = compile(drafts(), JSON.parse(text) as AnySchemaObject)
    kept.set(text, matches)
    return matches
  }
  return {
    fault: (text) => {
      drafts()
      try {
        withTimeLimit(() => compiled(text))
        return null
      } catch (error) {
        return limitExceeded(error) ?? (error instanceof Error ? error.message : String(error))
      }
    },
    breaches: (text, value) => {
      drafts()
      try {
        return withTimeLimit(() => compiled(text)(value))
          .slice(0, maxBreaches)
          .map(toBreach)
      } catch (error) {
        const message = limitExceeded(error)
        if (message === null) throw error
        return [{ path: [], message: `cannot be validated, because ${message}` }]
      }
    },
  }
}

let made: readonly Draft[] | undefined

/** The drafts, made at the first use. Called outside the time limit, because making them takes about 100 ms. */
function drafts(): readonly Draft[] {
  return (made ??= [
    makeDraft('http://json-schema.org/draft-07/schema', Ajv),
    makeDraft('https://json-schema.org/draft/2020-12/schema', Ajv2020),
  ])
}

function makeDraft(uri: string, Compiler: typeof Ajv): Draft {
  const metaValidator = new Compiler(options)
  // Compiles the meta-schema. If a time limit aborted the compilation later, the instance would stay in a wrong state.
  void metaValidator.validateSchema({})
  return { uri, Compiler, metaValidator }
}

/** Compiles a schema. Throws an error that says what is wrong with the schema. */
function compile(known: readonly Draft[], schema: AnySchemaObject): Matches {
  const { $schema, ...rest } = schema
  const draft =
    $schema === undefined
      ? known.at(-1)
      : known.find(({ uri }) => typeof $schema === 'string' && $schema.replace(/#$/, '') === uri)
  if (draft === undefined)
    throw new Error(
      `its $schema must be ${known.map(({ uri }) => uri).join(' or ')}; the default is the last`,
    )
  const { metaValidator, Compiler } = draft
  if (metaValidator.validateSchema(schema) !== true)
    throw new Error(
      metaValidator.errorsText((metaValidator.errors ?? []).slice(0, maxBreaches), { dataVar: 'schema' }),
    )
  const validate = new Compiler({
    ...options,
    allErrors: true,
    // Inherited properties of objects are not part of the data.
    ownProperties: true,
    // The schema was validated above. Here the meta-schema would be compiled again for each schema.
    validateSchema: false,
    meta: false,
    // Inlining would generate the code of a referenced schema once for each reference.
    inlineRefs: false,
    code: { regExp: linearPatterns(), optimize: false },
  }).compile(rest)
  // An `$async` schema returns a promise, which would count as valid for every value.
  if ('$async' in validate) throw new Error('$async is not a keyword of JSON Schema')
  return (value) => (validate(value) ? [] : (validate.errors ?? []))
}

/** Compiles patterns to a linear-time matcher. Rejects backreferences and lookaround. */
function linearPatterns() {
  let steps = 0
  const make = (text: string) => {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(text))
    steps += pattern.programSize()
    if (steps > maxPatternSteps) throw new Error('its patterns are too long, or repeat too much')
    // The compiler identifies patterns by this text.
    return { test: (value: string) => pattern.test(value), toString: () => `/${text}/` }
  }
  return Object.assign(make, { code: 'linearPattern' })
}

function toBreach({ instancePath, message, params }: ErrorObject): SchemaBreach {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const which = 'additionalProperty' in params ? `: ${String(params['additionalProperty'])}` : ''
  return { path, message: `${message ?? 'does not match'}${which}` }
}

const task = { work: (): void => undefined }
const context = createContext(task)
const call = new Script('work()')

/**
 * Runs the work and aborts it after the time limit. The vm context is used for its timeout only and is no sandbox: the
 * code is this project's, only its input is untrusted.
 */
function withTimeLimit<T>(work: () => T): T {
  const before = process.cpuUsage()
  try {
    return once(work)
  } catch (error) {
    const { user, system } = process.cpuUsage(before)
    // The work used less than half of the time limit in CPU time, so the machine was busy. The work runs once more.
    const stalled = isTimeout(error) && (user + system) / 1_000 < maxMs / 2
    if (!stalled) throw error
    return once(work)
  }
}

function once<T>(work: () => T): T {
  const done: T[] = []
  task.work = () => void done.push(work())
  try {
    call.runInContext(context, { timeout: maxMs })
  } finally {
    task.work = () => undefined
  }
  return done[0] as T
}

/** The text for an error caused by a too large or too slow schema. Null for any other error. */
function limitExceeded(error: unknown): string | null {
  if (error instanceof RangeError) return 'it refers to itself without an end, or is too large'
  return isTimeout(error) ? `it takes more than ${maxMs} ms` : null
}

function isTimeout(error: unknown): boolean {
  // The error is created in the vm context, so it is no instance of this realm's Error.
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}
