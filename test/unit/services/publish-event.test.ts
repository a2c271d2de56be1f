import { expect, test } from 'vitest'
import type { Event } from '../../../src/domain/orders/event.ts'
import { noConditions } from '../../../src/domain/webhooks/webhook.ts'
import type { RunFairly } from '../../../src/ports/cpu-fairness.ts'
import type { Schemas } from '../../../src/ports/json-schemas.ts'
import type { ProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import type { NewDelivery } from '../../../src/db/tenant/writes/event-writes.ts'
import type { ProjectTx } from '../../../src/db/tenant/transaction.ts'
import { publishEvent } from '../../../src/services/events/publish-event.ts'
import { system } from '../../../src/runtime/system.ts'
import { noon } from '../../support/samples.ts'
import { makeLines, makeScheduler } from '../dispatch/fakes.ts'

const enabledWebhook = { filters: noConditions, dialect: 'STANDARD', disabledAt: null } as const

/** A project with three webhooks and a memory for one idempotent answer. */
function makeProject(breaches: ReturnType<Schemas['breaches']> = []) {
  const written: { readonly event: Event; readonly deliveries: readonly NewDelivery[] }[] = []
  const remembered: string[] = []
  const tx: Partial<ProjectTx> = {
    now: noon,
    claimIdempotencyKey: async () =>
      remembered[0] === undefined ? { kind: 'NEW' } : { kind: 'SAME_INPUT', answer: remembered[0] },
    storeResponse: async (_mutation, _key, answer) => void remembered.push(answer),
    subscribers: async () => [
      { ...enabledWebhook, id: 'whk_1', topics: ['menu.*'] },
      { ...enabledWebhook, id: 'whk_2', topics: ['menu.updated'], disabledAt: noon },
      { ...enabledWebhook, id: 'whk_3', topics: ['order.*'] },
    ],
    insertAuditEntry: async () => undefined,
    insertEvent: async (event, deliveries) => void written.push({ event, deliveries }),
  }
  const store: Partial<ProjectStore> = { transaction: (work) => work(tx as ProjectTx) }
  const laneScheduler = makeScheduler()
  const { log, lines } = makeLines()
  const schemas: Schemas = { fault: () => null, breaches: () => breaches }
  const runFairly: RunFairly = async (_, work) => work()
  const fakes = {
    projectId: 'prj_1',
    store: store as ProjectStore,
    system,
    laneScheduler,
    log,
    schemas,
    runFairly,
  }
  return { fakes, written, laneScheduler, lines }
}

const menu = { topic: 'menu.updated', data: { menuId: 7 }, idempotencyKey: 'menu-7' }

test('publishing writes one event with a delivery for each subscribed webhook, and wakes the enabled one', async () => {
  const { fakes, written, laneScheduler, lines } = makeProject()
  const result = await publishEvent(fakes, menu)

  expect(written).toMatchObject([
    {
      event: { topic: 'menu.updated', orderId: null, sequence: null, data: '{"menuId":7}', createdAt: noon },
      deliveries: [
        { webhookId: 'whk_1', state: 'PENDING' },
        { webhookId: 'whk_2', state: 'SKIPPED' },
      ],
    },
  ])
  expect(result).toEqual({ ok: true, value: written[0]?.event.id })
  expect(laneScheduler.now).toEqual(['whk_1'])
  expect(lines).toMatchObject([
    { level: 'debug', step: 'event.published', fields: { deliveries: 1, repeated: false } },
  ])
})

test('publishing again with the same idempotency key returns the same event, writes nothing and wakes no lane', async () => {
  const { fakes, written, laneScheduler } = makeProject()
  const first = await publishEvent(fakes, menu)
  expect(await publishEvent(fakes, menu)).toEqual(first)

  expect(written).toHaveLength(1)
  expect(laneScheduler.now).toEqual(['whk_1'])
})

test('data that does not match its schema is refused with the path of the fault, and wakes no lane', async () => {
  const { fakes, written, laneScheduler } = makeProject([{ path: ['menuId'], message: 'must be string' }])

  expect(await publishEvent(fakes, menu)).toEqual({
    ok: false,
    problems: [{ code: 'SCHEMA_MISMATCH', field: ['data', 'menuId'], message: 'data.menuId must be string' }],
  })
  expect([written, laneScheduler.now]).toEqual([[], []])
})
