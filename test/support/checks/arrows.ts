/**
 * The dependency rules of src (design.md, section 4): which folder may import which, with a reason for each rule.
 * The files are passed as text, so that a test can also pass files that break the rules.
 */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { environmentReads, readSource, type Import } from './imports.ts'

/** Text by path. Paths are relative to `src/` and use `/`. */
export type Files = ReadonlyMap<string, string>

/** An import with its importing file and its target. */
interface Arrow extends Import {
  readonly from: string
  /** A folder of src, `file.ts` in the root of src, `node:x`, or the name of a package. */
  readonly to: string
  /** The imported file, relative to `src/`. Undefined for an import from outside of src. */
  readonly toFile: string | undefined
}

interface Rule {
  readonly of: readonly string[]
  readonly may: (arrow: Arrow) => boolean
  readonly because: string
}

/** Files and folders that wire the parts together, and may therefore import all of them. */
const wired = [
  'app.ts',
  'api.ts',
  'api-deps.ts',
  'changes.ts',
  'close-later.ts',
  'dispatcher.ts',
  'messaging.ts',
  'process-heartbeat.ts',
  'serve.ts',
  'storage.ts',
  'stores.ts',
  'cli',
  'demo',
]
const wiring = [...wired, 'main.ts']
/** The edges with the same rule. The queue has a rule of its own. */
const edges = ['db', 'sender', 'feed', 'runtime']

const isPackage = ({ to, toFile }: Arrow): boolean => toFile === undefined && !to.startsWith('node:')
const isOutside = ({ toFile }: Arrow): boolean => toFile === undefined
const isPortType = ({ to, typeOnly }: Arrow): boolean => to === 'ports' && typeOnly
/**
 * The one exception for `services` and `graphql`: the types of the tenant's store and of the installation's store. Each
 * has one implementation, so that a port would only repeat its signatures.
 */
const storeFolders = ['db/tenant/', 'db/installation/']
const isStoreType = ({ toFile, typeOnly }: Arrow): boolean =>
  typeOnly && storeFolders.some((folder) => toFile?.startsWith(folder) === true)
/** Files of runtime that every edge may import. They do no I/O and import nothing else of src. */
const sharedFiles = [
  'runtime/keyed-limit.ts',
  'runtime/third-party-patches.ts',
  'runtime/until-aborted.ts',
  'runtime/within.ts',
]
const isShared = ({ toFile }: Arrow): boolean => toFile !== undefined && sharedFiles.includes(toFile)

/** The functions of Node that the domain may import: their results depend on their arguments only. */
const pureNames: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'createHmac', 'hash', 'timingSafeEqual'],
  'node:zlib': ['crc32'],
}

/** Packages that only the listed folders may import, so that each of those folders can be replaced alone. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'drizzle-orm': ['db'],
  postgres: ['postgres', 'db', 'feed', 'runtime'],
  bullmq: ['queue'],
  ioredis: ['queue', 'runtime', 'feed'],
  'rate-limiter-flexible': ['runtime'],
  pg: ['postgres', 'queue'],
  undici: ['sender'],
  graphql: ['graphql'],
  '@apollo/server': ['graphql'],
  '@as-integrations/express5': ['graphql'],
  '@graphql-tools/schema': ['graphql'],
  dataloader: ['graphql'],
  pino: ['runtime'],
  ajv: ['runtime'],
  re2js: ['runtime'],
}

const rules: readonly Rule[] = [
  {
    of: ['domain'],
    may: (arrow) =>
      arrow.to === 'domain' ||
      (arrow.names.length > 0 && arrow.names.every((name) => pureNames[arrow.to]?.includes(name))),
    because: 'a decision must be repeatable from its arguments',
  },
  {
    of: ['services'],
    may: (arrow) =>
      ['domain', 'dispatch', 'services'].includes(arrow.to) || isPortType(arrow) || isStoreType(arrow),
    because: 'a step must run in a test in a millisecond',
  },
  {
    of: ['dispatch'],
    may: (arrow) => ['domain', 'dispatch'].includes(arrow.to) || isPortType(arrow),
    because: 'a step must run in a test in a millisecond',
  },
  {
    of: ['ports'],
    may: (arrow) => ['domain', 'ports'].includes(arrow.to),
    because: 'a port says what its users need, and nothing about the implementation',
  },
  {
    of: ['graphql'],
    may: (arrow) =>
      ['services', 'ports', 'domain', 'graphql'].includes(arrow.to) ||
      isStoreType(arrow) ||
      isShared(arrow) ||
      isOutside(arrow),
    because: 'a resolver translates; what it reads comes from the stores in its context',
  },
  {
    of: ['queue'],
    may: (arrow) =>
      ['domain', 'queue', 'postgres'].includes(arrow.to) ||
      isPortType(arrow) ||
      isShared(arrow) ||
      isOutside(arrow),
    because: 'the worker only knows that something is due',
  },
  {
    of: edges,
    may: (arrow) =>
      ['domain', 'postgres', folderOf(arrow.from)].includes(arrow.to) ||
      isPortType(arrow) ||
      isShared(arrow) ||
      isOutside(arrow),
    because: 'each edge can be replaced alone',
  },
  {
    of: ['postgres'],
    may: (arrow) => ['domain', 'postgres'].includes(arrow.to) || isOutside(arrow),
    because: 'every part that opens a connection to PostgreSQL depends on it',
  },
  {
    of: ['config.ts', 'settings'],
    may: (arrow) => ['domain', 'settings', 'runtime', 'postgres'].includes(arrow.to) || isOutside(arrow),
    because:
      'settings are read before any other part is started; it imports only the formats of their values',
  },
]

/** Returns all violations, one line each: the file, the import and the reason. */
export function brokenArrows(files: Files): readonly string[] {
  const arrows = arrowsOf(files)
  return [
    ...arrows.flatMap(broken),
    ...impureDecisions(files),
    ...environmentReaders(files),
    ...cycles(arrows),
  ]
}

function broken(arrow: Arrow): readonly string[] {
  const from = folderOf(arrow.from)
  const found = rules.filter(({ of, may }) => of.includes(from) && !may(arrow)).map(({ because }) => because)
  if (arrow.to === 'main.ts') found.push('main.ts is the entry: importing it would start a server')
  if ([...wired, 'config.ts'].includes(arrow.to) && arrow.to !== from && !wiring.includes(from))
    found.push(`${arrow.to} connects the parts; a part that imports it cannot be used elsewhere`)
  const owner = isPackage(arrow) ? owners[arrow.to] : undefined
  if (owner !== undefined && !owner.includes(from))
    found.push(`${arrow.to} belongs to ${owner.join(', ')}, which can be replaced alone`)
  if (arrow.toFile === undefined && arrow.specifier.startsWith('.'))
    found.push('it is outside of src, which is the only folder that is built')
  if (!knownPlaces.has(from)) found.push(`no rule says what ${from} may import: add one in arrows.ts`)
  if (found.length === 0) return []
  return [
    `src/${arrow.from}:${arrow.line} imports ${arrow.specifier}; it may not, because ${found.join('; and because ')}`,
  ]
}

const knownPlaces = new Set([...wiring, ...rules.flatMap(({ of }) => of)])

function impureDecisions(files: Files): readonly string[] {
  return [...files]
    .filter(([path]) => folderOf(path) === 'domain')
    .flatMap(([path, text]) =>
      readSource(path, text).impureUses.map(
        ({ what, line }) =>
          `src/${path}:${line} uses ${what}; it may not, because a decision must be repeatable from its arguments`,
      ),
    )
}

function environmentReaders(files: Files): readonly string[] {
  return [...files]
    .filter(([path]) => path !== 'config.ts')
    .flatMap(([path, text]) =>
      environmentReads(path, text).map(
        (line) =>
          `src/${path}:${line} reads process.env; it may not, because config.ts is its only reader, so that every setting is known, checked and documented`,
      ),
    )
}

function arrowsOf(files: Files): readonly Arrow[] {
  return [...files].flatMap(([from, text]) =>
    readSource(from, text).imports.map((found): Arrow => {
      const { specifier } = found
      if (!specifier.startsWith('.')) return { ...found, from, to: packageOf(specifier), toFile: undefined }
      const toFile = posix.normalize(posix.join(posix.dirname(from), specifier))
      const isInside = !toFile.startsWith('..')
      return {
        ...found,
        from,
        to: isInside ? folderOf(toFile) : specifier,
        toFile: isInside ? toFile : undefined,
      }
    }),
  )
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? path
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
  return builtinModules.includes(name) ? `node:${specifier}` : name
}

/**
 * Cycles of files, of folders and of the top-level folders of src, including type imports. Each strongly connected set
 * is reported by one cycle: the shortest one through its first member.
 */
function cycles(arrows: readonly Arrow[]): readonly string[] {
  const inside = arrows.flatMap(({ from, toFile }) => (toFile === undefined ? [] : [{ from, to: toFile }]))
  const between = (nameOf: (path: string) => string) =>
    inside
      .map(({ from, to }) => ({ from: nameOf(from), to: nameOf(to) }))
      .filter(({ from, to }) => from !== to)
  const folders = between((path) => posix.dirname(path)).filter(({ from, to }) => from !== '.' && to !== '.')
  return [
    ...cyclesOf(inside).map((cycle) => `${cycle} is a cycle of files`),
    ...new Set(
      [...cyclesOf(between(folderOf)), ...cyclesOf(folders)].map((cycle) => `${cycle} is a cycle of folders`),
    ),
  ].map(
    (cycle) => `${cycle}; there may be none, because none of them could be read, tested or replaced alone`,
  )
}

interface Edge {
  readonly from: string
  readonly to: string
}

function cyclesOf(edges: readonly Edge[]): readonly string[] {
  const next = new Map<string, Set<string>>()
  for (const { from, to } of edges) next.set(from, (next.get(from) ?? new Set()).add(to))
  const found: string[] = []
  const seen = new Set<string>()
  for (const start of [...next.keys()].toSorted()) {
    const cycle = seen.has(start) ? undefined : shortestCycle(next, start)
    if (cycle === undefined) continue
    found.push([...cycle, start].join(' -> '))
    for (const member of cycle) seen.add(member)
  }
  return found
}

/** The shortest cycle from `start` back to it, by breadth-first search. */
function shortestCycle(
  next: ReadonlyMap<string, ReadonlySet<string>>,
  start: string,
): readonly string[] | undefined {
  const cameFrom = new Map<string, string>()
  const waiting = [start]
  for (const at of waiting)
    for (const to of next.get(at) ?? []) {
      if (to === start) {
        const path = [at]
        for (let back = cameFrom.get(at); back !== undefined; back = cameFrom.get(back)) path.unshift(back)
        return path
      }
      if (cameFrom.has(to)) continue
      cameFrom.set(to, at)
      waiting.push(to)
    }
  return undefined
}
