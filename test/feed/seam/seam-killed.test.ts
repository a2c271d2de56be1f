/**
 * The handover from recorded to live events when an API process is killed under traffic: its clients resume at another
 * process with their cursors, and receive each attempt and each event once, in order. Real receivers, dispatcher and sockets.
 * `SEAM_KILLED_SEED` repeats one run.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { afterAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { createSite, createWebhook, documents, quickRetries } from '../../api/support/fixtures.ts'
import { startLoad } from '../../system/support/load.ts'
import { endAll, startServer, type Server } from '../../system/support/process.ts'
import { startTestServer, tenantOf, type TestServer, type Tenant } from '../../support/server.ts'
import { depth } from '../../support/depth.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { redisAvailable, warnSkipped, startRedis } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { eventsDocument } from '../support/follow-events.ts'
import { seededRandom, seedsOf, type SeededRandom } from './seam-random.ts'

/** Kills over each channel: by default one of each server. */
const kills = depth(20)

warnSkipped('killed API processes with a feed over Redis')

afterAll(() => endAll())

test.each(redisAvailable() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  `clients of ${kills} killed API processes receive every recorded attempt and event once over %s`,
  async (kind) => {
    const redis = kind === 'Redis' ? await startRedis() : undefined
    const over: Record<string, string> = redis === undefined ? {} : { REDIS_URL: redis.url }
    const testServer = await startTestServer(over)
    const receivers = [await startReceiver(), await startReceiver()]
    const start = (): Promise<Server> =>
      startServer({
        ...{
          DATABASE_URL: testServer.config.databaseUrl ?? '',
          DATA_DIR: testServer.config.dataDir,
          ROLES: 'api',
        },
        SECRETS_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
        ...over,
      })
    try {
      const servers = await Promise.all([start(), start()])
      const seeds = seedsOf('SEAM_KILLED_SEED', kills)
      console.info(`seam over ${kind}, killed: seeds ${seeds.join(', ')}`)
      for (const [run, seed] of seeds.entries()) {
        if (run > 0) servers[(run - 1) % 2] = await start()
        const killedIndex = run % 2
        const after = await runKill({ server: testServer, servers, killedIndex, receivers, seed }).catch(
          (cause: unknown) => {
            throw new Error(`seed ${seed} over ${kind} (SEAM_KILLED_SEED=${seed} repeats it)`, { cause })
          },
        )
        expect(after).toBeGreaterThan(0)
      }
    } finally {
      await endAll()
      for (const receiver of receivers) await receiver.close()
      await testServer.close()
      await redis?.stop()
    }
  },
  400_000,
)

interface Run {
  readonly server: TestServer
  readonly servers: readonly Server[]
  /** The index of the server that is killed. */
  readonly killedIndex: number
  readonly receivers: readonly Receiver[]
  readonly seed: number
}

/** Returns the number of attempts that were recorded after the kill. */
async function runKill({ server: testServer, servers, killedIndex, receivers, seed }: Run): Promise<number> {
  const random = seededRandom(seed, 'schedule')
  const acme = await testServer.tenant()
  const siteId = await createSite(acme)
  receivers[1]?.script(...Array.from({ length: 200 }, () => (random.happens(0.3) ? 500 : 200)))
  const webhookIds: string[] = []
  for (const receiver of receivers)
    webhookIds.push((await createWebhook(acme, receiver, { policy: quickRetries(1) })).id)

  const known = new Map<Subscription, readonly Recorded[]>()
  const followed = [
    { of: deliveryAttempts, filter: {} },
    { of: deliveryAttempts, filter: { webhookIds: webhookIds.slice(1) } },
    { of: deliveryAttempts, filter: { outcomes: ['SUCCEEDED'] } },
    { of: deliveryAttempts, filter: {} },
    { of: events, filter: {} },
    { of: events, filter: { topics: ['order.created'] } },
    { of: events, filter: {} },
  ]
  const followers = followed.map(({ of, filter }, index) =>
    followOn(
      // One subscriber of each kind is steady.
      { servers, first: killedIndex, isSteady: index === 0 || index === 4 },
      acme,
      { of, filter },
      seededRandom(seed, `${index}`),
      () =>
        known
          .get(of)
          ?.filter((item) => matches(filter, item))
          .at(-1),
    ),
  )
  const through = servers.map(({ url }) => tenantOf(url, acme.projectId, acme.key))
  const load = startLoad(() => through[random.below(through.length)] ?? acme, siteId, 4)
  // The steady subscriber is connected to the server that will be killed.
  await waitFor(() => (followers[0]?.received.length ?? 0) > 3, { what: 'attempts before the kill' })
  await pause(random.below(500))
  const killed = servers[killedIndex]
  const before = (await deliveryAttempts.recorded(testServer, acme)).length
  killed?.signal('SIGKILL')
  await killed?.ended
  await pause(300 + random.below(500))
  await load.stop()
  await waitFor(async () => (await countPending(testServer, acme)) === 0, {
    what: 'all deliveries to be delivered or exhausted',
  })
  for (const of of [deliveryAttempts, events]) known.set(of, await of.recorded(testServer, acme))

  for (const [index, follower] of followers.entries()) {
    const { of, filter } = followed[index] ?? { of: events, filter: {} }
    await follower.over(`follower ${index}`)
    expect(follower.received, `follower ${index}`).toEqual(
      known
        .get(of)
        ?.filter((item) => matches(filter, item))
        .map(({ id }) => id),
    )
  }
  return (known.get(deliveryAttempts)?.length ?? 0) - before
}

interface Filter {
  readonly webhookIds?: readonly string[]
  readonly outcomes?: readonly string[]
  readonly topics?: readonly string[]
}

interface Recorded {
  readonly id: string
  readonly topic: string
  /** Null for events. */
  readonly webhook_id: string | null
  readonly outcome: string | null
}

/** A subscription whose clients are followed. */
interface Subscription {
  readonly field: 'deliveryAttempts' | 'events'
  readonly document: string
  /** The name of the list in its cursors. */
  readonly list: string
  /** The id of what the server sent. */
  readonly idOf: (sent: Sent) => string | undefined
  readonly recorded: (server: TestServer, tenant: Tenant) => Promise<readonly Recorded[]>
}

interface Sent {
  readonly cursor: string
  readonly attempt?: { readonly id: string }
  readonly event?: { readonly id: string }
}

const deliveryAttempts: Subscription = {
  field: 'deliveryAttempts',
  document: documents.Live,
  list: 'feed',
  idOf: ({ attempt }) => attempt?.id,
  recorded: async ({ connections }, { projectId }) => [
    ...(await connections.sql<Recorded[]>`
      select id, topic, webhook_id, outcome from attempts where project_id = ${projectId} order by position`),
  ],
}

const events: Subscription = {
  field: 'events',
  document: eventsDocument,
  list: 'eventFeed',
  idOf: ({ event }) => event?.id,
  recorded: async ({ connections }, { projectId }) => [
    ...(await connections.sql<Recorded[]>`
      select id, topic, null as webhook_id, null as outcome from events where project_id = ${projectId} order by position`),
  ],
}

const matches = ({ webhookIds, outcomes, topics }: Filter, item: Recorded): boolean =>
  (webhookIds?.includes(item.webhook_id ?? '') ?? true) &&
  (outcomes?.includes(item.outcome ?? '') ?? true) &&
  (topics?.includes(item.topic) ?? true)

async function countPending({ connections }: TestServer, { projectId }: Tenant): Promise<number> {
  const [row] = await connections.sql<{ pending: number }[]>`
    select count(*)::int as pending from deliveries where project_id = ${projectId} and state = 'PENDING'`
  return row?.pending ?? 0
}

interface Where {
  readonly servers: readonly Server[]
  /** The index of the first server; the later ones are random. */
  readonly first: number
  /** Leaves a server only when that server is killed. */
  readonly isSteady: boolean
}

/** A client that reconnects with its last cursor, to the same or another server, until it has the last recorded item. */
function followOn(
  { servers, first, isSteady }: Where,
  tenant: Tenant,
  { of, filter }: { readonly of: Subscription; readonly filter: Filter },
  random: SeededRandom,
  last: () => Recorded | undefined,
) {
  const received: string[] = []
  let cursor = writeCursor({ list: of.list, projectId: tenant.projectId, filter }, '0')
  let isStopped = false
  const hasAll = (): boolean => {
    const end = last()
    return isStopped || (end !== undefined && received.at(-1) === end.id)
  }

  async function connectTo({ url }: Server): Promise<void> {
    const client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${tenant.key}` },
      retryAttempts: 0,
      on: { connected: () => (isOpen = true) },
    })
    let isOpen = false
    let isCut = false
    const cutAfter = isSteady || random.happens(0.4) ? Infinity : 1 + random.below(20)
    let taken = 0
    await new Promise<void>((resolve) => {
      const cut = (): void => {
        isCut = true
        client.terminate()
        resolve()
      }
      const watch = setInterval(() => {
        if (isOpen && (hasAll() || (!isSteady && random.happens(0.05)))) cut()
      }, 20)
      const end = (): void => {
        clearInterval(watch)
        resolve()
      }
      client.subscribe<Record<string, Sent>>(
        { query: of.document, variables: { filter, after: cursor } },
        {
          next: ({ data }) => {
            // Events after the disconnect were not received.
            const sent = data?.[of.field]
            const id = sent && of.idOf(sent)
            if (isCut || sent === undefined || id === undefined) return
            received.push(id)
            cursor = sent.cursor
            taken += 1
            if (taken >= cutAfter) cut()
          },
          error: end,
          complete: end,
        },
      )
    })
    await client.dispose()
  }

  const following = (async () => {
    let server = servers[first]
    while (!hasAll()) {
      if (server !== undefined && !server.isOver()) await connectTo(server)
      else await pause(5)
      server = random.pick(servers)
    }
  })()
  following.catch(() => undefined)
  return {
    received,
    over: async (what: string): Promise<void> => {
      const late = setTimeout(() => (isStopped = true), 20_000)
      await following
      clearTimeout(late)
      if (isStopped) throw new Error(`${what} did not come to the last item; it has ${received.length}`)
    },
  }
}
