/**
 * DataLoaders: collect the reads of one request, or of one batch of subscription events, into one statement per kind of
 * object. Loaded objects are cached for that request or batch only.
 */
import DataLoader from 'dataloader'
import type { AuditedStates, ListedEntry } from '../../domain/audit/audit-entry.ts'
import type { Attempt, AttemptContent, Delivery, ReadContent } from '../../domain/deliveries/delivery.ts'
import type { Event, ListedEvent } from '../../domain/orders/event.ts'
import type { Key } from '../../domain/access/key.ts'
import type { Customer, Site } from '../../domain/orders/order.ts'
import type { Partner } from '../../domain/access/partner.ts'
import type { ShownOrder } from '../../domain/access/partner-view.ts'
import type { Webhook } from '../../domain/webhooks/webhook.ts'
import type { AttemptCounts } from '../../domain/policies/attempt-counts.ts'
import type { Topic } from '../../domain/orders/topic.ts'
import type { Backlog, WebhookWindow } from '../../db/tenant/reads/webhook-health.ts'
import type { DeliveryParent } from '../../db/tenant/reads/child-lists.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import type { Page, PageRequest } from '../../domain/lists/page.ts'
import type { Project } from '../../domain/access/project.ts'

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
  readonly auditEntries: DataLoader<string, ListedEntry | null>
  readonly auditedStates: DataLoader<string, AuditedStates | null>
  /** The topics that the project created, by name. */
  readonly topics: DataLoader<string, Topic | null>
  readonly requests: ContentLoader<AttemptContent['request']>
  readonly responses: ContentLoader<AttemptContent['response']>
  readonly eventsOf: ChildLoader<HasId, string, ListedEvent>
  readonly deliveriesOf: Readonly<Record<DeliveryParent, ChildLoader<HasId, string, Delivery>>>
  readonly attemptsOf: ChildLoader<Delivery, number, Attempt>
  /** By webhook id, like `latestAttempts`. */
  readonly backlogs: DataLoader<string, Backlog>
  readonly latestAttempts: DataLoader<string, Attempt | null>
  readonly attemptCounts: DataLoader<WebhookWindow, AttemptCounts, string>
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

/**
 * Maximum number of bytes of bodies that one statement reads. Another statement reads the remaining bodies after the
 * operation's byte budget has accepted their size.
 */
const maxBytesAtOnce = 4 * 1024 * 1024

/** `most`: maximum number of objects that one statement reads. */
export function makeLoaders(store: ProjectStore, most = Infinity): Loaders {
  const bounds = { maxBatchSize: most }
  return {
    projects: byId(async (ids) => {
      const mine = await store.project()
      return ids.includes(mine.id) ? [mine] : []
    }),
    keys: byId((ids) => store.keysByIds(ids)),
    actingKeys: byId((ids) => store.actingKeysByIds(ids)),
    partners: byId((ids) => store.partnersByIds(ids)),
    sites: byId((ids) => store.sitesByIds(ids)),
    customers: byId((ids) => store.customersByIds(ids)),
    orders: byId((ids) => store.ordersByIds(ids)),
    events: byId((ids) => store.eventsByIds(ids)),
    eventData: byId((ids) => store.eventDataByIds(ids)),
    webhooks: byId((ids) => store.webhooksByIds(ids)),
    deliveries: byId((ids) => store.deliveriesByIds(ids)),
    attempts: byId((ids) => store.attemptsByIds(ids)),
    auditEntries: byId((ids) => store.auditEntriesByIds(ids)),
    auditedStates: byId((ids) => store.auditedStatesByIds(ids)),
    topics: new DataLoader(async (names) => {
      const found = new Map((await store.topicsByNames(names)).map((topic) => [topic.name, topic]))
      return names.map((name) => found.get(name) ?? null)
    }, bounds),
    requests: new DataLoader((attempts) => store.requestsOf(attempts, maxBytesAtOnce), {
      ...bounds,
      cacheKeyFn: ({ id }) => id,
    }),
    responses: new DataLoader((attempts) => store.responsesOf(attempts, maxBytesAtOnce), {
      ...bounds,
      cacheKeyFn: ({ id }) => id,
    }),
    eventsOf: pagesOf((orders: readonly HasId[], page) => store.eventsOf(orders.map(idOf), page)),
    deliveriesOf: {
      order: deliveriesOf('order'),
      event: deliveriesOf('event'),
      webhook: deliveriesOf('webhook'),
    },
    attemptsOf: pagesOf((deliveries: readonly Delivery[], page) => store.attemptsOf(deliveries, page)),
    backlogs: new DataLoader((ids) => store.backlogsOf(ids), bounds),
    latestAttempts: new DataLoader((ids) => store.latestAttemptsOf(ids), bounds),
    attemptCounts: new DataLoader((wanted) => store.attemptCountsOf(wanted), {
      ...bounds,
      cacheKeyFn: ({ webhookId, window }) => `${webhookId} ${window}`,
    }),
  }

  function deliveriesOf(parent: DeliveryParent): ChildLoader<HasId, string, Delivery> {
    return pagesOf((parents, page) => store.deliveriesOf(parent, parents.map(idOf), page))
  }

  function byId<T extends HasId>(
    load: (ids: readonly string[]) => Promise<readonly T[]>,
  ): DataLoader<string, T | null> {
    return new DataLoader(async (ids) => {
      const found = new Map((await load(ids)).map((one) => [one.id, one]))
      return ids.map((id) => found.get(id) ?? null)
    }, bounds)
  }

  // One statement reads all pages that differ only in their parent. One request rarely requests two kinds of page.
  function pagesOf<Parent extends HasId, Key, Child>(
    load: (parents: readonly Parent[], page: PageRequest<Key>) => Promise<readonly Page<Child>[]>,
  ): ChildLoader<Parent, Key, Child> {
    const loadAll = async (wanted: readonly ChildPage<Parent, Key>[]): Promise<Page<Child>[]> => {
      const groups = new Map<
        string,
        { readonly page: PageRequest<Key>; readonly group: ChildPage<Parent, Key>[] }
      >()
      for (const one of wanted) {
        const kind = JSON.stringify(one.page)
        const known = groups.get(kind)
        if (known === undefined) groups.set(kind, { page: one.page, group: [one] })
        else known.group.push(one)
      }
      const pages = new Map<ChildPage<Parent, Key>, Page<Child>>()
      for (const { page, group } of groups.values()) {
        const read = await load(
          group.map(({ parent }) => parent),
          page,
        )
        for (const [index, one] of group.entries()) pages.set(one, read[index] ?? nothing)
      }
      return wanted.map((one) => pages.get(one) ?? nothing)
    }
    return new DataLoader(loadAll, {
      ...bounds,
      cacheKeyFn: ({ parent, page }) => JSON.stringify([parent.id, page]),
    })
  }
}

const nothing = { items: [], hasNextPage: false, hasPreviousPage: false }

function idOf({ id }: HasId): string {
  return id
}
