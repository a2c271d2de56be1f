/**
 * Starts a separate Redis for a suite: `redis-server` on a free port, without persistence, which a test may kill. If
 * `redis-server` is not installed, uses the server of REDIS_URL with a separate prefix, which cannot be killed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { waitFor } from './wait-for.ts'

export interface TestRedis {
  readonly url: string
  /** The prefix of all keys of the suite. */
  readonly prefix: string
  /** Deletes all keys of a separate server, or the keys with the prefix on a shared server. */
  flush(): Promise<void>
  /** Kills the server with SIGKILL. Separate server only. */
  kill(): Promise<void>
  /** Starts an empty server on the same port. Separate server only. */
  restart(): Promise<void>
  /** Sends one command over a separate connection. */
  command(name: string, ...args: string[]): Promise<unknown>
  /** Stops the server with SIGSTOP: connections stay open and receive no responses. Separate server only. */
  freeze(): void
  /** Continues the server with SIGCONT. Separate server only. */
  thaw(): void
  stop(): Promise<void>
}

const sharedUrl = process.env['REDIS_URL']
const serverOnPath = spawnSync('redis-server', ['--version']).status === 0

export const redisAvailable = (): boolean => serverOnPath || sharedUrl !== undefined
/** Whether `kill` and `restart` work. */
export const redisKillable = (): boolean => serverOnPath

/** Prints a warning when tests are skipped, so that a successful run does not appear complete. */
export function warnSkipped(what: string): void {
  if (!redisAvailable()) {
    console.warn(`SKIPPED, no Redis: ${what}. Install redis-server, or set REDIS_URL.`)
  } else if (!redisKillable()) {
    console.warn(`SKIPPED IN PART, no Redis of our own to kill: ${what}. Install redis-server.`)
  }
}

export async function startRedis(): Promise<TestRedis> {
  const prefix = `test-${randomBytes(4).toString('hex')}`
  return serverOnPath ? startOwn(prefix) : useShared(prefix)
}

async function startOwn(prefix: string): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbell-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | undefined

  async function start(): Promise<void> {
    const settings = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ]
    server = spawn('redis-server', settings, { stdio: 'ignore' })
    await waitFor(() => answers(url), { what: `redis-server on port ${port}` })
  }

  async function kill(): Promise<void> {
    const child = server
    server = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  const signal = (name: NodeJS.Signals): void => {
    server?.kill(name)
  }

  const killAtExit = (): void => void server?.kill('SIGKILL')
  process.once('exit', killAtExit)
  await start()
  return {
    url,
    prefix,
    flush: async () => {
      await withClient(url, (client) => client.flushall())
    },
    command: (name, ...args) => withClient(url, (client) => client.call(name, ...args)),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    kill,
    restart: async () => {
      await kill()
      await start()
    },
    stop: async () => {
      await kill()
      process.off('exit', killAtExit)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function useShared(prefix: string): TestRedis {
  const url = sharedUrl ?? ''
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('the server of REDIS_URL is not ours to kill'))
  const flush = (): Promise<void> =>
    withClient(url, async (client) => {
      const keys = await client.keys(`${prefix}:*`)
      if (keys.length > 0) await client.del(...keys)
    })
  const refuseNow = (): never => {
    throw new Error('the server of REDIS_URL is not ours to freeze')
  }
  return {
    url,
    prefix,
    flush,
    command: (name, ...args) => withClient(url, (client) => client.call(name, ...args)),
    kill: refuse,
    restart: refuse,
    freeze: refuseNow,
    thaw: refuseNow,
    stop: flush,
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await withClient(url, (client) => client.ping())
    return true
  } catch {
    return false
  }
}

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await use(client)
  } finally {
    client.disconnect()
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address')
  probe.close()
  await once(probe, 'close')
  return address.port
}
