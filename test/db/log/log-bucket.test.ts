/** The log bucket classifies deliveries that were not delivered at the first attempt. Other deliveries have none, and their settle writes no index. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { waitFor } from '../../support/wait-for.ts'
import { openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

let fixture: SettleFixture
beforeEach(async () => {
  fixture = await openSettleFixture()
})
afterEach(() => fixture.close())

/** The number of updates of deliveries, and of those that wrote no index (HOT). */
async function updates(): Promise<{ all: number; withoutIndex: number } | undefined> {
  const [row] = await fixture.connections.sql<{ all: number; withoutIndex: number }[]>`
    select n_tup_upd::int as "all", n_tup_hot_upd::int as "withoutIndex" from pg_stat_user_tables where relname = 'deliveries'`
  return row
}

async function logBuckets(): Promise<readonly (string | null)[]> {
  const rows = await fixture.connections.sql<{ log_bucket: string | null }[]>`
    select log_bucket from deliveries order by log_bucket`
  return rows.map(({ log_bucket }) => log_bucket)
}

test('the settle of a delivery that succeeds at the first attempt writes no index of deliveries; that of a failed one does', async () => {
  const webhookId = await fixture.createWebhook({})
  await fixture.answer(webhookId, 200, 204, 200)
  await waitFor(async () => (await updates())?.all === 3, {
    what: 'the statistics of three settles',
  })
  expect(await updates()).toEqual({ all: 3, withoutIndex: 3 })
  expect(await logBuckets()).toEqual([null, null, null])

  await fixture.answer(webhookId, 503)
  await waitFor(async () => (await updates())?.all === 4, {
    what: 'the statistics of the fourth settle',
  })
  expect(await updates()).toEqual({ all: 4, withoutIndex: 3 })
  expect(await logBuckets()).toEqual(['PENDING SCHEDULE HTTP_ERROR 5 1', null, null, null])
})
