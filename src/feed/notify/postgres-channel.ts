/**
 * A channel over LISTEN and NOTIFY of one database. Reconnects after a lost connection.
 * NOTIFY never runs in a transaction with other statements, because commits with a NOTIFY wait for each other.
 */
import postgres from 'postgres'
import { postgresJsOptions } from '../../postgres/options.ts'
import { NoAnswerInTime, within } from '../../runtime/within.ts'
import type { ChannelListener, Channel } from './channel.ts'

const publishWithinMs = 5_000
const reconnectAtMostS = 1

/** A channel that can listen on several PostgreSQL channels. */
export interface PostgresChannel extends Channel {
  /** Subscribes to a PostgreSQL channel. Resolves when subscribed. */
  listen(channel: string, listener: ChannelListener): Promise<void>
}

/** `channel`: the PostgreSQL channel on which `publish` publishes. */
export function openPostgresChannel(databaseUrl: string, channel: string): PostgresChannel {
  const options = postgresJsOptions(databaseUrl, { name: 'orderbell-feed' })
  const connect = (): postgres.Sql =>
    postgres({
      ...options,
      max: 1,
      backoff: (tries: number) => Math.min(tries * 0.05, reconnectAtMostS),
    })
  const subscriptions: (readonly [string, ChannelListener])[] = []
  let sql = connect()
  // postgres.js listens again after a lost connection, and calls the callback after each LISTEN.
  const listenOn = (
    client: postgres.Sql,
    [name, { onMessage, onSubscribed }]: readonly [string, ChannelListener],
  ) => client.listen(name, onMessage, onSubscribed)

  const reconnect = (): void => {
    const before = sql
    sql = connect()
    for (const each of subscriptions) listenOn(sql, each).catch(() => undefined)
    before.end({ timeout: 0 }).catch(() => undefined)
  }

  return {
    listen: async (name, listener) => {
      subscriptions.push([name, listener])
      await listenOn(sql, [name, listener])
    },
    publish: async (messages) => {
      const statement = sql`select pg_notify(${channel}, message) from unnest(${[...messages]}::text[]) as t(message)`
      try {
        await within(publishWithinMs, 'publishing', statement)
      } catch (error) {
        // Later messages would wait behind this one on the same connection.
        if (error instanceof NoAnswerInTime) reconnect()
        throw error
      }
    },
    reconnect,
    close: async () => {
      await sql.end({ timeout: 2 })
    },
  }
}
