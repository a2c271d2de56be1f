/** The database's clock, which is the same for every process. */
import { sql } from 'drizzle-orm'
import type { Database } from '../connection/connect.ts'

/** Start of the transaction, in milliseconds since the epoch, as text. */
export const nowMs = sql<string>`floor(extract(epoch from now()) * 1000)`

/** Returns the time of the database's clock. */
export async function now(db: Database): Promise<Date> {
  const [row] = await db.execute<{ ms: string }>(sql`select ${nowMs} as ms`)
  return new Date(Number(row?.ms))
}
