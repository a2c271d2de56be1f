/**
 * Messages by LISTEN and NOTIFY, within one database. A lost connection is made again, and then all may be news.
 * Never in a transaction that does anything else: a commit with a NOTIFY in it waits for all others.
 */
import postgres from 'postgres'
import { postgresJsOptions } from '../../postgres/options.ts'
import type { Hearer, Line } from './channel.ts'

const sayWithinMs = 5_000
const reconnectAtMostS = 1

export interface PostgresLine extends Line {
  /** Resolves once it listens. Those who listen to another channel do not hear what is said. */
  listen(channel: string, hearer: Hearer): Promise<void>
}

/** `channel`: what is said here is said on this one. */
export function openPostgresLine(databaseUrl: string, channel: string): PostgresLine {
  const options = postgresJsOptions(databaseUrl, { name: 'orderbell-feed' })
  const connect = (): postgres.Sql =>
    postgres({
      ...options,
      max: 1,
      backoff: (tries: number) => Math.min(tries * 0.05, reconnectAtMostS),
    })
  const heard: (readonly [string, Hearer])[] = []
  let sql = connect()
  // postgres.js listens again by itself after its connection was lost, and calls back each time that it listens.
  const listenTo = (client: postgres.Sql, [name, { hear, hearAll }]: readonly [string, Hearer]) =>
    client.listen(name, hear, hearAll)

  const renew = (): void => {
    const before = sql
    sql = connect()
    for (const each of heard) listenTo(sql, each).catch(() => undefined)
    before.end({ timeout: 0 }).catch(() => undefined)
  }

  return {
    listen: async (name, hearer) => {
      heard.push([name, hearer])
      await listenTo(sql, [name, hearer])
    },
    say: async (messages) => {
      const saying = sql`select pg_notify(${channel}, message) from unnest(${[...messages]}::text[]) as t(message)`
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          // What it says next would wait behind this.
          renew()
          reject(new Error(`no answer within ${sayWithinMs} ms`))
        }, sayWithinMs)
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
