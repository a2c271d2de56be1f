/** The parts that scenarios use: one PostgreSQL, and servers, peers and a Redis that are started when first used. */
import { redisAvailable, startRedis, type TestRedis } from '../../support/redis.ts'
import { openCluster, type BenchDatabase, type Cluster } from '../parts/cluster.ts'
import { startBenchServer, type BenchServer, type ServerOptions } from '../parts/server.ts'
import { startPeer, type Peer } from '../peers/peer.ts'

export const queues = ['PostgreSQL', 'Redis'] as const
/** Where BullMQ keeps its jobs. */
export type Queue = (typeof queues)[number]

export interface BenchOptions {
  /** A factor of all counts, 1 for a measurement. Tests run the scenarios with small ones. */
  readonly scale: number
  /** Prints a line of progress. */
  readonly progress: (line: string) => void
}

export interface Bench {
  readonly cluster: Cluster
  /** The queues that can be measured here: Redis only with a `redis-server` on the PATH. */
  readonly queues: readonly Queue[]
  progress(line: string): void
  /** A scaled count, at least `least`. */
  count(full: number, least?: number): number
  /** An Orderbell. The same options return the same one until `closeParts`. */
  server(options?: ServerOptions): Promise<BenchServer>
  /** A peer. The same arguments return the same one until `closeParts`. */
  peer(file: string, ...args: readonly string[]): Promise<Peer>
  redis(): Promise<TestRedis>
  database(name: string): Promise<BenchDatabase>
  /** Is called by `closeParts`, before servers and peers are closed. */
  beforeClose(close: () => Promise<void>): void
  /** Closes all servers and peers and drops all databases. */
  closeParts(): Promise<void>
  close(): Promise<void>
}

export async function openBench({ scale, progress }: BenchOptions): Promise<Bench> {
  const cluster = await openCluster()
  const servers = new Map<string, Promise<BenchServer>>()
  const peers = new Map<string, Promise<Peer>>()
  const databases: BenchDatabase[] = []
  const closers: (() => Promise<void>)[] = []
  let redis: Promise<TestRedis> | undefined

  async function database(name: string): Promise<BenchDatabase> {
    const created = await cluster.createDatabase(name)
    databases.push(created)
    return created
  }

  async function closeParts(): Promise<void> {
    for (const close of closers.splice(0)) await close()
    for (const server of await takeStarted(servers)) await server.close()
    for (const peer of await takeStarted(peers)) peer.close()
    await (await redis)?.stop()
    redis = undefined
    for (const each of databases.splice(0)) await cluster.dropDatabase(each)
  }

  const startServer = async (options: ServerOptions): Promise<BenchServer> =>
    startBenchServer({
      cluster,
      database: options.database ?? (await database('orderbell')),
      redis: options.queue === 'Redis' ? await (redis ??= startRedis()) : undefined,
      options,
    })

  return {
    cluster,
    queues: queues.filter((queue) => queue === 'PostgreSQL' || redisAvailable()),
    progress,
    count: (full, least = 1) => Math.max(least, Math.round(full * scale)),
    server: (options = {}) => memoized(servers, JSON.stringify(options), () => startServer(options)),
    peer: (file, ...args) => memoized(peers, [file, ...args].join(' '), () => startPeer(file, ...args)),
    redis: () => (redis ??= startRedis()),
    database,
    beforeClose: (close) => void closers.push(close),
    closeParts,
    close: async () => {
      await closeParts()
      await cluster.close()
    },
  }
}

function memoized<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = kept.get(key) ?? make()
  kept.set(key, made)
  return made
}

/** Removes all, and returns those that started. */
async function takeStarted<T>(kept: Map<string, Promise<T>>): Promise<readonly T[]> {
  const all = await Promise.allSettled(kept.values())
  kept.clear()
  return all.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
}
