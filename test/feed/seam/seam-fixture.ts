/** The feed parts of two API processes and one writing process on one database: each has its own connections, bus and feed. */
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { makeAdminStore } from '../../../src/db/installation/installation-store.ts'
import { connect, type Connections, type Database } from '../../../src/db/connection/connect.ts'
import type { FeedItem, FeedName } from '../../../src/domain/feed/feed.ts'
import type { Feed, FeedStore } from '../../../src/ports/feed-store.ts'
import { openNotifier } from '../../../src/feed/notify/notifier.ts'
import { makeFeed, type LiveFeed } from '../../../src/feed/feed.ts'
import { system } from '../../../src/runtime/system.ts'
import { migratedDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import type { TestRedis } from '../../support/redis.ts'
import type { SeededRandom } from './seam-random.ts'

/** An item of the feed. */
export interface SeamItem extends FeedItem {
  readonly id: string
}

/** An item as the table has it. */
export interface Recorded extends SeamItem {
  /** What a subscription can follow alone; null: nothing. */
  readonly subjectId: string | null
  /** What the further filter of a subscription compares. */
  readonly label: string
}

/** Thrown by `hold` to roll a transaction back. */
export class RolledBack extends Error {}

/**
 * Writes items in transactions, each of which commits after `hold`. When `hold` throws RolledBack, what the transaction
 * wrote is written again.
 */
export type WriteBatch = (hold: () => Promise<void>) => Promise<void>

export interface SeamProject {
  readonly id: string
  readonly subjectIds: readonly string[]
  /** The number of items when all batches are written. */
  readonly count: number
  /** The batches of each writer. */
  readonly writers: readonly (readonly WriteBatch[])[]
}

/** The database in which the schedules of a feed write. */
export interface SeamDatabase {
  readonly url: string
  readonly connections: Connections
  /** Connections for the transactions, which stay open: more than a process has. */
  readonly writing: postgres.Sql
}

/** One kind of feed, and how its items are written. */
export interface SeamFeed<T extends SeamItem> {
  readonly name: FeedName
  readonly makeStore: (db: Database) => FeedStore<T>
  readonly labels: readonly string[]
  readonly labelOf: (item: T) => string
  /** Fills a new project with at least `atLeast` items to write. */
  readonly fill: (
    database: SeamDatabase,
    projectId: string,
    atLeast: number,
    random: SeededRandom,
  ) => Promise<Omit<SeamProject, 'id'>>
  /** Returns the items of a project in feed order. */
  readonly recorded: (sql: postgres.Sql, projectId: string) => Promise<readonly Recorded[]>
}

export interface SeamFixture<T extends SeamItem> {
  readonly feed: SeamFeed<T>
  readonly feeds: readonly Feed<T>[]
  project(atLeast: number, random: SeededRandom): Promise<SeamProject>
  /** Notifies the feeds as the writing process does after the commit. */
  notify(projectId: string): void
  /** Decides for each notification of this project whether a process loses it. */
  lose(projectId: string, isLost: () => boolean): void
  /** Polls, as each process does every 5 s. */
  look(projectId: string): void
  /** Closes every listening connection. */
  cutOff(): Promise<void>
  recorded(projectId: string): Promise<readonly Recorded[]>
  close(): Promise<void>
}

/** `redis`: carries the notifications; undefined: PostgreSQL carries them. */
export async function openSeamFixture<T extends SeamItem>(
  seamFeed: SeamFeed<T>,
  redis: TestRedis | undefined,
): Promise<SeamFixture<T>> {
  const migrated = await migratedDatabase()
  const { url } = migrated
  const connections = connect(url, nullLog)
  const writing = postgres(url, { max: 30, onnotice: () => undefined })
  const database: SeamDatabase = { url, connections, writing }
  const admin = makeAdminStore(connections.db)
  const lost = new Map<string, () => boolean>()

  const busOf = () => openNotifier({ databaseUrl: url, redis, log: nullLog })
  async function openProcess(): Promise<{ feed: LiveFeed<T>; close: () => Promise<void> }> {
    const own: Connections = connect(url, nullLog)
    const bus = await busOf()
    const feed = makeFeed(seamFeed.makeStore(own.db), nullLog)
    bus.onNewItems((name, projectId) => {
      if (name === seamFeed.name && !(projectId !== null && lost.get(projectId)?.() === true))
        feed.readNew(projectId)
    })
    const close = async (): Promise<void> => {
      feed.close()
      await bus.close()
      await own.close()
    }
    return { feed, close }
  }
  const processes = [await openProcess(), await openProcess()]
  const writerBus = await busOf()

  return {
    feed: seamFeed,
    feeds: processes.map(({ feed }) => feed),
    project: async (atLeast, random) => {
      const id = system.newId('project')
      await admin.insertProject({ id, name: 'Acme', arrivingMinutes: [], createdAt: new Date() }, 'sealed')
      return { id, ...(await seamFeed.fill(database, id, atLeast, random)) }
    },
    notify: (projectId) => writerBus.notify(seamFeed.name, [projectId]),
    lose: (projectId, isLost) => void lost.set(projectId, isLost),
    look: (projectId) => {
      for (const { feed } of processes) feed.readNew(projectId)
    },
    cutOff: async () => {
      await writing`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'orderbell-feed'`
      if (redis === undefined) return
      const client = new Redis(redis.url)
      await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
      client.disconnect()
    },
    recorded: (projectId) => seamFeed.recorded(writing, projectId),
    close: async () => {
      for (const { close } of processes) await close()
      await writerBus.close()
      await writing.end()
      await connections.close()
      await migrated.drop()
    },
  }
}
