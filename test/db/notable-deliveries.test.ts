/** What did not go well at once has indexes of its own in the log; what did pays nothing for them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.ts'
import { openSettling, type Settling } from './settling.ts'

let settling: Settling
beforeEach(async () => {
  settling = await openSettling()
})
afterEach(() => settling.close())

/** Updates of deliveries so far, and those of them that wrote no index. */
async function updates(): Promise<{ all: number; ofNoIndex: number } | undefined> {
  const [row] = await settling.connections.sql<{ all: number; ofNoIndex: number }[]>`
    select n_tup_upd::int as "all", n_tup_hot_upd::int as "ofNoIndex" from pg_stat_user_tables where relname = 'deliveries'`
  return row
}

async function logBucket(): Promise<readonly (string | null)[]> {
  const rows = await settling.connections.sql<{ notable_as: string | null }[]>`
    select notable_as from deliveries order by notable_as`
  return rows.map(({ notable_as }) => notable_as)
}

test('the settle of what was delivered at once writes no index of deliveries, that of what failed does', async () => {
  const webhookId = await settling.webhook({})
  await settling.answer(webhookId, 200, 204, 200)
  await waitFor(async () => (await updates())?.all === 3, {
    what: 'the statistics of three settles',
  })
  expect(await updates()).toEqual({ all: 3, ofNoIndex: 3 })
  expect(await logBucket()).toEqual([null, null, null])

  await settling.answer(webhookId, 503)
  await waitFor(async () => (await updates())?.all === 4, {
    what: 'those of a fourth',
  })
  expect(await updates()).toEqual({ all: 4, ofNoIndex: 3 })
  expect(await logBucket()).toEqual(['PENDING SCHEDULE HTTP_ERROR - 1', null, null, null])
})
