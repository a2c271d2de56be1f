/**
 * DataLoaders: collect the reads of one request, or of one batch of subscription events, into one statement per kind of
 * object. Loaded objects are cached for that request or batch only.
 */
import DataLoader from 'dataloader'
import type { AuditedStates, ListedEntry } from '../../domain/audit/audit-entry.ts'
import type { BulkRetry } from '../../domain/deliveries/bulk-retry.ts'
import type { Attempt, AttemptContent, Delivery, ReadContent } from '../../domain/deliveries/delivery.ts'
import type { Event, ListedEvent } from '../../domain/orders/event.ts'
import type { Key } from '../../domain/access/key.ts'
import type { Customer, Site } from '../../domain/orders/order.ts'
import type { Partner } from '../../domain/access/partner.ts'
import type { ShownOrder } from '../../domain/access/partner-view.ts'
import type { Webhook } from '../../domain/webhooks/webhook.ts'
import type { AttemptCounts, SeriesBucket } from '../../domain/policies/attempt-counts.ts'
import type { Topic } from '../../domain/orders/topic.ts'
import type { Backlog, WebhookWindow } from '../../db/tenant/reads/webhook-health.ts'
import type { DeliveryParent } from '../../db/tenant/reads/child-lists.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import type { Project } from '../../domain/access/project.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'

export interface Loaders {
  readonly projects: DataLoader<string, Project | null>
  readonly keys: DataLoader<string, Key | null>
  /** Keys that acted in the project, including OPERATOR keys. Used for entries of the audit log. */
  readonly actingKeys: DataLoader<string, Key | null>
  readonly partners: DataLoader<string, Partner | null>
  readonly sites: DataLoader<string, Site | null>
  readonly customers: DataLoader<string, Customer | null>
  readonly orders: DataLoader<string, ShownOrder | null>
  readonly events: DataLoader<string, ListedEvent | null>
  readonly eventData: DataLoader<string, Pick<Event, 'id' | 'data'> | null>
  readonly webhooks: DataLoader<string, Webhook | null>
  readonly deliveries: DataLoader<string, Delivery | null>
  readonly attempts: DataLoader<string, Attempt | null>
  readonly bulkRetries: DataLoader<string, BulkRetry | null>
  readonly auditEntries: DataLoader<string, ListedEntry | null>
  readonly auditedStates: DataLoader<string, AuditedStates | null>
  /** The topics that the project created, by name. */
  readonly topics: DataLoader<string, Topic | null>
  readonly requests: ContentLoader<AttemptContent['request']>
  readonly responses: ContentLoader<AttemptContent['response']>
  readonly eventsOf: ChildLoader<HasId, string, ListedEvent>
  readonly deliveriesOf: Readonly<Record<DeliveryParent, ChildLoader<HasId, string, Delivery>>>
  readonly deliveryCountsOf: Readonly<Record<DeliveryParent, CountLoader>>
  readonly attemptsOf: ChildLoader<Delivery, number, Attempt>
  /** By webhook id, like `latestAttempts`. */
  readonly backlogs: DataLoader<string, Backlog>
  readonly latestAttempts: DataLoader<string, Attempt | null>
  readonly attemptCounts: DataLoader<WebhookWindow, AttemptCounts, string>
  readonly attemptSeries: DataLoader<WebhookWindow, readonly SeriesBucket[], string>
}

type ContentLoader<Part> = DataLoader<Attempt, ReadContent<Part> | null, string>

interface HasId {
  readonly id: string
}

/** One page of the children of one parent. */
interface ChildPage<Parent, Key> {
  readonly parent: Parent
  readonly page: PageRequest<Key>
}

type ChildLoader<Parent, Key, Child> = DataLoader<ChildPage<Parent, Key>, Page<Child>, string>

/** The number of a parent's children, up to `max`, which is the same for all. */
type CountLoader = DataLoader<CountRequest, number, string>

interface CountRequest extends HasId {
  readonly max: number
}

/**
 * Maximum number of bytes of bodies that one statement reads. Another statement reads the remaining bodies after the
 * operation's byte budget has accepted their size.
 */
const maxBytesAtOnce = 4 * 1024 * 1024

/** `maxBatchSize`: maximum number of objects that one statement reads. */
export function makeLoaders(store: ProjectStore, maxBatchSize = Infinity): Loaders {
  const bounds: Bounds = { maxBatchSize }
  const deliveriesOf = (parent: DeliveryParent): ChildLoader<HasId, string, Delivery> =>
    pagesOf((parents, page) => store.deliveriesOf(parent, parents.map(idOf), page), bounds)
  const deliveryCountsOf = (parent: DeliveryParent): CountLoader =>
    new DataLoader(
      (wanted: readonly CountRequest[]) =>
        store.deliveryCountsOf(parent, wanted.map(idOf), Math.max(...wanted.map(({ max }) => max))),
      { ...bounds, cacheKeyFn: idOf },
    )
  const ofWindows = {
    ...bounds,
    cacheKeyFn: ({ webhookId, window }: WebhookWindow) => `${webhookId} ${window}`,
  }
  return {
    projects: byId(async (ids) => {
      const project = await store.project()
      return ids.includes(project.id) ? [project] : []
    }, bounds),
    keys: byId((ids) => store.keysByIds(ids), bounds),
    actingKeys: byId((ids) => store.actingKeysByIds(ids), bounds),
    partners: byId((ids) => store.partnersByIds(ids), bounds),
    sites: byId((ids) => store.sitesByIds(ids), bounds),
    customers: byId((ids) => store.customersByIds(ids), bounds),
    orders: byId((ids) => store.ordersByIds(ids), bounds),
    events: byId((ids) => store.eventsByIds(ids), bounds),
    eventData: byId((ids) => store.eventDataByIds(ids), bounds),
    webhooks: byId((ids) => store.webhooksByIds(ids), bounds),
    deliveries: byId((ids) => store.deliveriesByIds(ids), bounds),
    attempts: byId((ids) => store.attemptsByIds(ids), bounds),
    bulkRetries: byId((ids) => store.bulkRetriesByIds(ids), bounds),
    auditEntries: byId((ids) => store.auditEntriesByIds(ids), bounds),
    auditedStates: byId((ids) => store.auditedStatesByIds(ids), bounds),
    topics: byKey(
      (names) => store.topicsByNames(names),
      ({ name }) => name,
      bounds,
    ),
    requests: new DataLoader((attempts) => store.requestsOf(attempts, maxBytesAtOnce), {
      ...bounds,
      cacheKeyFn: ({ id }) => id,
    }),
    responses: new DataLoader((attempts) => store.responsesOf(attempts, maxBytesAtOnce), {
      ...bounds,
      cacheKeyFn: ({ id }) => id,
    }),
    eventsOf: pagesOf((orders: readonly HasId[], page) => store.eventsOf(orders.map(idOf), page), bounds),
    deliveriesOf: {
      order: deliveriesOf('order'),
      event: deliveriesOf('event'),
      webhook: deliveriesOf('webhook'),
    },
    deliveryCountsOf: {
      order: deliveryCountsOf('order'),
      event: deliveryCountsOf('event'),
      webhook: deliveryCountsOf('webhook'),
    },
    attemptsOf: pagesOf(
      (deliveries: readonly Delivery[], page) => store.attemptsOf(deliveries, page),
      bounds,
    ),
    backlogs: new DataLoader((ids) => store.backlogsOf(ids), bounds),
    latestAttempts: new DataLoader((ids) => store.latestAttemptsOf(ids), bounds),
    attemptCounts: new DataLoader((windows) => store.attemptCountsOf(windows), ofWindows),
    attemptSeries: new DataLoader((windows) => store.attemptSeriesOf(windows), ofWindows),
  }
}

/** The loaders of an operation in no project: the OPERATOR keys that acted on OPERATOR keys. */
export function makeInstallationLoaders(admin: AdminStore): Pick<Loaders, 'actingKeys'> {
  return { actingKeys: byId((ids) => admin.operatorKeysByIds(ids), {}) }
}

type Bounds = Pick<DataLoader.Options<unknown, unknown>, 'maxBatchSize'>

function byId<T extends HasId>(
  load: (ids: readonly string[]) => Promise<readonly T[]>,
  bounds: Bounds,
): DataLoader<string, T | null> {
  return byKey(load, idOf, bounds)
}

function byKey<T>(
  load: (keys: readonly string[]) => Promise<readonly T[]>,
  keyOf: (object: T) => string,
  bounds: Bounds,
): DataLoader<string, T | null> {
  return new DataLoader(async (keys) => {
    const found = new Map((await load(keys)).map((object) => [keyOf(object), object]))
    return keys.map((key) => found.get(key) ?? null)
  }, bounds)
}

/** One statement reads all pages that differ only in their parent. One request rarely requests two kinds of page. */
function pagesOf<Parent extends HasId, Key, Child>(
  load: (parents: readonly Parent[], page: PageRequest<Key>) => Promise<readonly Page<Child>[]>,
  bounds: Bounds,
): ChildLoader<Parent, Key, Child> {
  const loadAll = async (wanted: readonly ChildPage<Parent, Key>[]): Promise<Page<Child>[]> => {
    const pages = new Map<ChildPage<Parent, Key>, Page<Child>>()
    for (const group of groupsOf(wanted)) {
      const read = await load(
        group.children.map(({ parent }) => parent),
        group.page,
      )
      for (const [index, child] of group.children.entries()) pages.set(child, read[index] ?? emptyPage)
    }
    return wanted.map((child) => pages.get(child) ?? emptyPage)
  }
  return new DataLoader(loadAll, {
    ...bounds,
    cacheKeyFn: ({ parent, page }) => JSON.stringify([parent.id, page]),
  })
}

/** Requested pages that differ only in their parent. */
interface PageGroup<Parent, Key> {
  readonly page: PageRequest<Key>
  readonly children: ChildPage<Parent, Key>[]
}

function groupsOf<Parent, Key>(wanted: readonly ChildPage<Parent, Key>[]): Iterable<PageGroup<Parent, Key>> {
  const groups = new Map<string, PageGroup<Parent, Key>>()
  for (const child of wanted) {
    const name = JSON.stringify(child.page)
    const group = groups.get(name) ?? { page: child.page, children: [] }
    groups.set(name, group)
    group.children.push(child)
  }
  return groups.values()
}

const emptyPage = { items: [], hasNextPage: false, hasPreviousPage: false }

function idOf({ id }: HasId): string {
  return id
}
