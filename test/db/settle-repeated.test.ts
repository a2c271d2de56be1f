import { afterAll, beforeAll, expect, test } from 'vitest'
import { countAttempts } from '../../src/dispatch/settle.ts'
import { system } from '../../src/runtime/system.ts'
import { endedWith, openSettling, type Settling } from './settling.ts'

let settling: Settling
beforeAll(async () => {
  settling = await openSettling()
})
afterAll(() => settling.close())

test('a batch whose commit succeeded and whose answer was lost is settled again: nothing is late or counted twice, and its lanes are looked at', async () => {
  const { connections, dispatch } = settling
  const webhookId = await settling.webhook({})
  const claims = await settling.claim(webhookId, 2)
  const batch = claims.map((claimed, index) => endedWith(claimed, index === 0 ? 200 : 500))
  await dispatch.settle(batch, countAttempts)

  const again = await dispatch.settle(batch, countAttempts)

  const ids = claims.map(({ deliveryId }) => deliveryId)
  expect(again).toEqual({ late: [], asked: ids, disabled: [], changed: [claims[0]?.projectId] })
  const [counted] = await connections.sql`
    select (select count(*)::int from attempts where webhook_id = ${webhookId}) as attempts,
      (select sum(succeeded + failed)::int from webhook_tallies where webhook_id = ${webhookId}) as tallied,
      (select consecutive_failures from webhook_health where webhook_id = ${webhookId}) as failures`
  expect(counted).toEqual({ attempts: 2, tallied: 2, failures: 1 })
})

test('an attempt that somebody else has recorded stays late', async () => {
  const webhookId = await settling.webhook({})
  const [claimed] = await settling.claim(webhookId, 1)
  if (claimed === undefined) throw new Error('expected a claim')
  await settling.dispatch.settle([endedWith(claimed, 200)], countAttempts)

  const other = { ...endedWith(claimed, 200), attemptId: system.newId('attempt', claimed.startedAt) }
  const report = await settling.dispatch.settle([other], countAttempts)

  expect(report).toMatchObject({ late: [claimed.deliveryId], asked: [] })
})
