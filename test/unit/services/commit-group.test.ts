import { expect, test } from 'vitest'
import type { GroupTx } from '../../../src/db/tenant/grouped/group-transaction.ts'
import type { GroupRows } from '../../../src/db/tenant/grouped/write-group.ts'
import { ok } from '../../../src/domain/shared/problem.ts'
import { noConditions } from '../../../src/domain/webhooks/webhook.ts'
import { system } from '../../../src/runtime/system.ts'
import type { Member } from '../../../src/services/changes/change.ts'
import { commitGroup } from '../../../src/services/changes/commit-group.ts'
import { noon } from '../../support/samples.ts'

const member: Member = {
  keyId: null,
  change: {
    request: { mutation: 'eventPublish', input: {}, idempotencyKey: null },
    reads: {},
    dataBytes: 2,
    decide: ({ now }) => {
      const id = system.newId('event')
      const event = { id, topic: 'menu.updated', orderId: null, sequence: null, data: '{}', createdAt: now }
      return ok({
        value: id,
        rows: { event, order: null, audited: { objectId: id, before: null, after: {} } },
      })
    },
  },
}

test('a group writes about 5,000 deliveries at most, and leaves the other changes to transactions of their own', async () => {
  const subscriber = {
    topics: ['menu.*'],
    filters: noConditions,
    dialect: 'STANDARD',
    ordering: 'NONE',
    disabledAt: null,
  } as const
  const written: GroupRows[] = []
  const tx: Partial<GroupTx> = {
    began: Promise.resolve(noon),
    lockKeys: async () => [],
    readAnswers: async () => [],
    lockCounters: async () => new Map(),
    lockOrders: async () => ({ found: new Map(), busy: new Set() }),
    sitesByIds: async () => new Map(),
    customersByIds: async () => ({ found: new Map(), busy: new Set() }),
    subscribers: async () =>
      Array.from({ length: 1_000 }, (_, index) => ({ ...subscriber, id: `whk_${index}` })),
    write: async (rows) => void written.push(rows),
  }
  const { outcomes } = await commitGroup(tx as GroupTx, Array(8).fill(member) as Member[], system)

  expect(outcomes.map(({ kind }) => kind)).toEqual([
    ...Array<string>(5).fill('ANSWERED'),
    'BUSY',
    'BUSY',
    'BUSY',
  ])
  expect(written.map(({ events }) => events.length)).toEqual([5])
})
