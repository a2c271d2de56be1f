/**
 * What the events of subscriptions read: those of one scope that are answered together (`event-turns.ts`) share a
 * statement for each kind of thing, whosever they are. Nothing is remembered from one event to the next: each shows
 * things as they stand once it is brought. What a request reads is `loaders.ts` alone.
 */
import { LRUCache } from 'lru-cache'
import type { Scope } from '../domain/scope.ts'
import { batched, type Batched } from '../flow/batch.ts'
import type { ProjectStore } from '../flow/project-ports.ts'
import { makeLoaders, type BuildLoader, type Loader, type Loaders } from './loaders.ts'

/** Things that one statement reads: an event's data may be large, and all of them are in memory at once. */
const maxTogether = 200
/** Scopes that are remembered; the events of one that was forgotten share with fewer for a while. */
const maxScopes = 500

export interface EventReads {
  /** For one event: what it asks for twice it is shown alike. */
  loadersOf(scope: Scope): Loaders
}

/** Each scope's lines to its store, by the kind of thing. */
interface Lines {
  readonly store: ProjectStore
  readonly byKind: Map<string, Batched<unknown, unknown>>
}

export function makeEventReads(storeOf: (scope: Scope) => ProjectStore): EventReads {
  const scopes = new LRUCache<string, Lines>({ max: maxScopes })

  const linesOf = (scope: Scope): Lines => {
    // Not the key: of two keys of one scope neither reads what the other may not.
    const name = JSON.stringify([scope.projectId, scope.partnerId])
    const known = scopes.get(name)
    if (known !== undefined) return known
    const lines: Lines = { store: storeOf(scope), byKind: new Map() }
    scopes.set(name, lines)
    return lines
  }

  return {
    loadersOf: (scope) => {
      const { store, byKind } = linesOf(scope)
      const build: BuildLoader = (kind, load, nameOf) => {
        const line = (byKind.get(kind) ?? batched(maxTogether, once(load, nameOf))) as ReturnType<
          typeof batched<Parameters<typeof load>[0][number], Awaited<ReturnType<typeof load>>[number]>
        >
        byKind.set(kind, line as Batched<unknown, unknown>)
        return remembering(line, nameOf)
      }
      return makeLoaders(store, build)
    },
  }
}

/** The same, but what several ask for is read once. */
function once<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  nameOf: (key: Key) => string,
): (keys: readonly Key[]) => Promise<readonly Value[]> {
  return async (keys) => {
    const distinct = new Map(keys.map((key) => [nameOf(key), key]))
    const values = await load([...distinct.values()])
    const byName = new Map([...distinct.keys()].map((name, index) => [name, values[index] as Value]))
    return keys.map((key) => byName.get(nameOf(key)) as Value)
  }
}

function remembering<Key, Value>(
  read: (key: Key) => Promise<Value>,
  nameOf: (key: Key) => string,
): Loader<Key, Value> {
  let known: Map<string, Promise<Value>> | undefined
  return {
    load: (key) => {
      known ??= new Map()
      const name = nameOf(key)
      const value = known.get(name) ?? read(key)
      known.set(name, value)
      return value
    },
  }
}
