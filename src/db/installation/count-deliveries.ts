/** Counts a project's events and deliveries, to verify that each event has its deliveries. */
import { sql } from 'drizzle-orm'
import { takeTime, type Database } from '../connection/connect.ts'

/** The numbers of a project's events and deliveries at one time. */
export interface DeliveryCounts {
  readonly events: number
  readonly deliveries: number
  readonly delivered: number
  readonly pending: number
  readonly exhausted: number
  readonly cancelled: number
  readonly skipped: number
  readonly expired: number
  /** Whether the number of deliveries equals the number recorded with the events, and the sum of the states. */
  readonly consistent: boolean
}

export async function countDeliveries(db: Database, projectId: string): Promise<DeliveryCounts> {
  // One statement, so that events and deliveries are counted in the same snapshot.
  const counts = sql`
    with recorded as (
      select count(*) as events, coalesce(sum(delivery_count), 0) as expected
      from events where project_id = ${projectId}
    ), found as (
      select
        count(*) as deliveries,
        count(*) filter (where state = 'DELIVERED') as delivered,
        count(*) filter (where state = 'PENDING') as pending,
        count(*) filter (where state = 'EXHAUSTED') as exhausted,
        count(*) filter (where state = 'CANCELLED') as cancelled,
        count(*) filter (where state = 'SKIPPED') as skipped,
        count(*) filter (where state = 'EXPIRED') as expired
      from deliveries where project_id = ${projectId}
    )
    select * from recorded, found`
  const [row] = await db.transaction(async (tx) => {
    await takeTime(tx)
    return tx.execute<Record<string, string>>(counts)
  })
  const count = (name: string): number => Number(row?.[name])
  const states = {
    delivered: count('delivered'),
    pending: count('pending'),
    exhausted: count('exhausted'),
    cancelled: count('cancelled'),
    skipped: count('skipped'),
    expired: count('expired'),
  }
  const deliveries = count('deliveries')
  const inStates = Object.values(states).reduce((sum, number) => sum + number, 0)
  return {
    events: count('events'),
    deliveries,
    ...states,
    consistent: deliveries === count('expected') && deliveries === inStates,
  }
}
