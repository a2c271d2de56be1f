/** What a command is made of, and the three ways in which it ends: done, refused by a problem, or used wrongly. */
import type { Problem } from '../domain/shared/problem.ts'
import type { AdminWorld } from '../services/installation/installation.ts'
import type { Page, PageRequest } from '../domain/lists/page.ts'

/** The caller wrote the command wrongly: exit 2. */
export class WrongUsage extends Error {}

/** The command was right and could not be done: exit 1. */
export class Refused extends Error {}

export function refusal(problems: readonly Problem[]): Refused {
  return new Refused(problems.map(({ message }) => message).join('; '))
}

/** What a command says of itself, and what it does. */
export interface Command {
  /** As typed: `key create`. */
  readonly name: string
  readonly summary: string
  /** Options besides --help and --json; all take a value. */
  readonly options: Readonly<
    Record<string, { readonly value: string; readonly meaning: string; readonly required: boolean }>
  >
  /** It seals something: not by keys that the servers lack. */
  readonly seals?: true
  /** Its statements read a whole project, and may take minutes. */
  readonly hasLongStatements?: true
  /** Answers what --json prints, and the same for people. */
  run(world: AdminWorld, options: Readonly<Record<string, string | undefined>>, now: Date): Promise<Answer>
}

export interface Answer {
  readonly json: unknown
  readonly text: string
}

const pageSize = 100

/** A whole list, page by page. */
export async function all<T extends { readonly id: string }>(
  read: (page: PageRequest<string>) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = []
  for (let after: string | null = null; ; after = items.at(-1)?.id ?? null) {
    const page: Page<T> = await read({ limit: pageSize, backwards: false, after, before: null })
    items.push(...page.items)
    if (!page.hasNextPage) return items
  }
}

/** For people: a line each, or what is said when there is none. */
export function linesOf(lines: readonly string[], none: string): string {
  return lines.length === 0 ? none : lines.join('\n')
}
