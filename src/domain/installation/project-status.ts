/** The state of each project of the installation, and the order from the worst to the best. */
import type { Project } from '../access/project.ts'
import type { Page, PageRequest } from '../lists/page.ts'

/** The figures that show whether a project has trouble. */
export interface ProjectFigures {
  /** Attempts that began within the last minute, up to `maxCountedAttempts`. */
  readonly attemptsLastMinute: number
  /** Of the scheduled attempts within the last hour; null: there were none. */
  readonly successShare: number | null
  /** Up to `maxCountedPending` for each webhook. */
  readonly pendingCount: number
  /** Of the deliveries that may be attempted: their webhook is neither disabled nor paused. Null: there are none. */
  readonly oldestDueAt: Date | null
  /** Whether `oldestDueAt` is more than a minute ago, on the database's clock. */
  readonly isLate: boolean
  readonly disabledWebhooks: number
}

/** A project with its figures. */
export interface ProjectStatus extends ProjectFigures {
  readonly project: Project
}

/** The figures of a project without webhooks and attempts. */
export const noFigures: ProjectFigures = {
  attemptsLastMinute: 0,
  successShare: null,
  pendingCount: 0,
  oldestDueAt: null,
  isLate: false,
  disabledWebhooks: 0,
}

/** Attempts of one project are counted up to this number. */
export const maxCountedAttempts = 100_000
/** Pending deliveries of one webhook are counted up to this number. */
export const maxCountedPending = 10_000

/**
 * Projects with overdue deliveries, then those with the lowest share of successes, the most disabled webhooks, and the
 * most pending deliveries.
 */
type SortKey = readonly [late: number, share: number, disabled: number, pending: number, id: string]

/** The sort key of a project as text, which a cursor contains. */
export function sortKeyOf(status: ProjectStatus): string {
  const { isLate, successShare, disabledWebhooks, pendingCount, project } = status
  const key: SortKey = [isLate ? 0 : 1, successShare ?? 1, -disabledWebhooks, -pendingCount, project.id]
  return JSON.stringify(key)
}

/** Whether the text has the form of a sort key. */
export function isSortKey(text: string): boolean {
  try {
    const key: unknown = JSON.parse(text)
    return (
      Array.isArray(key) &&
      key.length === 5 &&
      key.every((part, index) => typeof part === (index === 4 ? 'string' : 'number'))
    )
  } catch {
    return false
  }
}

/** Returns one page of the projects, worst first. */
export function worstFirst(
  statuses: readonly ProjectStatus[],
  { limit, backwards, after, before }: PageRequest<string>,
): Page<ProjectStatus> {
  const sorted = statuses
    .map((status) => ({ status, key: JSON.parse(sortKeyOf(status)) as SortKey }))
    .toSorted((one, other) => compare(one.key, other.key))
  const from = after === null ? null : (JSON.parse(after) as SortKey)
  const until = before === null ? null : (JSON.parse(before) as SortKey)
  const between = sorted.filter(
    ({ key }) => (from === null || compare(key, from) > 0) && (until === null || compare(key, until) < 0),
  )
  const items = (backwards ? between.slice(-limit) : between.slice(0, limit)).map(({ status }) => status)
  const hasMore = between.length > limit
  return {
    items,
    hasNextPage: backwards ? before !== null : hasMore,
    hasPreviousPage: backwards ? hasMore : after !== null,
  }
}

function compare(one: SortKey, other: SortKey): number {
  for (const [index, part] of one.entries()) {
    const another = other[index] ?? 0
    if (part !== another) return part < another ? -1 : 1
  }
  return 0
}
