import { expect, test } from 'vitest'
import { noConditions, type Subscriber } from '../../../src/domain/webhooks/webhook.ts'
import type { RunFairly } from '../../../src/ports/cpu-fairness.ts'
import type { Schemas } from '../../../src/ports/json-schemas.ts'
import type { ProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import type { GroupTx } from '../../../src/db/tenant/grouped/group-transaction.ts'
import type { StoredAnswer } from '../../../src/db/tenant/grouped/idempotency-keys.ts'
import type { NewEvent } from '../../../src/db/tenant/grouped/write-group.ts'
import type { Change } from '../../../src/services/changes/change.ts'
import { makeChangeGroups } from '../../../src/services/changes/change-groups.ts'
import { commitGroup } from '../../../src/services/changes/commit-group.ts'
import { publishEvent } from '../../../src/services/events/publish-event.ts'
import { system } from '../../../src/runtime/system.ts'
import { noon } from '../../support/samples.ts'
import { makeLines, makeScheduler } from '../dispatch/fakes.ts'

const enabledWebhook = {
  filters: noConditions,
  dialect: 'STANDARD',
  ordering: 'NONE',
  disabledAt: null,
} as const

/** A project with three webhooks and a memory for one idempotent answer. */
function makeProject(breaches: ReturnType<Schemas['breaches']> = []) {
  const written: NewEvent[] = []
  const remembered: StoredAnswer[] = []
  const subscribers: readonly Subscriber[] = [
    { ...enabledWebhook, id: 'whk_1', topics: ['menu.*'] },
    { ...enabledWebhook, id: 'whk_2', topics: ['menu.updated'], disabledAt: noon },
    { ...enabledWebhook, id: 'whk_3', topics: ['order.*'] },
  ]
  const tx: Partial<GroupTx> = {
    began: Promise.resolve(noon),
    lockKeys: async (keys) => keys.map(() => true),
    readAnswers: async () => remembered,
    lockCounters: async () => new Map(),
    lockOrders: async () => ({ found: new Map(), busy: new Set() }),
    sitesByIds: async () => new Map(),
    customersByIds: async () => ({ found: new Map(), busy: new Set() }),
    subscribers: async () => subscribers,
    write: async ({ events, answers }) => {
      written.push(...events)
      remembered.push(...answers)
    },
  }
  const woken: string[] = []
  const commit = makeChangeGroups({
    commit: async (_projectId, members) => {
      const { outcomes, dueWebhooks } = await commitGroup(tx as GroupTx, members, system)
      woken.push(...dueWebhooks)
      return outcomes
    },
    isRolledBack: () => false,
  })
  const { log, lines } = makeLines()
  const schemas: Schemas = { fault: () => null, breaches: () => breaches }
  const runFairly: RunFairly = async (_, work) => work()
  const fakes = {
    projectId: 'prj_1',
    store: {} as ProjectStore,
    commitChange: <T>(change: Change<T>) => commit('prj_1', 'key_1', change),
    system,
    laneScheduler: makeScheduler(),
    log,
    schemas,
    runFairly,
  }
  return { fakes, written, woken, lines }
}

const menu = { topic: 'menu.updated', data: { menuId: 7 }, idempotencyKey: 'menu-7' }

test('publishing writes one event with a delivery for each subscribed webhook, and wakes the enabled one', async () => {
  const { fakes, written, woken, lines } = makeProject()
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
  const event = written[0]?.event
  expect(result).toEqual({ ok: true, value: { eventId: event?.id, event } })
  expect(woken).toEqual(['whk_1'])
  expect(lines).toMatchObject([
    { level: 'debug', step: 'event.published', fields: { deliveries: 1, repeated: false } },
  ])
})

test('publishing again with the same idempotency key returns the id of the same event, writes nothing and wakes no lane', async () => {
  const { fakes, written, woken } = makeProject()
  await publishEvent(fakes, menu)
  expect(await publishEvent(fakes, menu)).toEqual({
    ok: true,
    value: { eventId: written[0]?.event.id, event: null },
  })

  expect(written).toHaveLength(1)
  expect(woken).toEqual(['whk_1'])
})

test('data that does not match its schema is refused with the path of the fault, and wakes no lane', async () => {
  const { fakes, written, woken } = makeProject([{ path: ['menuId'], message: 'must be string' }])

  expect(await publishEvent(fakes, menu)).toEqual({
    ok: false,
    problems: [{ code: 'SCHEMA_MISMATCH', field: ['data', 'menuId'], message: 'data.menuId must be string' }],
  })
  expect([written, woken]).toEqual([[], []])
})
