/** Attempts of days without a partition: far in the past or future, and after a pause of the only process for weeks. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Attempt } from '../../../src/domain/deliveries/delivery.ts'
import { system } from '../../../src/runtime/system.ts'
import { endedInterrupted, openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

let fixture: SettleFixture
beforeAll(async () => void (fixture = await openSettleFixture()))
afterAll(() => fixture.close())

const days = [
  '1999-12-31T23:59:59.999Z',
  '2024-02-29T00:00:00.000Z',
  '2024-02-29T23:59:59.999Z',
  '2024-03-01T00:00:00.000Z',
  '2150-07-01T12:00:00.000Z',
]

test('a batch of 5 attempts of days without a partition is settled', async () => {
  const webhookId = await fixture.createWebhook({ preset: 'STANDARD' })
  const claims = await fixture.claim(webhookId, days.length)
  const batch = claims.map((claimed, index) => {
    const startedAt = new Date(days[index] ?? 0)
    return endedInterrupted({ ...claimed, startedAt }, 0)
  })
  const report = await fixture.dispatch.settle(batch)
  expect(report.late).toEqual([])
  const rows = await fixture.connections.sql<{ at: Date }[]>`
    select a.started_at as at from attempts a join attempt_contents c on c.started_at = a.started_at and c.attempt_id = a.id
    where a.webhook_id = ${webhookId} order by 1`
  expect(rows.map(({ at }) => at.toISOString())).toEqual(days)
})

test('a test attempt of a day without a partition is recorded, with the audit entry of its transaction', async () => {
  const webhookId = await fixture.createWebhook({ preset: 'STANDARD' })
  const startedAt = new Date('2160-01-01T00:00:00.000Z')
  const attempt: Attempt = {
    ...{ id: system.newId('attempt', startedAt), position: null, deliveryId: null, webhookId, orderId: null },
    ...{ topic: 'order.created', number: 1, trigger: 'TEST', outcome: 'SUCCEEDED', detail: null },
    ...{ statusCode: 200, startedAt, durationMs: 1, phases: null, resolvedAddress: null },
    resentOnNewConnection: false,
    ...{ nextStep: 'NONE', nextStepReason: 'a test is sent once', nextAttemptAt: null },
  }
  const entry = { operation: 'webhookTest', objectId: webhookId, before: null, after: null }
  await fixture.store.transaction(async (tx) => {
    await tx.insertTestAttempt(attempt, { request: null, response: null })
    await tx.insertAuditEntry({ id: system.newId('auditEntry'), at: tx.now, ...entry })
  })
  expect((await fixture.store.attemptsByIds([attempt.id])).map(({ trigger }) => trigger)).toEqual(['TEST'])
  const [audited] = await fixture.connections
    .sql`select operation from audit_log where object_id = ${webhookId}`
  expect(audited).toEqual({ operation: 'webhookTest' })
})
