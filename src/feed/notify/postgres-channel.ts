/**
 * A channel over LISTEN and NOTIFY of one database. Reconnects after a lost connection.
 * NOTIFY never runs in a transaction with other statements, because commits with a NOTIFY wait for each other.
 */
import postgres from 'postgres'
import { postgresJsOptions } from '../../postgres/options.ts'
import type { ChannelListener, Channel } from './channel.ts'

const publishWithinMs = 5_000
const reconnectAtMostS = 1

/** A channel that can listen on several PostgreSQL channels. */
export interface PostgresLine extends Channel {
  /** Subscribes to a PostgreSQL channel. Resolves when subscribed. */
  listen(channel: string, listener: ChannelListener): Promise<void>
}

/** `channel`: the PostgreSQL channel on which `say` publishes. */
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
  // postgres.js listens again after a lost connection, and calls the callback after each LISTEN.
  const listenTo = (
    client: postgres.Sql,
    [name, { hear, listenToAll }]: readonly [string, ChannelListener],
  ) => client.listen(name, hear, listenToAll)

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
          // Later messages would wait behind this one on the same connection.
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
