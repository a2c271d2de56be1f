/**
 * The two paths of a settle, on a real PostgreSQL: plain successes are recorded by one statement, all other attempts are
 * locked, decided and written. Requests of clients during the attempts, lost leases, and batches that contain both.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LockedDelivery } from '../../../src/db/tenant/writes/delivery-writes.ts'
import type { Claimed } from '../../../src/ports/dispatch-store.ts'
import {
  endedInterrupted,
  endedWith,
  openSettleFixture,
  type SettleFixture,
} from '../support/settle-fixture.ts'
import { waitFor } from '../../support/wait-for.ts'

type StoreTx = Parameters<Parameters<SettleFixture['store']['transaction']>[0]>[0]

let fixture: SettleFixture
let webhookId: string
beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())
beforeEach(async () => {
  webhookId = await fixture.createWebhook({})
})

/** Claims as many deliveries as there are names, in the order of their ids. */
async function claim<Name extends string>(...names: readonly Name[]): Promise<Record<Name, Claimed>> {
  const claims = await fixture.claim(webhookId, names.length)
  return Object.fromEntries(names.map((name, index) => [name, claims[index]])) as Record<Name, Claimed>
}

function change<T>(
  { deliveryId }: Claimed,
  work: (tx: StoreTx, delivery: LockedDelivery['delivery']) => Promise<T>,
) {
  return fixture.store.transaction(async (tx) => {
    const locked = await tx.lockDelivery(deliveryId)
    if (locked === null) throw new Error(`expected delivery ${deliveryId} to be there`)
    return work(tx, locked.delivery)
  })
}

const cancel = (claimed: Claimed) => change(claimed, (tx, delivery) => tx.cancelDelivery(delivery))
const retry = (claimed: Claimed) => change(claimed, (tx, delivery) => tx.queueRetryAfterCurrent(delivery))
/** As an erasure of the event's customer does. */
const erase = ({ deliveryId }: Claimed) =>
  fixture.connections.sql`update deliveries set erased_at = now() where id = ${deliveryId}`
const loseLease = ({ deliveryId }: Claimed) =>
  fixture.connections.sql`update due_deliveries set lease_token = 'another' where delivery_id = ${deliveryId}`

interface Stored {
  readonly id: string
  readonly state: string
  readonly attempts: number
  readonly isDue: boolean
  readonly isFinished: boolean
  readonly nextStep: string | null
  readonly reason: string | null
  readonly response: string | null
}

/** The delivery of each claim with its latest attempt, by name. */
async function stored<Name extends string>(claims: Record<Name, Claimed>): Promise<Record<Name, Stored>> {
  const rows = await fixture.connections.sql<Stored[]>`
    select d.id, d.state, d.attempt_count as attempts, l.delivery_id is not null as "isDue",
      d.finished_at is not null as "isFinished", a.next_step as "nextStep", a.next_step_reason as reason,
      convert_from(c.response_body, 'UTF8') as response
    from deliveries d
    left join due_deliveries l on l.delivery_id = d.id
    left join attempts a on a.delivery_id = d.id and a.number = d.attempt_count
    left join attempt_contents c on c.attempt_id = a.id
    where d.webhook_id = ${webhookId}`
  const names = Object.keys(claims) as Name[]
  return Object.fromEntries(
    names.map((name) => [name, rows.find(({ id }) => id === claims[name].deliveryId)]),
  ) as Record<Name, Stored>
}

async function counts() {
  const [row] = await fixture.connections.sql<{ succeeded: number; failed: number; failures: number }[]>`
    select coalesce(sum(succeeded), 0)::int as succeeded, coalesce(sum(failed), 0)::int as failed,
      (select consecutive_failures from webhook_health where webhook_id = ${webhookId}) as failures
    from webhook_attempt_counts where webhook_id = ${webhookId}`
  return row
}

/** The positions of all attempts of the project, which must be dense. */
async function expectDensePositions(): Promise<void> {
  const rows = await fixture.connections.sql<{ position: number; place: number }[]>`
    select position::int, row_number() over (order by position)::int as place from attempts`
  expect(rows.map(({ position }) => position)).toEqual(rows.map(({ place }) => place))
  const [feed] = await fixture.connections.sql<{ position: number }[]>`select position::int from feeds`
  expect(feed?.position).toBe(rows.length)
}

const delivered = { state: 'DELIVERED', attempts: 1, isDue: false, isFinished: true, nextStep: 'NONE' }
const accepted = 'the receiver accepted the request'

describe('plain batch', () => {
  test('successes during whose attempts one delivery was cancelled, one retried by hand and one erased are recorded in one batch', async () => {
    const claims = await claim('plain', 'cancelled', 'retried', 'reopened', 'erased')
    await cancel(claims.cancelled)
    await retry(claims.retried)
    await cancel(claims.reopened)
    await retry(claims.reopened)
    await erase(claims.erased)

    const report = await fixture.dispatch.settle(Object.values(claims).map((one) => endedWith(one, 200)))

    expect(report).toEqual({
      notices: { projectIds: [], due: [] },
      late: [],
      continued: [],
      disabled: [],
      recovered: [],
      changed: [],
    })
    expect(await stored(claims)).toMatchObject({
      plain: { ...delivered, reason: accepted, response: 'thanks' },
      cancelled: {
        ...delivered,
        state: 'CANCELLED',
        reason: 'the delivery was cancelled during the attempt',
        response: 'thanks',
      },
      retried: { ...delivered, reason: accepted },
      reopened: { ...delivered, reason: accepted },
      erased: { ...delivered, reason: accepted, response: '[erased]' },
    })
    expect(await counts()).toEqual({ succeeded: 5, failed: 0, failures: 0 })
    await expectDensePositions()
  })

  test('a batch of 400 successes of neighbouring deliveries updates each row within its page, so that no index is written', async () => {
    const pages = () =>
      fixture.connections.sql<{ id: string; page: string }[]>`
        select id, (ctid::text::point)[0]::text as page from deliveries where webhook_id = ${webhookId} order by id`
    const claims = await fixture.claim(webhookId, 400)
    const before = await pages()
    await fixture.dispatch.settle(claims.map((claimed) => endedWith(claimed, 200)))
    expect(await pages()).toEqual(before)
  })

  test('a success whose lease was lost is late, and the others of its batch are recorded', async () => {
    const claims = await claim('lost', 'held')
    await loseLease(claims.lost)
    const report = await fixture.dispatch.settle([endedWith(claims.held, 200), endedWith(claims.lost, 200)])
    expect(report).toMatchObject({ late: [claims.lost.deliveryId], continued: [] })
    expect(await stored(claims)).toMatchObject({
      lost: { state: 'PENDING', attempts: 0, isDue: true },
      held: delivered,
    })
    expect(await counts()).toMatchObject({ succeeded: 1 })
    await expectDensePositions()
  })

  test('a lease token of another delivery in the batch does not settle a delivery', async () => {
    const { first } = await claim('first')
    const { second } = await claim('second')
    await fixture.connections.sql`
      update due_deliveries set lease_token = ${second.leaseToken} where delivery_id = ${first.deliveryId}`
    const report = await fixture.dispatch.settle([endedWith(first, 200), endedWith(second, 200)])
    expect(report.late).toEqual([first.deliveryId])
  })

  test('of two concurrent settles of the same 60 successes one records them all, and the other is late with all', async () => {
    const claims = await fixture.claim(webhookId, 60)
    // Other attempts of the same leases, as the sweep and a process that was paused have them.
    const batches = [claims, claims.toReversed(), claims].map((order) =>
      order.map((one) => endedWith(one, 200)),
    )
    const reports = await Promise.all(batches.map((batch) => fixture.dispatch.settle(batch)))
    expect(reports.map(({ late }) => late.length).toSorted((a, b) => a - b)).toEqual([0, 60, 60])
    expect(await counts()).toMatchObject({ succeeded: 60 })
    await expectDensePositions()
  })

  test('a success that waits for the transaction that cancels its delivery is recorded, and the delivery stays cancelled', async () => {
    const claims = await claim('one')
    const settled = await settleDuring(
      () => fixture.dispatch.settle([endedWith(claims.one, 200)]),
      (tx, delivery) => tx.cancelDelivery(delivery),
      claims.one,
    )
    expect(settled.late).toEqual([])
    expect(await stored(claims)).toMatchObject({ one: { ...delivered, state: 'CANCELLED' } })
  })
})

describe('mixed batch', () => {
  test('successes, failures, interruptions, manual attempts and lost leases of one webhook are recorded in one commit', async () => {
    const claims = await claim('success', 'failure', 'interrupted', 'manual', 'lostSuccess', 'lostFailure')
    await loseLease(claims.lostSuccess)
    await loseLease(claims.lostFailure)

    const report = await fixture.dispatch.settle([
      endedWith(claims.success, 200),
      endedWith(claims.failure, 500),
      endedInterrupted(claims.interrupted, 0),
      endedWith(claims.manual, 200, 'MANUAL'),
      endedWith(claims.lostSuccess, 200),
      endedWith(claims.lostFailure, 500),
    ])

    expect(report.late.toSorted()).toEqual(
      [claims.lostSuccess.deliveryId, claims.lostFailure.deliveryId].toSorted(),
    )
    expect(await stored(claims)).toMatchObject({
      success: delivered,
      failure: { state: 'PENDING', attempts: 1, isDue: true, nextStep: 'RETRY' },
      interrupted: { state: 'PENDING', attempts: 1, isDue: true, nextStep: 'RETRY' },
      manual: delivered,
      lostSuccess: { state: 'PENDING', attempts: 0 },
      lostFailure: { state: 'PENDING', attempts: 0 },
    })
    expect(await counts()).toEqual({ succeeded: 1, failed: 1, failures: 1 })
    await expectDensePositions()
  })

  test('the health of a webhook follows the order of its attempts in a batch, whichever path records them', async () => {
    const settle = async (...statuses: readonly number[]) => {
      await fixture.answer(webhookId, ...statuses)
      return (await counts())?.failures
    }
    expect(await settle(500, 500, 200, 503)).toBe(1)
    expect(await settle(500, 200)).toBe(0)
    expect(await settle(200, 500, 500)).toBe(2)
    expect(await settle(200)).toBe(0)
  })

  test('a failure that breaks a rule together with earlier batches disables the webhook, although a success follows in its batch', async () => {
    const overrides = { disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 2 }] } as const
    const limitedId = await fixture.createWebhook({ overrides })
    expect((await fixture.answer(limitedId, 500, 500)).disabled).toEqual([])
    expect((await fixture.answer(limitedId, 500, 200)).disabled).toMatchObject([{ webhookId: limitedId }])
  })

  test('a committed mixed batch that is settled again counts nothing twice and reports nothing as late', async () => {
    const claims = await claim('success', 'failure')
    const batch = [endedWith(claims.success, 200), endedWith(claims.failure, 500)]
    await fixture.dispatch.settle(batch)
    const again = await fixture.dispatch.settle(batch)
    expect(again.late).toEqual([])
    expect(again.continued.toSorted()).toEqual(batch.map((one) => one.claimed.deliveryId).toSorted())
    expect(await counts()).toEqual({ succeeded: 1, failed: 1, failures: 1 })
    await expectDensePositions()
  })

  test('a batch that fails in its second statement records nothing, and is recorded by the next try', async () => {
    const claims = await claim('success', 'failure')
    const batch = [endedWith(claims.success, 200), endedWith(claims.failure, 500)]
    const { sql } = fixture.connections
    await sql`alter table attempts add constraint only_successes check (outcome = 'SUCCEEDED') not valid`
    await expect(fixture.dispatch.settle(batch)).rejects.toThrow('only_successes')
    expect(await stored(claims)).toMatchObject({
      success: { state: 'PENDING', attempts: 0, isDue: true },
      failure: { state: 'PENDING', attempts: 0, isDue: true },
    })
    await sql`alter table attempts drop constraint only_successes`
    expect((await fixture.dispatch.settle(batch)).late).toEqual([])
    await expectDensePositions()
  })

  test('a failure that waits for the transaction that requests a manual retry is followed by the retry', async () => {
    const claims = await claim('one', 'other')
    const report = await settleDuring(
      () => fixture.dispatch.settle([endedWith(claims.one, 500), endedWith(claims.other, 200)]),
      (tx, delivery) => tx.queueRetryAfterCurrent(delivery),
      claims.one,
    )
    expect(report).toMatchObject({ late: [], continued: [claims.one.deliveryId] })
    const [due] = await fixture.connections.sql`
      select manual_retry from due_deliveries where delivery_id = ${claims.one.deliveryId}`
    expect(due).toEqual({ manual_retry: 'NOW' })
  })

  test('a failure that waits for the transaction that cancels its delivery is recorded, and the delivery stays cancelled', async () => {
    const claims = await claim('one')
    await settleDuring(
      () => fixture.dispatch.settle([endedWith(claims.one, 500)]),
      (tx, delivery) => tx.cancelDelivery(delivery),
      claims.one,
    )
    expect(await stored(claims)).toMatchObject({ one: { ...delivered, state: 'CANCELLED' } })
  })
})

async function isStatementWaiting(): Promise<boolean> {
  const [row] = await fixture.connections.sql<{ waiting: number }[]>`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  return row?.waiting === 1
}

/** Starts `settle` while a transaction that has changed the delivery is open, and commits once the settle waits for it. */
async function settleDuring<T>(
  settle: () => Promise<T>,
  work: (tx: StoreTx, delivery: LockedDelivery['delivery']) => Promise<unknown>,
  claimed: Claimed,
): Promise<T> {
  let settled: Promise<T> | undefined
  await change(claimed, async (tx, delivery) => {
    await work(tx, delivery)
    settled = settle()
    await waitFor(isStatementWaiting, { what: 'the settle to wait for the transaction' })
  })
  if (settled === undefined) throw new Error('expected the settle to have started')
  return settled
}
