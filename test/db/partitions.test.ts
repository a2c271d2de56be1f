/** An attempt is written down whatever became of its day: far past, far future, midnight, the only process asleep for weeks. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countAttempts } from '../../src/dispatch/settle.ts'
import type { Attempt } from '../../src/domain/deliveries/delivery.ts'
import { system } from '../../src/runtime/system.ts'
import { endedInterrupted, openSettling, type Settling } from './settling.ts'

let place: Settling
beforeAll(async () => void (place = await openSettling()))
afterAll(() => place.close())

const days = [
  '1999-12-31T23:59:59.999Z',
  '2024-02-29T00:00:00.000Z',
  '2024-02-29T23:59:59.999Z',
  '2024-03-01T00:00:00.000Z',
  '2150-07-01T12:00:00.000Z',
]

test('an attempt whose day has no partition is settled, one of many days in one batch', async () => {
  const webhookId = await place.webhook({ preset: 'STANDARD' })
  const claims = await place.claim(webhookId, days.length)
  const batch = claims.map((claimed, index) => {
    const startedAt = new Date(days[index] ?? 0)
    return endedInterrupted({ ...claimed, startedAt }, 0)
  })
  const report = await place.dispatch.settle(batch, countAttempts)
  expect(report.late).toEqual([])
  const rows = await place.connections.sql<{ at: Date }[]>`
    select a.started_at as at from attempts a join attempt_contents c on c.started_at = a.started_at and c.attempt_id = a.id
    where a.webhook_id = ${webhookId} order by 1`
  expect(rows.map(({ at }) => at.toISOString())).toEqual(days)
})

test('a test of a webhook is recorded although its day has no partition, with all that its transaction writes', async () => {
  const webhookId = await place.webhook({ preset: 'STANDARD' })
  const startedAt = new Date('2160-01-01T00:00:00.000Z')
  const attempt: Attempt = {
    ...{ id: system.newId('attempt', startedAt), position: null, deliveryId: null, webhookId, orderId: null },
    ...{ topic: 'order.created', number: 1, trigger: 'TEST', outcome: 'SUCCEEDED', detail: null },
    ...{ statusCode: 200, startedAt, durationMs: 1, phases: null, resolvedAddress: null },
    resentOnNewConnection: false,
    ...{ nextStep: 'NONE', nextStepReason: 'a test is sent once', nextAttemptAt: null },
  }
  const line = { operation: 'webhookTest', objectId: webhookId, before: null, after: null }
  await place.store.transaction(async (tx) => {
    await tx.insertTestAttempt(attempt, { request: null, response: null })
    await tx.insertAuditEntry({ id: system.newId('auditEntry'), at: tx.now, ...line })
  })
  expect((await place.store.attemptsByIds([attempt.id])).map(({ trigger }) => trigger)).toEqual(['TEST'])
  const [audited] = await place.connections
    .sql`select operation from audit_log where object_id = ${webhookId}`
  expect(audited).toEqual({ operation: 'webhookTest' })
})
