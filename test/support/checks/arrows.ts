/**
 * The arrows of the house (design.md, section 4): which folder of src may import which, and why not.
 * Fed with files as texts, so that a test can also feed it a house that breaks them.
 */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { environmentReads, readSource, type Import } from './imports.ts'

/** Path below `src/` with `/` between, and text. */
export type Files = ReadonlyMap<string, string>

/** An import as an arrow: where it comes from and what it leads to. */
interface Arrow extends Import {
  readonly from: string
  /** A folder of src, `file.ts` at its root, `node:x`, or the name of a package. */
  readonly to: string
  /** Below `src/`; undefined where it leads out of it. */
  readonly toFile: string | undefined
}

interface Rule {
  readonly of: readonly string[]
  readonly may: (arrow: Arrow) => boolean
  readonly because: string
}

/** Who wires the parts together, and may therefore know all of them. */
const wired = ['app.ts', 'api.ts', 'dispatcher.ts', 'registry.ts', 'serve.ts', 'storage.ts', 'cli', 'demo']
const wiring = [...wired, 'main.ts']
/** The edges that are not the queue, of which the table says more. */
const edges = ['db', 'http', 'live', 'runtime']

const isPackage = ({ to, toFile }: Arrow): boolean => toFile === undefined && !to.startsWith('node:')
const isOutside = ({ toFile }: Arrow): boolean => toFile === undefined
const ports: readonly (string | undefined)[] = [
  'flow/ports.ts',
  'flow/feed-ports.ts',
  'flow/retention-ports.ts',
  'flow/project-ports.ts',
  'flow/project-tx-ports.ts',
  'flow/dispatch-ports.ts',
]
const isPortType = ({ toFile, typeOnly }: Arrow): boolean => ports.includes(toFile) && typeOnly

/** The only doors of Node that a decision may open: they answer from their arguments alone. */
const pureNames: Readonly<Record<string, readonly string[]>> = {
  'node:crypto': ['createHash', 'createHmac', 'timingSafeEqual'],
  'node:zlib': ['crc32'],
}

/** Packages that belong to one place, so that it can be replaced alone. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'drizzle-orm': ['db'],
  postgres: ['postgres', 'db', 'live', 'runtime'],
  bullmq: ['queue'],
  ioredis: ['queue', 'runtime', 'live'],
  'rate-limiter-flexible': ['runtime'],
  pg: ['postgres', 'queue'],
  undici: ['http'],
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
    of: ['flow'],
    may: (arrow) => arrow.to === 'domain' || arrow.to === 'flow',
    because: 'a step must run in a test in a millisecond',
  },
  {
    of: ['graphql'],
    may: (arrow) => ['flow', 'domain', 'graphql'].includes(arrow.to) || isOutside(arrow),
    because: 'a resolver translates; what it reads comes from the stores in its context, typed by flow/ports',
  },
  {
    of: ['queue'],
    may: (arrow) =>
      ['domain', 'queue', 'postgres'].includes(arrow.to) || isPortType(arrow) || isOutside(arrow),
    because: 'the worker only knows that something is due',
  },
  {
    of: edges,
    may: (arrow) =>
      ['domain', 'postgres', folderOf(arrow.from)].includes(arrow.to) ||
      isPortType(arrow) ||
      isOutside(arrow),
    because: 'each edge can be replaced alone',
  },
  {
    of: ['postgres'],
    may: (arrow) => arrow.to === 'postgres' || isOutside(arrow),
    because: 'every part that opens a connection to PostgreSQL depends on it',
  },
  {
    of: ['config.ts'],
    may: (arrow) => ['runtime', 'postgres'].includes(arrow.to) || isOutside(arrow),
    because:
      'settings are read before anything is there; of the parts it knows only what their values look like',
  },
]

/** All that is wrong, a line each: the file, the import, and why it may not be. */
export function brokenArrows(files: Files): readonly string[] {
  const arrows = arrowsOf(files)
  return [...arrows.flatMap(broken), ...doorsOpened(files), ...environmentReaders(files), ...cycles(arrows)]
}

function broken(arrow: Arrow): readonly string[] {
  const from = folderOf(arrow.from)
  const found = rules.filter(({ of, may }) => of.includes(from) && !may(arrow)).map(({ because }) => because)
  if (arrow.to === 'main.ts') found.push('main.ts is the entry: importing it would start a server')
  if ([...wired, 'config.ts'].includes(arrow.to) && arrow.to !== from && !wiring.includes(from))
    found.push(`${arrow.to} wires the parts; a part that knows it can stand nowhere else`)
  const owner = isPackage(arrow) ? owners[arrow.to] : undefined
  if (owner !== undefined && !owner.includes(from))
    found.push(`${arrow.to} belongs to ${owner.join(', ')}, which can be replaced alone`)
  if (arrow.toFile === undefined && arrow.specifier.startsWith('.'))
    found.push('it leads out of src, where nothing is built')
  if (!knownPlaces.has(from)) found.push(`nobody has said what ${from} may do: give it a rule in arrows.ts`)
  if (found.length === 0) return []
  return [
    `src/${arrow.from}:${arrow.line} imports ${arrow.specifier}; it may not, because ${found.join('; and because ')}`,
  ]
}

const knownPlaces = new Set([...wiring, ...rules.flatMap(({ of }) => of)])

function doorsOpened(files: Files): readonly string[] {
  return [...files]
    .filter(([path]) => folderOf(path) === 'domain')
    .flatMap(([path, text]) =>
      readSource(path, text).doors.map(
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

/** Each ring of folders that import one another, types included, once. */
function cycles(arrows: readonly Arrow[]): readonly string[] {
  const next = new Map<string, Set<string>>()
  for (const { from, to, toFile } of arrows) {
    const folder = folderOf(from)
    if (toFile !== undefined && to !== folder) next.set(folder, (next.get(folder) ?? new Set()).add(to))
  }
  const found = new Set<string>()
  const walk = (folder: string, path: readonly string[]): void => {
    const at = path.indexOf(folder)
    if (at >= 0) {
      const ring = path.slice(at)
      const first = ring.indexOf([...ring].sort()[0] ?? '')
      found.add([...ring.slice(first), ...ring.slice(0, first)].join(' -> '))
      return
    }
    for (const to of next.get(folder) ?? []) walk(to, [...path, folder])
  }
  for (const folder of next.keys()) walk(folder, [])
  return [...found].map(
    (ring) =>
      `${ring} -> ${ring.split(' -> ')[0] ?? ''} is a cycle of folders; there may be none, because none of them could then be read, tested or replaced without the others`,
  )
}
