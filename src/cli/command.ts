/**
 * The interface of a command of the command line, and the errors for its exit codes: 0 done, 1 refused, 2 wrong usage.
 */
import type { Problem } from '../domain/shared/problem.ts'
import type { AdminDeps } from '../services/access/change-project.ts'
import type { Page, PageRequest } from '../domain/lists/page.ts'

/** The command line is invalid: exit code 2. */
export class WrongUsage extends Error {}

/** The command line is valid, but the command was refused: exit code 1. */
export class Refused extends Error {}

/** Joins the problems' messages to one error. */
export function refusal(problems: readonly Problem[]): Refused {
  return new Refused(problems.map(({ message }) => message).join('; '))
}

/** An option. Every option takes a value. */
export interface Option {
  /** A placeholder for the value: `NAME`. */
  readonly value: string
  readonly meaning: string
  readonly required: boolean
}

/** A command: its name, its help and its implementation. The texts are Markdown. */
export interface Command {
  /** As typed: `key create`. */
  readonly name: string
  readonly summary: string
  /** A link to the section of the documentation that says more. */
  readonly see?: string
  /** Options in addition to --help and --json. */
  readonly options: Readonly<Record<string, Option>>
  /** The command encrypts data. It is refused when SECRETS_KEYS does not match the running servers. */
  readonly encrypts?: true
  /** The command migrates the queue as well. Other commands do not use the queue. */
  readonly migratesQueue?: true
  /** The command's SQL statements read a whole project and may take minutes. */
  readonly hasLongStatements?: true
  /** Runs the command. Returns its output for --json and as text. */
  run(deps: AdminDeps, options: Readonly<Record<string, string | undefined>>, now: Date): Promise<Answer>
}

/** The output of a command. */
export interface Answer {
  readonly json: unknown
  readonly text: string
}

const pageSize = 100

/** Reads all pages of a list. */
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

/** Joins lines of text output. Returns `none` when there are no lines. */
export function linesOf(lines: readonly string[], none: string): string {
  return lines.length === 0 ? none : lines.join('\n')
}
