/** From where PostgreSQL reads a page of the log: by an index, in order or of few, and never what the page does not need. */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateDatabase } from '../../src/db/connection/migrate.ts'
import { wholeProject } from '../../src/domain/access/scope.ts'
import { migratedDatabase, type FreshDatabase } from '../support/postgres.ts'
import { dayMs, hourMs } from '../support/samples.ts'
import {
  attemptCount,
  busy,
  fillLog,
  firstDay,
  fleetId,
  foreign,
  idAt,
  many,
  otherProjectId,
  partnerId,
  placesOf,
  projectId,
  quiet,
  rowsRead,
  watch,
  type Node,
  type Watched,
} from './full-log.ts'
import type { PageRequest } from '../../src/domain/lists/page.ts'
import type { DeliveryFilter, AttemptFilter } from '../../src/domain/lists/filters.ts'

type Filter = Partial<AttemptFilter & DeliveryFilter>

interface Case {
  readonly filter?: Filter
  readonly page?: Partial<PageRequest<string>>
  readonly ofPartner?: boolean
  /** A partner of forty webhooks. */
  readonly ofFleet?: boolean
  readonly ofOtherProject?: boolean
  /** How many items the page has; 50 unless told. */
  readonly items?: number
  /** Rows that may be read; three pages unless told. */
  readonly most?: number
  readonly index?: string
  /** Days of which something is read; any number unless told. */
  readonly days?: number
}

const limit = 50
const middle = attemptCount / 2
const third = {
  from: new Date(firstDay.getTime() + 2 * dayMs),
  until: new Date(firstDay.getTime() + 3 * dayMs),
}
const always = { from: null, until: null }
const all: AttemptFilter & DeliveryFilter = {
  webhookIds: [],
  partnerIds: [],
  orderIds: [],
  eventIds: [],
  topics: [],
  states: [],
  outcomes: [],
  statusClasses: [],
  attemptNumberFrom: null,
  presets: [],
  finalOnly: null,
  triggers: [],
  startedAt: always,
  createdAt: always,
}
/** All that is looked at before another way is gone. */
const aLook = 11_000

const orders = Array.from({ length: 100 }, (_, index) => `ord_${String(index * 100).padStart(26, '0')}`)

const attempts: Readonly<Record<string, Case>> = {
  'the first page': { index: 'attempts_project', days: 1 },
  'a page in the middle': { page: { after: idAt('att', middle) }, index: 'attempts_project', days: 2 },
  'the page before one in the middle': {
    page: { before: idAt('att', middle), backwards: true },
    index: 'attempts_project',
    days: 2,
  },
  'the last page': { page: { backwards: true }, index: 'attempts_project', days: 1 },
  'a page of one day': { filter: { startedAt: third }, index: 'attempts_project', days: 1 },
  'what failed, of all': {
    filter: { outcomes: ['HTTP_ERROR'] },
    most: 200,
    index: 'attempts_project_notable_as',
  },
  'what failed, by its status': {
    filter: { statusClasses: ['SERVER_ERROR'] },
    most: 200,
    index: 'attempts_project_notable_as',
  },
  'what failed before, in the middle': {
    filter: { outcomes: ['HTTP_ERROR'] },
    page: { after: idAt('att', middle) },
    most: 200,
    index: 'attempts_project_notable_as',
  },
  'what failed, of a webhook': {
    filter: { outcomes: ['HTTP_ERROR'], webhookIds: [busy[0]] },
    most: 250,
    index: '_notable',
  },
  'repeated attempts, where there are none': {
    filter: { attemptNumberFrom: 2 },
    items: 0,
    most: 200,
    index: 'attempts_project_notable_as',
  },
  'what a person asked for, where nobody did': {
    filter: { triggers: ['PERSON'] },
    items: 0,
    most: 200,
    index: 'attempts_project_notable_as',
  },
  'an outcome that none had': { filter: { outcomes: ['BLOCKED'] }, items: 0, most: 200 },
  'a class that none was answered with': {
    filter: { statusClasses: ['REDIRECTION', 'INFORMATIONAL'], webhookIds: [busy[0]] },
    items: 0,
    most: 200,
  },
  'what ended its delivery': { filter: { finalOnly: true }, index: 'attempts_project' },
  'a busy webhook': { filter: { webhookIds: [busy[0]] }, index: 'attempts_webhook' },
  'a quiet webhook': { filter: { webhookIds: [quiet[0]] }, items: 4, index: 'attempts_webhook' },
  "another project's webhook": { filter: { webhookIds: [foreign] }, items: 0, most: 50 },
  'a partner with little in a busy project': {
    ofPartner: true,
    items: 9,
    most: 500,
    index: 'attempts_webhook',
  },
  'a partner, for its platform': { filter: { partnerIds: [partnerId] }, items: 9, index: 'attempts_webhook' },
  'a topic that is frequent, of a partner with little': {
    filter: { topics: ['order.created'] },
    ofPartner: true,
    items: 3,
    most: aLook,
  },
  'many webhooks with little': { filter: { presets: ['FLIPDISH'] }, most: aLook, index: 'attempts_webhook' },
  // How far the look goes is the project's to tell; what is looked at is the partner's.
  'a partner of many webhooks with little': { ofFleet: true, most: 3 * aLook },
  'a partner of many webhooks with little, before the middle': {
    ofFleet: true,
    page: { before: idAt('att', middle), backwards: true },
    items: 43,
    most: 3 * aLook,
  },
  'the webhooks that have nearly all': { filter: { presets: ['STANDARD'] }, most: 400 },
  'a hundred orders': { filter: { orderIds: orders }, most: 1_500, index: 'attempts_delivery' },
  'a topic that is frequent': { filter: { topics: ['order.created'] }, most: 400 },
  'a topic that is rare': {
    filter: { topics: ['menu.*'] },
    items: 17,
    most: aLook,
    index: 'attempts_delivery',
  },
  'a topic that is rare, of a busy webhook': {
    filter: { topics: ['menu.updated'], webhookIds: [busy[0]] },
    items: 17,
    most: 400,
    index: 'attempts_delivery',
  },
}

const deliveries: Readonly<Record<string, Case>> = {
  'the first page': { index: 'deliveries_project' },
  'a page in the middle': { page: { after: idAt('dlv', middle) }, index: 'deliveries_p' },
  'the page before one in the middle': {
    page: { before: idAt('dlv', middle), backwards: true },
    index: 'deliveries_p',
  },
  'the last page': { page: { backwards: true }, index: 'deliveries_project' },
  // Ids are made by another clock than instants: an hour more is looked at.
  'a page of one day': { filter: { createdAt: third }, most: 700, index: 'deliveries_p' },
  'what is pending, where that is little': { filter: { states: ['PENDING'] }, items: 17, most: 300 },
  'what is pending, where that is much and old': {
    filter: { states: ['PENDING'] },
    ofOtherProject: true,
    most: aLook,
    index: 'due_deliveries_pkey',
  },
  'what is pending, where that is much, from the end': {
    filter: { states: ['PENDING'] },
    ofOtherProject: true,
    page: { backwards: true },
    most: aLook,
  },
  'what is pending of a webhook': {
    filter: { states: ['PENDING'], webhookIds: [busy[0]] },
    items: 17,
    most: 300,
    index: 'due_deliveries_',
  },
  'what is finished': { filter: { finalOnly: true }, index: 'deliveries_project' },
  'what failed last': { filter: { outcomes: ['HTTP_ERROR'] }, most: 250, index: '_project_notable_as' },
  'what failed last, in the middle': {
    filter: { outcomes: ['HTTP_ERROR'] },
    page: { after: idAt('dlv', middle) },
    most: 250,
    index: '_project_notable_as',
  },
  'what is exhausted': { filter: { states: ['EXHAUSTED'] }, index: '_project_notable_as' },
  'what is pending or exhausted': { filter: { states: ['PENDING', 'EXHAUSTED'] }, most: 500 },
  'what expired, where nothing did': {
    filter: { states: ['EXPIRED', 'CANCELLED', 'SKIPPED'] },
    items: 0,
    most: 10,
  },
  'what was tried again, where nothing was': { filter: { attemptNumberFrom: 2 }, items: 0, most: 10 },
  'what a person asked for, where nobody did': { filter: { triggers: ['PERSON'] }, items: 0, most: 10 },
  'what failed last, of a webhook': {
    filter: { outcomes: ['HTTP_ERROR'], webhookIds: [busy[0]] },
    most: 250,
    index: '_webhook_notable_as',
  },
  'what failed last, of a topic': {
    filter: { outcomes: ['HTTP_ERROR'], topics: ['order.created'] },
    most: 2 * aLook,
    index: '_project_notable_as',
  },
  'a busy webhook': { filter: { webhookIds: [busy[0]] }, index: 'deliveries_webhook' },
  'a quiet webhook': { filter: { webhookIds: [quiet[0]] }, items: 4, index: 'deliveries_webhook' },
  "another project's webhook": { filter: { webhookIds: [foreign] }, items: 0, most: 50 },
  'a partner with little in a busy project': { ofPartner: true, items: 9, index: 'deliveries_webhook' },
  'a partner, for its platform': {
    filter: { partnerIds: [partnerId] },
    items: 9,
    index: 'deliveries_webhook',
  },
  'a topic that is frequent, of a partner with little': {
    filter: { topics: ['order.*'] },
    ofPartner: true,
    items: 9,
    most: aLook,
  },
  'what failed last, of a partner with little': {
    filter: { outcomes: ['HTTP_ERROR'] },
    ofPartner: true,
    items: 0,
    // Its webhooks are of those that the project has, which are looked at one by one.
    most: 60,
  },
  'what is pending and final, which nothing is': {
    filter: { states: ['PENDING'], finalOnly: true },
    items: 0,
    most: 0,
  },
  'many webhooks with little': { filter: { webhookIds: many }, most: aLook, index: 'deliveries_webhook' },
  'a partner of many webhooks with little': { ofFleet: true, most: 3 * aLook },
  'a partner of many webhooks with little, from the end': {
    ofFleet: true,
    page: { backwards: true },
    most: 3 * aLook,
  },
  'what failed last, of a partner of many webhooks with little': {
    filter: { outcomes: ['HTTP_ERROR'] },
    ofFleet: true,
    items: 0,
    most: 3 * aLook,
  },
  'a hundred orders': { filter: { orderIds: orders }, most: 600, index: 'deliveries_order' },
  'a hundred events': {
    filter: { eventIds: orders.map((_, index) => idAt('evt', index * 100)) },
    most: 600,
    index: 'deliveries_event',
  },
  'a topic that is frequent': { filter: { topics: ['order.created'] }, index: 'deliveries_topic' },
  'topics of all kinds': {
    filter: { topics: ['order.*', 'menu.updated'] },
    most: 300,
    index: 'deliveries_topic',
  },
  'a topic that is rare': {
    filter: { topics: ['menu.*'] },
    items: 17,
    most: 60,
    index: 'deliveries_topic',
  },
}

let database: FreshDatabase
let watched: Watched

beforeAll(async () => {
  database = await migratedDatabase()
  const rlsMode = await migrateDatabase(database.url)
  // Not a pool of ours: its statements end after 5 s, and these write a hundred thousand rows.
  const owner = postgres(database.url, { max: 1, onnotice: () => undefined })
  await fillLog(owner)
  await owner.end()
  watched = watch(database.url, rlsMode)
}, 120_000)
afterAll(async () => {
  await watched.close()
  await database.drop()
})

const scopeOf = ({ ofPartner = false, ofFleet = false, ofOtherProject = false }: Case) => ({
  ...wholeProject(ofOtherProject ? otherProjectId : projectId),
  partnerId: ofPartner ? partnerId : ofFleet ? fleetId : null,
})
const pageOf = ({ page }: Case) => ({ limit, after: null, before: null, backwards: false, ...page })

describe.each(Object.entries(attempts))('of attempts, %s', (_, wish) => {
  test('is read by an index, from its days, and no more than it needs', async () => {
    const { result, statements, plans } = await watched.page(scopeOf(wish), (store) =>
      store.listAttempts({ ...all, ...wish.filter }, pageOf(wish)),
    )
    expect(result.items).toHaveLength(wish.items ?? limit)
    expectBounded(wish, statements, plans)
    if (wish.days !== undefined)
      for (const plan of plans) expect(daysRead(plan).length).toBeLessThanOrEqual(wish.days)
  })
})

describe.each(Object.entries(deliveries))('of deliveries, %s', (_, wish) => {
  test('is read by an index, and no more than it needs', async () => {
    const { result, statements, plans } = await watched.page(scopeOf(wish), (store) =>
      store.listDeliveries({ ...all, ...wish.filter }, pageOf(wish)),
    )
    expect(result.items).toHaveLength(wish.items ?? limit)
    expectBounded(wish, statements, plans)
  })
})

test('days that cannot hold a page are not opened: those before a cursor, and those outside a range', async () => {
  const opened = async (filter: Filter, page: Partial<PageRequest<string>>) => {
    const { plans } = await watched.page(wholeProject(projectId), (store) =>
      store.listAttempts({ ...all, ...filter }, pageOf({ page })),
    )
    // Of the plan for the values: partitions that were pruned are not in it.
    return new Set((plans[0] ?? []).flatMap(relationsOf).filter((name) => name.startsWith('attempts_')))
  }
  expect([...(await opened({ startedAt: third }, {}))]).toHaveLength(1)
  const after = await opened({}, { after: idAt('att', middle) })
  const before = await opened({}, { before: idAt('att', middle), backwards: true })
  const everything = await opened({}, {})
  expect(everything.size).toBeGreaterThan(40)
  // The day of the cursor itself is in both.
  expect(after.size + before.size).toBe(everything.size + 1)
})

test('tests have no place in the log: who asks for them alone has nothing read', async () => {
  const { result, statements } = await watched.page(wholeProject(projectId), async (store) => [
    await store.listAttempts({ ...all, triggers: ['TEST'] }, pageOf({})),
    await store.listDeliveries({ ...all, triggers: ['TEST'] }, pageOf({})),
  ])
  expect(result.map(({ items }) => items)).toEqual([[], []])
  expect(statements).toEqual([])
})

test('a delivery of another hour is on the page of the hour alone', async () => {
  const from = new Date(third.from.getTime() + 5 * hourMs)
  const hour = { from, until: new Date(from.getTime() + hourMs) }
  const { result } = await watched.page(wholeProject(projectId), (store) =>
    store.listDeliveries({ ...all, createdAt: hour }, { ...pageOf({}), limit: 100 }),
  )
  expect(result.items.every(({ createdAt }) => createdAt >= hour.from && createdAt < hour.until)).toBe(true)
})

function expectBounded(wish: Case, statements: readonly string[], plans: readonly Node[][]): void {
  expect(statements.filter((text) => text.includes('attempt_contents'))).toEqual([])
  expect(plans).toHaveLength(2)
  for (const plan of plans) {
    const most = wish.most ?? 3 * limit + 10
    expect(rowsRead(plan)).toBeLessThanOrEqual(most)
    const places = plan.flatMap(placesOf)
    const tables = places.filter(({ 'Relation Name': name = '' }) => /^(attempts|deliveries)/.test(name))
    // A partition that holds nothing is read by either way at no cost.
    const scans = tables.filter((node) => node['Node Type'] === 'Seq Scan' && rowsRead([node]) > 0)
    expect(scans).toEqual([])
    for (const sort of places.filter((node) => node['Node Type'] === 'Sort'))
      expect((sort.Plans ?? []).reduce((sum, one) => sum + one['Actual Rows'], 0)).toBeLessThanOrEqual(2_500)
    if (wish.index !== undefined) {
      const used = places.flatMap(({ 'Index Name': name = [] }) => name)
      expect(used.some((name) => nameOf(name).includes(wish.index ?? ''))).toBe(true)
    }
  }
}

/** A partition's index, by the name of the one that it is a part of. */
function nameOf(index: string): string {
  const parts: Readonly<Record<string, string>> = {
    project_id_notable_as_started_at_id_idx: 'attempts_project_notable_as',
    webhook_id_notable_as_started_at_id_idx: 'attempts_webhook_notable_as',
    webhook_id_started_at_id_idx1: 'attempts_webhook_notable',
    project_id_started_at_id_idx: 'attempts_project',
    webhook_id_started_at_id_idx: 'attempts_webhook',
    delivery_id_number_idx: 'attempts_delivery',
  }
  return parts[index.replace(/^attempts_\d+_/, '')] ?? index
}

function daysRead(plan: readonly Node[]): readonly string[] {
  const read = plan
    .flatMap(placesOf)
    .filter((node) => node['Relation Name'] !== undefined && rowsRead([node]) > 0)
  return [...new Set(read.flatMap((node) => node['Relation Name'] ?? []))].filter((name) =>
    name.startsWith('attempts_'),
  )
}

function relationsOf(node: Node): readonly string[] {
  return [node['Relation Name'] ?? [], (node.Plans ?? []).flatMap(relationsOf)].flat()
}
