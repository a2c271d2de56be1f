/** One random schedule: writers that commit late, lost notifications, subscribers that are slow, are disconnected and resume at another process. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FeedFilter } from '../../../src/ports/feed-store.ts'
import { seededRandom, type SeededRandom } from './seam-random.ts'
import {
  RolledBack,
  type Recorded,
  type SeamFixture,
  type SeamItem,
  type SeamProject,
  type WriteBatch,
} from './seam-fixture.ts'

/** How long after the last commit a subscriber may take to receive every item. */
const deadlineMs = 20_000
/** The smallest number of items of a schedule. */
export const minItems = 15

interface Seen {
  readonly id: string
  readonly position: number
}

interface Follower {
  readonly name: string
  readonly matches: (item: Recorded) => boolean
  /** Whether it begins at the first item; otherwise it receives live items only. */
  readonly fromStart: boolean
  readonly seen: Seen[]
}

/** Throws when a subscriber missed an item, or received one twice or out of order. Returns the number of recorded items. */
export async function runSchedule<T extends SeamItem>(
  fixture: SeamFixture<T>,
  seed: number,
): Promise<number> {
  const random = seededRandom(seed, 'schedule')
  const project = await fixture.project(minItems + random.below(25), random)
  const losing = random.happens(0.3)
  const lossRandom = seededRandom(seed, 'words')
  if (losing) fixture.lose(project.id, () => lossRandom.happens(0.3))

  let expected: readonly Recorded[] | undefined
  const stopping = new AbortController()
  const followers: Promise<Follower>[] = Array.from({ length: 2 + random.below(3) }, (_, index) =>
    followOn(
      fixture,
      project,
      seededRandom(seed, `follower ${index}`),
      index,
      () => expected,
      stopping.signal,
    ),
  )
  const ended = Promise.all(followers)
  ended.catch(() => undefined)
  try {
    await Promise.all(
      project.writers.map((batches, index) =>
        write(fixture, project.id, batches, seededRandom(seed, `writer ${index}`)),
      ),
    )
    expected = await fixture.recorded(project.id)
    checkDense(expected, project.count)
    const giveUp = setTimeout(() => stopping.abort(), deadlineMs)
    // Replaces the poll that every process makes every 5 s.
    const looking = setInterval(() => fixture.look(project.id), losing ? 50 : 5_000)
    const all = await ended.finally(() => {
      clearTimeout(giveUp)
      clearInterval(looking)
    })
    for (const follower of all) check(follower, expected)
    return expected.length
  } finally {
    stopping.abort()
  }
}

async function write<T extends SeamItem>(
  fixture: SeamFixture<T>,
  projectId: string,
  batches: readonly WriteBatch[],
  random: SeededRandom,
): Promise<void> {
  for (const writeBatch of batches) {
    await writeBatch(async () => {
      const rolledBack = random.happens(0.1)
      const commitAfterMs = random.pick([0, 0, 1, 3, random.below(15)])
      if (commitAfterMs > 0) await pause(commitAfterMs)
      if (rolledBack) throw new RolledBack()
    })
    if (random.happens(0.2)) await pause(random.below(10))
    fixture.notify(projectId)
    if (random.happens(0.3)) await pause(random.below(8))
  }
}

async function followOn<T extends SeamItem>(
  fixture: SeamFixture<T>,
  project: SeamProject,
  random: SeededRandom,
  index: number,
  expected: () => readonly Recorded[] | undefined,
  stop: AbortSignal,
): Promise<Follower> {
  const { labels, labelOf } = fixture.feed
  const subjectIds = random.happens(0.4) ? [random.pick(project.subjectIds)] : null
  const wanted = random.happens(0.4) ? [random.pick(labels)] : null
  const isWanted = (label: string): boolean => wanted?.includes(label) ?? true
  const matches = ({ subjectId, label }: Recorded): boolean =>
    (subjectIds === null || (subjectId !== null && subjectIds.includes(subjectId))) && isWanted(label)
  const filter: FeedFilter<T> = { subjectIds, passes: (item) => isWanted(labelOf(item)) }
  const fromStart = random.happens(0.8)
  const slow = random.pick([0, 0, 0.1, 0.5])
  const seen: Seen[] = []
  let after = fromStart ? 0 : null
  const hasAll = (): boolean => {
    const all = expected()
    return all !== undefined && (after === null || (all.findLast(matches)?.position ?? 0) <= after)
  }

  if (random.happens(0.5)) await pause(random.below(40))
  // On a crowded machine no item may arrive within that time repeatedly: then the time doubles.
  let emptyRounds = 0
  while (!hasAll() && !stop.aborted) {
    const cutAfter = random.happens(0.6) ? 1 + random.below(15) : Infinity
    // After the last write a waiting subscriber is disconnected, to check whether it has every item.
    const cutInMs = random.happens(0.6) ? 1 + random.below(40) : 80
    const before = after
    after = await takeSome(
      after,
      random.pick(fixture.feeds),
      cutAfter,
      cutInMs * 2 ** Math.min(emptyRounds, 5),
    )
    emptyRounds = after === before ? emptyRounds + 1 : 0
  }
  // No item follows the last.
  if (!stop.aborted && after !== null) await takeSome(after, random.pick(fixture.feeds), Infinity, 5)
  const selection = JSON.stringify({ subjectIds, wanted })
  return { name: `follower ${index} of ${selection}`, matches, fromStart, seen }

  /** Reads until it has `limit` items or is disconnected. Returns the last position it received. */
  async function takeSome(
    from: number | null,
    feed: SeamFixture<T>['feeds'][number],
    limit: number,
    cutInMs: number,
  ): Promise<number | null> {
    const following = feed.follow(project.id, from, filter)
    let cut = false
    const isCut = (): boolean => cut
    const cutting = setTimeout(() => {
      cut = true
      void following.return?.()
    }, cutInMs)
    let last = from
    for (let taken = 0; taken < limit; taken += 1) {
      const result: IteratorResult<T, unknown> = await following.next()
      // An event in flight when the connection breaks may arrive or not; the cursor covers both.
      if (result.done === true || (isCut() && random.happens(0.5))) break
      const { id, position } = result.value
      seen.push({ id, position })
      last = position
      if (random.happens(slow)) await pause(random.below(8))
    }
    clearTimeout(cutting)
    await following.return?.()
    return last
  }
}

function checkDense(recorded: readonly Recorded[], count: number): void {
  const positions = recorded.map(({ position }) => position)
  if (positions.length === count && positions.every((position, index) => position === index + 1)) return
  throw new Error(`expected the positions 1 to ${count}, found ${positions.join(' ')}`)
}

function check({ name, matches, fromStart, seen }: Follower, recorded: readonly Recorded[]): void {
  const first = fromStart ? 0 : (seen[0]?.position ?? Infinity)
  const expected = recorded.filter((item) => matches(item) && item.position >= first)
  if (JSON.stringify(expected.map(({ id }) => id)) === JSON.stringify(seen.map(({ id }) => id))) return
  const ids = seen.map(({ id }) => id)
  const missed = expected.filter(({ id }) => !ids.includes(id)).map(({ position }) => position)
  const twice = seen.filter(({ id }, index) => ids.indexOf(id) !== index).map(({ position }) => position)
  const got = seen.map(({ position }) => position)
  throw new Error(
    `${name}: missed ${list(missed)}, got twice ${list(twice)}, in the order ${list(got)}, of ${list(expected.map(({ position }) => position))}`,
  )
}

const list = (positions: readonly number[]): string => (positions.length === 0 ? 'none' : positions.join(' '))
