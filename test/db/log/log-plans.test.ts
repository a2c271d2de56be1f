/** Plans of the pages of deliveries and attempts: PostgreSQL reads them by an index, and few rows more than the page needs. */
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateDatabase } from '../../../src/db/connection/migrate.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { migratedDatabase, type FreshDatabase } from '../../support/postgres.ts'
import { dayMs, hourMs } from '../../support/samples.ts'
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
  nodesOf,
  projectId,
  quiet,
  rowsRead,
  watch,
  type Node,
  type Watched,
} from '../support/full-log.ts'
import type { PageRequest } from '../../../src/domain/lists/page.ts'
import type { DeliveryFilter, AttemptFilter } from '../../../src/domain/lists/filters.ts'

type Filter = Partial<AttemptFilter & DeliveryFilter>

interface Case {
  readonly filter?: Filter
  readonly page?: Partial<PageRequest<string>>
  readonly ofPartner?: boolean
  /** In the scope of the partner with 40 webhooks. */
  readonly ofFleet?: boolean
  readonly ofOtherProject?: boolean
  /** Number of items of the page. Default: 50. */
  readonly items?: number
  /** Largest number of rows that may be read. Default: three pages. */
  readonly most?: number
  readonly index?: string
  /** Largest number of days whose partitions may be read. Default: any number. */
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
/** Rows that the store reads one way before it changes to another plan. */
const maxProbedRows = 11_000

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
  'failed attempts': {
    filter: { outcomes: ['HTTP_ERROR'] },
    most: 200,
    index: 'attempts_project_log_bucket',
  },
  'attempts with a 5xx status': {
    filter: { statusClasses: ['SERVER_ERROR'] },
    most: 200,
    index: 'attempts_project_log_bucket',
  },
  'failed attempts from the middle on': {
    filter: { outcomes: ['HTTP_ERROR'] },
    page: { after: idAt('att', middle) },
    most: 200,
    index: 'attempts_project_log_bucket',
  },
  'failed attempts of a webhook': {
    filter: { outcomes: ['HTTP_ERROR'], webhookIds: [busy[0]] },
    most: 250,
    index: 'attempts_webhook_log_bucket',
  },
  'attempts from number 2 on, of which there are none': {
    filter: { attemptNumberFrom: 2 },
    items: 0,
    most: 200,
    index: 'attempts_project_log_bucket',
  },
  'manual attempts, of which there are none': {
    filter: { triggers: ['MANUAL'] },
    items: 0,
    most: 200,
    index: 'attempts_project_log_bucket',
  },
  'attempts with an outcome that does not occur': { filter: { outcomes: ['BLOCKED'] }, items: 0, most: 200 },
  'attempts with a status class that does not occur': {
    filter: { statusClasses: ['REDIRECTION', 'INFORMATIONAL'], webhookIds: [busy[0]] },
    items: 0,
    most: 200,
  },
  'final attempts': { filter: { finalOnly: true }, index: 'attempts_project' },
  'a busy webhook': { filter: { webhookIds: [busy[0]] }, index: 'attempts_webhook' },
  'a quiet webhook': { filter: { webhookIds: [quiet[0]] }, items: 4, index: 'attempts_webhook' },
  "another project's webhook": { filter: { webhookIds: [foreign] }, items: 0, most: 50 },
  'a partner with few rows in a busy project': {
    ofPartner: true,
    items: 9,
    most: 500,
    index: 'attempts_webhook',
  },
  'a partner in the scope of the platform': {
    filter: { partnerIds: [partnerId] },
    items: 9,
    index: 'attempts_webhook',
  },
  'a frequent topic, of a partner with few rows': {
    filter: { topics: ['order.created'] },
    ofPartner: true,
    items: 3,
    most: maxProbedRows,
  },
  'many webhooks with few rows': {
    filter: { presets: ['FLIPDISH'] },
    most: maxProbedRows,
    index: 'attempts_webhook',
  },
  // The range of the probe is computed over the project; the probed rows are those of the partner.
  'a partner of many webhooks with few rows': { ofFleet: true, most: 3 * maxProbedRows },
  'a partner of many webhooks with few rows, before the middle': {
    ofFleet: true,
    page: { before: idAt('att', middle), backwards: true },
    items: 43,
    most: 3 * maxProbedRows,
  },
  'the webhooks with nearly all rows': { filter: { presets: ['STANDARD'] }, most: 400 },
  'a hundred orders': { filter: { orderIds: orders }, most: 1_500, index: 'attempts_delivery' },
  'a frequent topic': { filter: { topics: ['order.created'] }, most: 400 },
  'a rare topic': {
    filter: { topics: ['menu.*'] },
    items: 17,
    most: maxProbedRows,
    index: 'attempts_delivery',
  },
  'a rare topic, of a busy webhook': {
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
  // Ids come from another clock than times, so one more hour is read.
  'a page of one day': { filter: { createdAt: third }, most: 700, index: 'deliveries_p' },
  'PENDING deliveries, of which there are few': { filter: { states: ['PENDING'] }, items: 17, most: 300 },
  'many old PENDING deliveries': {
    filter: { states: ['PENDING'] },
    ofOtherProject: true,
    most: maxProbedRows,
    index: 'due_deliveries_pkey',
  },
  'many PENDING deliveries from the end': {
    filter: { states: ['PENDING'] },
    ofOtherProject: true,
    page: { backwards: true },
    most: maxProbedRows,
  },
  'PENDING deliveries of a webhook': {
    filter: { states: ['PENDING'], webhookIds: [busy[0]] },
    items: 17,
    most: 300,
    index: 'due_deliveries_',
  },
  'finished deliveries': { filter: { finalOnly: true }, index: 'deliveries_project' },
  'deliveries whose latest attempt failed': {
    filter: { outcomes: ['HTTP_ERROR'] },
    most: 250,
    index: '_project_log_bucket',
  },
  'deliveries whose latest attempt failed, from the middle on': {
    filter: { outcomes: ['HTTP_ERROR'] },
    page: { after: idAt('dlv', middle) },
    most: 250,
    index: '_project_log_bucket',
  },
  'EXHAUSTED deliveries': { filter: { states: ['EXHAUSTED'] }, index: '_project_log_bucket' },
  'PENDING and EXHAUSTED deliveries': { filter: { states: ['PENDING', 'EXHAUSTED'] }, most: 500 },
  'EXPIRED, CANCELLED and SKIPPED deliveries, of which there are none': {
    filter: { states: ['EXPIRED', 'CANCELLED', 'SKIPPED'] },
    items: 0,
    most: 10,
  },
  'deliveries with 2 attempts, of which there are none': {
    filter: { attemptNumberFrom: 2 },
    items: 0,
    most: 10,
  },
  'deliveries with a manual attempt, of which there are none': {
    filter: { triggers: ['MANUAL'] },
    items: 0,
    most: 10,
  },
  'deliveries whose latest attempt failed, of a webhook': {
    filter: { outcomes: ['HTTP_ERROR'], webhookIds: [busy[0]] },
    most: 250,
    index: '_webhook_log_bucket',
  },
  'deliveries whose latest attempt failed, of a topic': {
    filter: { outcomes: ['HTTP_ERROR'], topics: ['order.created'] },
    most: 2 * maxProbedRows,
    index: '_project_log_bucket',
  },
  'a busy webhook': { filter: { webhookIds: [busy[0]] }, index: 'deliveries_webhook' },
  'a quiet webhook': { filter: { webhookIds: [quiet[0]] }, items: 4, index: 'deliveries_webhook' },
  "another project's webhook": { filter: { webhookIds: [foreign] }, items: 0, most: 50 },
  'a partner with few rows in a busy project': { ofPartner: true, items: 9, index: 'deliveries_webhook' },
  'a partner in the scope of the platform': {
    filter: { partnerIds: [partnerId] },
    items: 9,
    index: 'deliveries_webhook',
  },
  'a frequent topic, of a partner with few rows': {
    filter: { topics: ['order.*'] },
    ofPartner: true,
    items: 9,
    most: maxProbedRows,
  },
  'deliveries whose latest attempt failed, of a partner with few rows': {
    filter: { outcomes: ['HTTP_ERROR'] },
    ofPartner: true,
    items: 0,
    // The store reads the webhooks of the partner one by one.
    most: 60,
  },
  'PENDING deliveries that are final, of which there are none': {
    filter: { states: ['PENDING'], finalOnly: true },
    items: 0,
    most: 0,
  },
  'many webhooks with few rows': {
    filter: { webhookIds: many },
    most: maxProbedRows,
    index: 'deliveries_webhook',
  },
  'a partner of many webhooks with few rows': { ofFleet: true, most: 3 * maxProbedRows },
  'a partner of many webhooks with few rows, from the end': {
    ofFleet: true,
    page: { backwards: true },
    most: 3 * maxProbedRows,
  },
  'deliveries whose latest attempt failed, of a partner of many webhooks with few rows': {
    filter: { outcomes: ['HTTP_ERROR'] },
    ofFleet: true,
    items: 0,
    most: 3 * maxProbedRows,
  },
  'a hundred orders': { filter: { orderIds: orders }, most: 600, index: 'deliveries_order' },
  'a hundred events': {
    filter: { eventIds: orders.map((_, index) => idAt('evt', index * 100)) },
    most: 600,
    index: 'deliveries_event',
  },
  'a frequent topic': { filter: { topics: ['order.created'] }, index: 'deliveries_topic' },
  'topics of all kinds': {
    filter: { topics: ['order.*', 'menu.updated'] },
    most: 300,
    index: 'deliveries_topic',
  },
  'a rare topic': {
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
  // Without the deadline of 5 s that statements of the pools have: these write 100,000 rows.
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

describe.each(Object.entries(attempts))('plan of listAttempts: %s', (name, example) => {
  test(`listAttempts reads ${name} by an index, from its days only, with a bounded number of rows`, async () => {
    const { result, statements, plans } = await watched.page(scopeOf(example), (store) =>
      store.listAttempts({ ...all, ...example.filter }, pageOf(example)),
    )
    expect(result.items).toHaveLength(example.items ?? limit)
    expectBounded(example, statements, plans)
    if (example.days !== undefined)
      for (const plan of plans) expect(daysRead(plan).length).toBeLessThanOrEqual(example.days)
  })
})

describe.each(Object.entries(deliveries))('plan of listDeliveries: %s', (name, example) => {
  test(`listDeliveries reads ${name} by an index, with a bounded number of rows`, async () => {
    const { result, statements, plans } = await watched.page(scopeOf(example), (store) =>
      store.listDeliveries({ ...all, ...example.filter }, pageOf(example)),
    )
    expect(result.items).toHaveLength(example.items ?? limit)
    expectBounded(example, statements, plans)
  })
})

test('listAttempts does not open partitions of days before a cursor or outside of a time range', async () => {
  const opened = async (filter: Filter, page: Partial<PageRequest<string>>) => {
    const { plans } = await watched.page(wholeProject(projectId), (store) =>
      store.listAttempts({ ...all, ...filter }, pageOf({ page })),
    )
    // The custom plan does not contain pruned partitions.
    return new Set((plans[0] ?? []).flatMap(relationsOf).filter((name) => name.startsWith('attempts_')))
  }
  expect([...(await opened({ startedAt: third }, {}))]).toHaveLength(1)
  const after = await opened({}, { after: idAt('att', middle) })
  const before = await opened({}, { before: idAt('att', middle), backwards: true })
  const everything = await opened({}, {})
  expect(everything.size).toBeGreaterThan(40)
  // Both contain the day of the cursor.
  expect(after.size + before.size).toBe(everything.size + 1)
})

test('listAttempts and listDeliveries with the trigger TEST return nothing and run no statement', async () => {
  const { result, statements } = await watched.page(wholeProject(projectId), async (store) => [
    await store.listAttempts({ ...all, triggers: ['TEST'] }, pageOf({})),
    await store.listDeliveries({ ...all, triggers: ['TEST'] }, pageOf({})),
  ])
  expect(result.map(({ items }) => items)).toEqual([[], []])
  expect(statements).toEqual([])
})

test('listDeliveries of one hour returns only deliveries of that hour', async () => {
  const from = new Date(third.from.getTime() + 5 * hourMs)
  const hour = { from, until: new Date(from.getTime() + hourMs) }
  const { result } = await watched.page(wholeProject(projectId), (store) =>
    store.listDeliveries({ ...all, createdAt: hour }, { ...pageOf({}), limit: 100 }),
  )
  expect(result.items.every(({ createdAt }) => createdAt >= hour.from && createdAt < hour.until)).toBe(true)
})

function expectBounded(example: Case, statements: readonly string[], plans: readonly Node[][]): void {
  expect(statements.filter((text) => text.includes('attempt_contents'))).toEqual([])
  expect(plans).toHaveLength(2)
  for (const plan of plans) {
    const most = example.most ?? 3 * limit + 10
    expect(rowsRead(plan)).toBeLessThanOrEqual(most)
    const nodes = plan.flatMap(nodesOf)
    const tables = nodes.filter(({ 'Relation Name': name = '' }) => /^(attempts|deliveries)/.test(name))
    // An empty partition may be read by a sequential scan, at no cost.
    const scans = tables.filter((node) => node['Node Type'] === 'Seq Scan' && rowsRead([node]) > 0)
    expect(scans).toEqual([])
    for (const sort of nodes.filter((node) => node['Node Type'] === 'Sort'))
      expect((sort.Plans ?? []).reduce((sum, one) => sum + one['Actual Rows'], 0)).toBeLessThanOrEqual(2_500)
    if (example.index !== undefined) {
      const used = nodes.flatMap(({ 'Index Name': name = [] }) => name)
      expect(used.some((name) => nameOf(name).includes(example.index ?? ''))).toBe(true)
    }
  }
}

/** The name of the partitioned index to which an index of a partition belongs. */
function nameOf(index: string): string {
  const parts: Readonly<Record<string, string>> = {
    project_id_log_bucket_started_at_id_idx: 'attempts_project_log_bucket',
    webhook_id_log_bucket_started_at_id_idx: 'attempts_webhook_log_bucket',
    webhook_id_started_at_id_idx1: 'attempts_webhook_bucketed',
    project_id_started_at_id_idx: 'attempts_project',
    webhook_id_started_at_id_idx: 'attempts_webhook',
    delivery_id_number_idx: 'attempts_delivery',
  }
  return parts[index.replace(/^attempts_\d+_/, '')] ?? index
}

function daysRead(plan: readonly Node[]): readonly string[] {
  const read = plan
    .flatMap(nodesOf)
    .filter((node) => node['Relation Name'] !== undefined && rowsRead([node]) > 0)
  return [...new Set(read.flatMap((node) => node['Relation Name'] ?? []))].filter((name) =>
    name.startsWith('attempts_'),
  )
}

function relationsOf(node: Node): readonly string[] {
  return [node['Relation Name'] ?? [], (node.Plans ?? []).flatMap(relationsOf)].flat()
}
