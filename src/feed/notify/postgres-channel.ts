/**
 * Messages by LISTEN and NOTIFY, within one database. A lost connection is made again, and then all may be news.
 * Never in a transaction that does anything else: a commit with a NOTIFY in it waits for all others.
 */
import postgres from 'postgres'
import { postgresJsOptions } from '../../postgres/options.ts'
import type { ChannelListener, Channel } from './channel.ts'

const publishWithinMs = 5_000
const reconnectAtMostS = 1

export interface PostgresLine extends Channel {
  /** Resolves once it listens. Those who listen to another channel do not hear what is said. */
  listen(channel: string, listener: ChannelListener): Promise<void>
}

/** `channel`: what is said here is said on this one. */
export function openPostgresChannel(databaseUrl: string, channel: string): PostgresLine {
  const options = postgresJsOptions(databaseUrl, { name: 'orderbell-feed' })
  const connect = (): postgres.Sql =>
    postgres({
      ...options,
      max: 1,
      backoff: (tries: number) => Math.min(tries * 0.05, reconnectAtMostS),
    })
  const heard: (readonly [string, ChannelListener])[] = []
  let sql = connect()
  // postgres.js listens again by itself after its connection was lost, and calls back each time that it listens.
  const listenTo = (client: postgres.Sql, [name, { hear, listenToAll }]: readonly [string, ChannelListener]) =>
    client.listen(name, hear, listenToAll)

  const renew = (): void => {
    const before = sql
    sql = connect()
    for (const each of heard) listenTo(sql, each).catch(() => undefined)
    before.end({ timeout: 0 }).catch(() => undefined)
  }

  return {
    listen: async (name, listener) => {
      heard.push([name, listener])
      await listenTo(sql, [name, listener])
    },
    say: async (messages) => {
      const saying = sql`select pg_notify(${channel}, message) from unnest(${[...messages]}::text[]) as t(message)`
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          // What it says next would wait behind this.
          renew()
          reject(new Error(`no answer within ${publishWithinMs} ms`))
        }, publishWithinMs)
      })
      try {
        await Promise.race([saying, late])
      } finally {
        clearTimeout(timer)
      }
    },
    listenAgain: renew,
    close: async () => {
      await sql.end({ timeout: 2 })
    },
  }
}
