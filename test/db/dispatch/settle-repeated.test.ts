/**
 * A batch of attempts is settled again, as when the connection breaks after the commit and before the reply, and a
 * delivery that another attempt has settled. Nothing is counted twice.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { system } from '../../../src/runtime/system.ts'
import { endedWith, openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

let fixture: SettleFixture
beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

test('settling a committed batch again reports nothing as late, counts nothing twice, and reports its deliveries for a new run', async () => {
  const { connections, dispatch } = fixture
  const webhookId = await fixture.createWebhook({})
  const claims = await fixture.claim(webhookId, 2)
  const batch = claims.map((claimed, index) => endedWith(claimed, index === 0 ? 200 : 500))
  await dispatch.settle(batch)

  const again = await dispatch.settle(batch)

  const ids = claims.map(({ deliveryId }) => deliveryId)
  expect(again).toEqual({
    notices: { projectIds: [], due: [] },
    late: [],
    continued: ids,
    disabled: [],
    changed: [claims[0]?.projectId],
    recovered: [],
  })
  const [counted] = await connections.sql`
    select (select count(*)::int from attempts where webhook_id = ${webhookId}) as attempts,
      (select sum(succeeded + failed)::int from webhook_attempt_counts where webhook_id = ${webhookId}) as tallied,
      (select consecutive_failures from webhook_health where webhook_id = ${webhookId}) as failures`
  expect(counted).toEqual({ attempts: 2, tallied: 2, failures: 1 })
})

test('settling a delivery that another attempt settled reports it as late', async () => {
  const webhookId = await fixture.createWebhook({})
  const [claimed] = await fixture.claim(webhookId, 1)
  if (claimed === undefined) throw new Error('expected a claim')
  await fixture.dispatch.settle([endedWith(claimed, 200)])

  const other = { ...endedWith(claimed, 200), attemptId: system.newId('attempt', claimed.startedAt) }
  const report = await fixture.dispatch.settle([other])

  expect(report).toMatchObject({ late: [claimed.deliveryId], continued: [] })
})
