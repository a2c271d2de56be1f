/**
 * Random filters, pages and scopes over random deliveries and attempts: SQL returns exactly the rows that a predicate
 * accepts. The predicate of attempts is `passes`, which the feed uses; that of deliveries is written here.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type Connections, type Sql } from '../../../src/db/connection/connect.ts'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import {
  attemptTriggers,
  deliveryStates,
  type AttemptTrigger,
  type Delivery,
} from '../../../src/domain/deliveries/delivery.ts'
import { attemptOutcomes, type AttemptOutcome } from '../../../src/domain/deliveries/outcome.ts'
import type { Preset } from '../../../src/domain/webhooks/preset.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { selectsTopic } from '../../../src/domain/orders/topic.ts'
import { system } from '../../../src/runtime/system.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { depth } from '../../support/depth.ts'
import { nullLog } from '../../support/null-log.ts'
import { buildId, hourMs } from '../../support/samples.ts'
import type { Page, PageRequest } from '../../../src/domain/lists/page.ts'
import {
  isWithin,
  type DeliveryFilter,
  among,
  amongKnown,
  classOf,
  passes,
  statusClasses,
  type AttemptFilter,
  type Sent,
} from '../../../src/domain/lists/filters.ts'

const projectId = buildId('prj', 1)
const partnerIds = [buildId('ptn', 1), buildId('ptn', 2)]
/** More webhooks than the store reads side by side. */
const webhooks = Array.from({ length: 14 }, (_, index) => ({
  id: system.newId('webhook'),
  partnerId: [null, ...partnerIds][index % 3] ?? null,
  preset: (['STANDARD', 'FOODY', 'FLIPDISH'] as const)[index % 4 === 3 ? 2 : index % 2] as Preset,
}))
const foreign = { id: system.newId('webhook'), partnerId: null, preset: 'STANDARD' as Preset }
const webhookIds = webhooks.map(({ id }) => id)
const orderIds = [1, 2, 3, 4, 5].map((digit) => buildId('ord', digit))
const eventIds = [1, 2, 3, 4, 5, 6].map((digit) => buildId('evt', digit))
const topics = ['order.created', 'order.state_changed', 'menu.updated', 'orders.created', 'order_x.created']
const now = Date.now()
const instants = Array.from({ length: 40 }, (_, index) => new Date(now - index * 7 * hourMs))

interface LoggedDelivery extends Delivery {
  readonly orderId: string | null
  readonly lastOutcome: AttemptOutcome | null
  readonly lastStatusCode: number | null
  readonly lastTrigger: AttemptTrigger | null
}

const any = fc.constantFrom
const pick = <T>(values: readonly T[]) => fc.constantFrom(...values)
// A success has a 2xx status. Another outcome may have any status, or none.
const outcome = fc.oneof(
  fc.record({ outcome: any('SUCCEEDED' as const), statusCode: any(200, 204, 299) }),
  fc.record({ outcome: any('SUCCEEDED' as const), statusCode: any(200) }),
  fc.record({
    outcome: pick(attemptOutcomes.filter((one) => one !== 'SUCCEEDED')),
    statusCode: any(null, 100, 199, 204, 300, 404, 499, 500, 599, 600, 999),
  }),
)

let database: FreshDatabase
let connections: Connections
let attempts: readonly Sent[]
let deliveries: readonly LoggedDelivery[]
const store = (partnerId: string | null) =>
  makeProjectStore(connections.db, { ...wholeProject(projectId), partnerId })

beforeAll(async () => {
  database = await migratedDatabase()
  const rlsMode = await migrateDatabase(database.url)
  const owner = connect(database.url, nullLog)
  deliveries = makeDeliveries()
  attempts = makeAttempts()
  await write(owner.sql)
  await owner.close()
  connections = connect(database.url, nullLog, rlsMode)
})
afterAll(async () => {
  await connections.close()
  await database.drop()
})

const some = <T>(values: readonly T[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(pick(values), { maxLength: 3 }))
const range = fc
  .tuple(fc.option(pick(instants)), fc.option(pick(instants)))
  .map(([from, until]) => ({ from, until }))
const wide = { ...{ weight: 1 }, arbitrary: fc.constant(webhookIds) }
const shared = {
  webhookIds: fc.oneof({ weight: 5, arbitrary: some([...webhookIds, foreign.id, 'none']) }, wide),
  partnerIds: some([...partnerIds, 'none']),
  orderIds: some([...orderIds, 'none']),
  topics: some([...topics, 'order.*', 'menu.*', '*', 'ord%.*', 'order_*', 'none.*']),
  outcomes: some(attemptOutcomes),
  statusClasses: some(statusClasses),
  attemptNumberFrom: fc.option(any(1, 2, 3, 9), { freq: 2 }),
  presets: some<Preset>(['STANDARD', 'FOODY', 'FLIPDISH', 'FLYBUY']),
  finalOnly: any(null, null, true as const),
  triggers: some(attemptTriggers),
}
const scopes = any(null, null, null, partnerIds[0] ?? null)
const limits = any(2, 7, 30, 100)

test('listAttempts returns the attempts that the feed filter passes, newest first, on pages without gaps or repeats', async () => {
  const filters: fc.Arbitrary<AttemptFilter> = fc.record({ ...shared, startedAt: range })
  await fc.assert(
    fc.asyncProperty(filters, scopes, limits, fc.boolean(), async (filter, partnerId, limit, backwards) => {
      const expected = attempts
        .filter((one) => one.deliveryId !== null && passes(filter, one))
        .filter((one) => partnerId === null || one.partnerId === partnerId)
        .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime() || (a.id < b.id ? 1 : -1))
      const found = await walk(limit, backwards, (page) => store(partnerId).listAttempts(filter, page))
      expect(found).toEqual(expected.map(({ id }) => id))
    }),
    { numRuns: depth(150) },
  )
}, 120_000)

test('listDeliveries returns the deliveries that match their filter, newest first, on pages without gaps or repeats', async () => {
  const filters: fc.Arbitrary<DeliveryFilter> = fc.record({
    ...shared,
    eventIds: some([...eventIds, 'none']),
    states: fc.oneof(some(deliveryStates), any(['PENDING' as const], ['EXHAUSTED' as const])),
    createdAt: range,
  })
  await fc.assert(
    fc.asyncProperty(filters, scopes, limits, fc.boolean(), async (filter, partnerId, limit, backwards) => {
      const expected = deliveries
        .filter((one) => matchesDelivery(filter, one))
        .filter((one) => partnerId === null || webhookOf(one.webhookId).partnerId === partnerId)
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
      const found = await walk(limit, backwards, (page) => store(partnerId).listDeliveries(filter, page))
      expect(found).toEqual(expected.map(({ id }) => id))
    }),
    { numRuns: depth(150) },
  )
}, 120_000)

/** The ids of all pages, in the order of the list. */
async function walk(
  limit: number,
  backwards: boolean,
  read: (page: PageRequest<string>) => Promise<Page<{ readonly id: string }>>,
): Promise<readonly string[]> {
  const ids: string[] = []
  for (let cursor: string | null = null; ;) {
    const place = backwards ? { after: null, before: cursor } : { after: cursor, before: null }
    const { items, hasNextPage, hasPreviousPage } = await read({ limit, backwards, ...place })
    const found = items.map(({ id }) => id)
    if (backwards) ids.unshift(...found)
    else ids.push(...found)
    cursor = (backwards ? found[0] : found.at(-1)) ?? null
    if (!(backwards ? hasPreviousPage : hasNextPage)) return ids
  }
}

function matchesDelivery(filter: DeliveryFilter, delivery: LoggedDelivery): boolean {
  const { partnerId, preset } = webhookOf(delivery.webhookId)
  const status = delivery.lastStatusCode
  return (
    among(filter.webhookIds, delivery.webhookId) &&
    amongKnown(filter.partnerIds, partnerId) &&
    amongKnown(filter.orderIds, delivery.orderId) &&
    among(filter.eventIds, delivery.eventId) &&
    (filter.topics.length === 0 || filter.topics.some((one) => selectsTopic(one, delivery.topic))) &&
    among(filter.states, delivery.state) &&
    amongKnown(filter.outcomes, delivery.lastOutcome) &&
    amongKnown(filter.statusClasses, status === null ? null : classOf(status)) &&
    (filter.attemptNumberFrom === null || delivery.attemptCount >= filter.attemptNumberFrom) &&
    among(filter.presets, preset) &&
    (filter.finalOnly === null || delivery.state !== 'PENDING') &&
    amongKnown(filter.triggers, delivery.lastTrigger) &&
    isWithin(filter.createdAt, delivery.createdAt)
  )
}

function webhookOf(id: string) {
  const webhook = webhooks.find((one) => one.id === id)
  if (webhook === undefined) throw new Error(`expected webhook ${id} to be there, it is not`)
  return webhook
}

function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): readonly T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: 6 })
}

function makeDeliveries(): readonly LoggedDelivery[] {
  const arbitrary = fc.record({
    webhookId: pick(webhookIds),
    eventId: pick(eventIds),
    orderId: fc.option(pick(orderIds)),
    topic: pick(topics),
    state: pick(deliveryStates),
    createdAt: pick(instants),
    attempts: fc.array(fc.record({ sent: outcome, trigger: any('SCHEDULE', 'SCHEDULE', 'MANUAL') }), {
      maxLength: 3,
    }),
  })
  return sample(arbitrary, 300).map(({ attempts: sent, ...values }): LoggedDelivery => {
    // A delivery without an attempt is not EXHAUSTED.
    const last = sent.at(-1) ?? null
    const state =
      last?.sent.outcome === 'SUCCEEDED' || last === null ? notExhausted(values.state) : values.state
    return {
      ...values,
      state,
      id: system.newId('delivery', values.createdAt),
      skipReason: null,
      attemptCount: sent.length,
      dueAt: null,
      finishedAt: null,
      lastOutcome: last?.sent.outcome ?? null,
      lastStatusCode: last?.sent.statusCode ?? null,
      lastTrigger: (last?.trigger as AttemptTrigger | undefined) ?? null,
    }
  })
}

function notExhausted(state: Delivery['state']): Delivery['state'] {
  return state === 'EXHAUSTED' ? 'DELIVERED' : state
}

/** The attempts of each delivery, of which the last has the outcome in the delivery, and test attempts, which no list returns. */
function makeAttempts(): readonly Sent[] {
  const others = sample(outcome, 1_000)
  const steps = sample(any('NONE', 'RETRY', 'EXHAUSTED'), 1_000)
  const ofDeliveries = deliveries.flatMap((delivery, place) =>
    Array.from({ length: delivery.attemptCount }, (_, index): Sent => {
      const isLast = index === delivery.attemptCount - 1
      const other = others[(place * 3 + index) % others.length]
      // Some attempts start in the same millisecond, and are ordered by id.
      const startedAt = new Date(delivery.createdAt.getTime() + index * hourMs)
      return buildAttemptOf(delivery.webhookId, startedAt, {
        deliveryId: delivery.id,
        orderId: delivery.orderId,
        topic: delivery.topic,
        number: index + 1,
        trigger: isLast ? (delivery.lastTrigger ?? 'SCHEDULE') : 'SCHEDULE',
        outcome: (isLast ? delivery.lastOutcome : other?.outcome) ?? 'SUCCEEDED',
        statusCode: isLast ? delivery.lastStatusCode : (other?.statusCode ?? null),
        nextStep: steps[(place * 3 + index) % steps.length] ?? 'NONE',
      })
    }),
  )
  const tests = webhookIds.map((id) =>
    buildAttemptOf(id, new Date(now), { trigger: 'TEST', outcome: 'HTTP_ERROR', statusCode: 500 }),
  )
  return [...ofDeliveries, ...tests]
}

function buildAttemptOf(webhookId: string, startedAt: Date, given: Partial<Sent>): Sent {
  const { partnerId, preset } = webhookOf(webhookId)
  return {
    id: system.newId('attempt', startedAt),
    position: null,
    deliveryId: null,
    webhookId,
    orderId: null,
    topic: 'order.created',
    number: 1,
    trigger: 'SCHEDULE',
    outcome: 'SUCCEEDED',
    detail: null,
    statusCode: 200,
    startedAt,
    durationMs: 5,
    phases: null,
    resolvedAddress: null,
    resentOnNewConnection: false,
    nextStep: 'NONE',
    nextStepReason: '',
    nextAttemptAt: null,
    partnerId,
    preset,
    ...given,
  }
}

async function write(sql: Sql): Promise<void> {
  const otherProjectId = buildId('prj', 2)
  const all = [...webhooks, foreign]
  const text = (values: readonly (string | number | null)[]) => values as (string | null)[]
  await sql`
    select ensure_attempt_partitions((now() - interval '14 days')::date, (now() + interval '2 days')::date)`
  await sql`
    insert into projects (id, name, sealed_data_key)
    select id, 'Main Street', 'sealed' from unnest(${[projectId, otherProjectId]}::text[]) as p(id)`
  await sql`
    insert into partners (id, project_id, name, created_at)
    select id, ${projectId}, 'Courier Ltd', now() from unnest(${partnerIds}::text[]) as p(id)`
  await sql`
    insert into webhooks (
      id, project_id, partner_id, name, url, topics, preset, overrides, version, created_at, updated_at, deleted_at
    )
    select id, case when id = ${foreign.id} then ${otherProjectId} else ${projectId} end, partner_id, 'POS',
      'https://pos.example/hook', '{*}', preset, '{}', 1, now(), now(),
      -- The deliveries of deleted webhooks are kept.
      case when place % 5 = 0 then now() end
    from unnest(
      ${all.map(({ id }) => id)}::text[], ${text(all.map((one) => one.partnerId))}::text[],
      ${all.map(({ preset }) => preset)}::text[]
    ) with ordinality as w(id, partner_id, preset, place)`
  const logged = [...deliveries, foreignDelivery()]
  await sql`
    insert into deliveries (
      id, project_id, webhook_id, event_id, order_id, topic, state, attempt_count, created_at, last_outcome,
      last_status_code, last_trigger
    )
    select id, case when webhook_id = ${foreign.id} then ${otherProjectId} else ${projectId} end, webhook_id, event_id,
      order_id, topic, state, attempts, created_at, outcome, status, trigger
    from unnest(
      ${logged.map(({ id }) => id)}::text[], ${logged.map(({ webhookId }) => webhookId)}::text[],
      ${logged.map(({ eventId }) => eventId)}::text[], ${text(logged.map(({ orderId }) => orderId))}::text[],
      ${logged.map(({ topic }) => topic)}::text[], ${logged.map(({ state }) => state)}::text[],
      ${logged.map(({ attemptCount }) => attemptCount)}::int[],
      ${logged.map(({ createdAt }) => createdAt.toISOString())}::timestamptz[],
      ${text(logged.map(({ lastOutcome }) => lastOutcome))}::text[],
      ${text(logged.map(({ lastStatusCode }) => lastStatusCode))}::int[],
      ${text(logged.map(({ lastTrigger }) => lastTrigger))}::text[]
    ) as d(id, webhook_id, event_id, order_id, topic, state, attempts, created_at, outcome, status, trigger)`
  // Every second row is under lease, those of CANCELLED deliveries as well.
  await sql`
    insert into due_deliveries (delivery_id, webhook_id, due_at, lease_token)
    select id, webhook_id, now(), case when row_number() over () % 2 = 0 then 'token' end
    from deliveries where state in ('PENDING', 'CANCELLED')`
  await sql`
    insert into attempts (
      id, project_id, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, status_code, started_at,
      duration_ms, next_step, next_step_reason
    )
    select id, ${projectId}, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, status, started_at, 5,
      next_step, ''
    from unnest(
      ${attempts.map(({ id }) => id)}::text[], ${text(attempts.map(({ deliveryId }) => deliveryId))}::text[],
      ${attempts.map(({ webhookId }) => webhookId)}::text[], ${text(attempts.map(({ orderId }) => orderId))}::text[],
      ${attempts.map(({ topic }) => topic)}::text[], ${attempts.map(({ number }) => number)}::int[],
      ${attempts.map(({ trigger }) => trigger)}::text[], ${attempts.map((one) => one.outcome)}::text[],
      ${text(attempts.map(({ statusCode }) => statusCode))}::int[],
      ${attempts.map(({ startedAt }) => startedAt.toISOString())}::timestamptz[],
      ${attempts.map(({ nextStep }) => nextStep)}::text[]
    ) as a(id, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, status, started_at, next_step)`
}

/** A delivery of another project with an order id and an event id of this project. */
function foreignDelivery(): LoggedDelivery {
  const [one] = deliveries
  if (one === undefined) throw new Error('expected deliveries, found none')
  return {
    ...one,
    ...{ id: system.newId('delivery'), webhookId: foreign.id, state: 'PENDING' },
    ...{ orderId: orderIds[0] ?? null, eventId: eventIds[0] ?? '' },
  }
}
