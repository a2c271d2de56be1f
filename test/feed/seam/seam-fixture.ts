/** The feed parts of two API processes and one dispatcher on one database: each has its own connections, bus and feed. */
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { makeAdminStore } from '../../../src/db/installation/installation-store.ts'
import { connect, type Connections, type Sql } from '../../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { makeAttemptFeedStore } from '../../../src/db/feed/attempt-feed.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { settleBatch } from '../../../src/db/dispatch/settle/settle-batch.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import type { Claimed, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import type { AttemptFeedItem, Feed } from '../../../src/ports/feed-store.ts'
import { openNotifier } from '../../../src/feed/notify/notifier.ts'
import { makeFeed, type LiveFeed } from '../../../src/feed/feed.ts'
import { system } from '../../../src/runtime/system.ts'
import { insertDueDeliveries } from '../../db/support/settle-fixture.ts'
import { migratedDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import type { TestRedis } from '../../support/redis.ts'
import { buildWebhook } from '../../support/samples.ts'

export interface Recorded {
  readonly id: string
  readonly position: number
  readonly webhookId: string
  readonly outcome: string
}

export interface SeamProject {
  readonly id: string
  readonly webhookIds: readonly string[]
  /** Claimed deliveries, in no particular order. */
  readonly claims: readonly Claimed[]
}

export interface SeamFixture {
  readonly feeds: readonly Feed<AttemptFeedItem>[]
  /** `claims`: number of deliveries over all webhooks. */
  project(webhooks: number, claims: number): Promise<SeamProject>
  /** Records attempts as the dispatcher does, in one transaction that commits after `hold`. The transaction is rolled back when `hold` throws. */
  settle(batch: readonly SettledAttempt[], hold: () => Promise<void>): Promise<void>
  /** Notifies the feeds as the dispatcher does after the commit. */
  notify(projectId: string): void
  /** Decides for each notification of this project whether a process loses it. */
  lose(projectId: string, isLost: () => boolean): void
  /** Polls, as each process does every 5 s. */
  look(projectId: string): void
  /** Closes every listening connection. */
  cutOff(): Promise<void>
  /** Returns the attempts of a project in feed order. */
  recorded(projectId: string): Promise<readonly Recorded[]>
  close(): Promise<void>
}

/** `redis`: carries the notifications; undefined: PostgreSQL carries them. */
export async function openSeamFixture(redis: TestRedis | undefined): Promise<SeamFixture> {
  const database = await migratedDatabase()
  const connections = connect(database.url, nullLog)
  const dispatch = makeDispatchStore(connections.sql, system)
  await dispatch.ensurePartitions()
  const admin = makeAdminStore(connections.db)
  // Transactions stay open: they need more connections than a dispatcher has.
  const writing = postgres(database.url, { max: 30, onnotice: () => undefined })
  const lost = new Map<string, () => boolean>()

  const busOf = () => openNotifier({ databaseUrl: database.url, redis, log: nullLog })
  async function openProcess(): Promise<{ feed: LiveFeed<AttemptFeedItem>; close: () => Promise<void> }> {
    const own: Connections = connect(database.url, nullLog)
    const bus = await busOf()
    const feed = makeFeed(makeAttemptFeedStore(own.db), nullLog)
    bus.onNewItems((name, projectId) => {
      if (name === 'ATTEMPTS' && !(projectId !== null && lost.get(projectId)?.() === true))
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
  const dispatcherBus = await busOf()

  return {
    feeds: processes.map(({ feed }) => feed),
    project: async (webhooks, claims) => {
      const id = system.newId('project')
      await admin.insertProject({ id, name: 'Acme', createdAt: new Date() }, 'sealed')
      const webhookIds = Array.from({ length: webhooks }, () => system.newId('webhook'))
      await makeProjectStore(connections.db, wholeProject(id)).transaction(async (tx) => {
        for (const webhookId of webhookIds)
          await tx.insertWebhook(buildWebhook({ id: webhookId }), { secrets: [], token: null })
      })
      const limit = Math.ceil(claims / webhooks)
      for (const webhookId of webhookIds) await insertDueDeliveries(connections.sql, id, webhookId, limit)
      const lease = { timeoutMs: 60_000, marginMs: 60_000 }
      const limits = webhookIds.map((webhookId) => ({ webhookId, limit }))
      return { id, webhookIds, claims: await dispatch.claim(limits, lease) }
    },
    settle: async (batch, hold) => {
      await writing.begin(async (tx) => {
        await settleBatch(within(tx), batch)
        await hold()
      })
    },
    notify: (projectId) => dispatcherBus.notify('ATTEMPTS', [projectId]),
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
    recorded: async (projectId) => {
      const rows = await writing<{ id: string; position: string; webhook_id: string; outcome: string }[]>`
        select id, position, webhook_id, outcome from attempts where project_id = ${projectId} order by position`
      return rows.map(({ webhook_id: webhookId, position, ...row }) => ({
        ...row,
        webhookId,
        position: Number(position),
      }))
    },
    close: async () => {
      for (const { close } of processes) await close()
      await dispatcherBus.close()
      await writing.end()
      await connections.close()
      await database.drop()
    },
  }
}

/** Settling opens a transaction where it needs one: inside the fixture's transaction that is a savepoint. */
function within(tx: postgres.TransactionSql): Sql {
  const begin = (work: (inner: postgres.TransactionSql) => Promise<unknown>) => tx.savepoint(work)
  return new Proxy(tx, {
    get: (target, name) => (name === 'begin' ? begin : (Reflect.get(target, name) as unknown)),
  }) as unknown as Sql
}
