/**
 * JSON Schema, drafts 2020-12 and 07: is a text one, and does a value match it? Schemas are partners' texts that
 * run in our process: nothing is fetched, patterns are matched in linear time, and a clock ends what takes too
 * long. How large they may be is `domain/topic.ts`.
 */
import { createContext, Script } from 'node:vm'
import { Ajv, type AnySchemaObject, type ErrorObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { LRUCache } from 'lru-cache'
import { RE2JS } from 're2js'
import type { SchemaBreach, Schemas } from '../ports/platform.ts'

/** Breaches that are told of one value: enough to mend it. */
const maxBreaches = 10
/** What one schema or one value may take. The largest schemas need 100 ms; the rest is for a machine that is busy. */
const maxMs = 250
/** Compiled schemas that are kept, in characters of their texts. */
const keptCharacters = 4 * 1024 * 1024
/** Steps of all of a schema's patterns together: each may be made once for each character of a value. */
const maxPatternSteps = 2_000

type Matches = (value: unknown) => readonly ErrorObject[]

/** A draft, and its own schema ready to judge others by. */
interface Draft {
  readonly uri: string
  readonly Compiler: typeof Ajv
  readonly judge: Ajv
}

// No format is checked: to the drafts it is a note for people, and what the word means differs from validator to validator.
const options: Options = { strict: false, validateFormats: false, logger: false }

/** Compiled schemas are kept by their texts, those that were used last. */
export function makeSchemas(): Schemas {
  const drafts = [
    aDraft('http://json-schema.org/draft-07/schema', Ajv),
    aDraft('https://json-schema.org/draft/2020-12/schema', Ajv2020),
  ]
  const kept = new LRUCache<string, Matches>({
    maxSize: keptCharacters,
    sizeCalculation: (_, text) => text.length,
  })
  const compiled = (text: string): Matches => {
    const known = kept.get(text)
    if (known !== undefined) return known
    const matches = compile(drafts, JSON.parse(text) as AnySchemaObject)
    kept.set(text, matches)
    return matches
  }
  return {
    fault: (text) => {
      try {
        inTime(() => compiled(text))
        return null
      } catch (error) {
        return tooMuch(error) ?? (error instanceof Error ? error.message : String(error))
      }
    },
    breaches: (text, value) => {
      try {
        return inTime(() => compiled(text)(value))
          .slice(0, maxBreaches)
          .map(toBreach)
      } catch (error) {
        const message = tooMuch(error)
        if (message === null) throw error
        return [{ path: [], message: `cannot be told to match, because ${message}` }]
      }
    },
  }
}

function aDraft(uri: string, Compiler: typeof Ajv): Draft {
  const judge = new Compiler(options)
  // Now, because it takes a while: what is ended in the middle of it would judge wrongly ever after.
  void judge.validateSchema({})
  return { uri, Compiler, judge }
}

/** Throws an error that tells what is wrong with the schema. */
function compile(drafts: readonly Draft[], schema: AnySchemaObject): Matches {
  const { $schema, ...rest } = schema
  const draft =
    $schema === undefined
      ? drafts.at(-1)
      : drafts.find(({ uri }) => typeof $schema === 'string' && $schema.replace(/#$/, '') === uri)
  if (draft === undefined)
    throw new Error(
      `its $schema is none of ${drafts.map(({ uri }) => uri).join(' and ')}; without one it is the last`,
    )
  const { judge, Compiler } = draft
  if (judge.validateSchema(schema) !== true)
    throw new Error(judge.errorsText((judge.errors ?? []).slice(0, maxBreaches), { dataVar: 'schema' }))
  const validate = new Compiler({
    ...options,
    allErrors: true,
    // What every object inherits is not in the data.
    ownProperties: true,
    // Judged above; here the draft's own schema would be compiled anew for each.
    validateSchema: false,
    meta: false,
    // A schema that is named a thousand times would be written out a thousand times.
    inlineRefs: false,
    code: { regExp: linearPatterns(), optimize: false },
  }).compile(rest)
  // Such a schema answers with a promise, which is as good as true whatever the value.
  if ('$async' in validate) throw new Error('$async is no keyword of JSON Schema')
  return (value) => (validate(value) ? [] : (validate.errors ?? []))
}

/** Patterns that take time in proportion to the text, whatever they are: back references and looking around are refused. */
function linearPatterns() {
  let steps = 0
  const make = (text: string) => {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(text))
    steps += pattern.programSize()
    if (steps > maxPatternSteps) throw new Error('its patterns are too long, or repeat too much')
    // The compiler takes patterns that are written alike for the same one.
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

const stage = { work: (): void => undefined }
const context = createContext(stage)
const call = new Script('work()')

/** Does the work, and ends it where it takes too long. No cage: it is our own code, only what it is told is not. */
function inTime<T>(work: () => T): T {
  const before = process.cpuUsage()
  try {
    return once(work)
  } catch (error) {
    const { user, system } = process.cpuUsage(before)
    // It was not the work that took the time, but a machine that had none for us: nobody is refused for that.
    const stalled = isTimeout(error) && (user + system) / 1_000 < maxMs / 2
    if (!stalled) throw error
    return once(work)
  }
}

function once<T>(work: () => T): T {
  const done: T[] = []
  stage.work = () => void done.push(work())
  try {
    call.runInContext(context, { timeout: maxMs })
  } finally {
    stage.work = () => undefined
  }
  return done[0] as T
}

/** Of an error that tells that the work was too much, in which way; null for any other. */
function tooMuch(error: unknown): string | null {
  if (error instanceof RangeError) return 'it refers to itself without an end, or is too large'
  return isTimeout(error) ? `it takes more than ${maxMs} ms` : null
}

function isTimeout(error: unknown): boolean {
  // Made in the context, it is no Error of ours.
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  )
}
