/**
 * Collects what the resolvers of one request ask for into one statement per kind, and remembers
 * it for that request only. Events of subscriptions share theirs: `event-reads.ts`.
 */
import DataLoader from 'dataloader'
import type { AuditEntry } from '../domain/audit.ts'
import type { Attempt, AttemptContent, Delivery } from '../domain/delivery.ts'
import type { Event } from '../domain/event.ts'
import type { Key } from '../domain/key.ts'
import type { Customer, Site } from '../domain/order.ts'
import type { Partner } from '../domain/partner.ts'
import type { ShownOrder } from '../domain/partner-sight.ts'
import type { Webhook } from '../domain/webhook.ts'
import type { Tally } from '../domain/tally.ts'
import type {
  Backlog,
  DeliveryParent,
  Page,
  PageRequest,
  Project,
  ProjectStore,
  WebhookWindow,
} from '../flow/project-ports.ts'

export interface Loaders {
  readonly projects: Loader<string, Project | null>
  readonly keys: Loader<string, Key | null>
  /** Those that acted in the project, OPERATORs' too: for who has found them named in its audit log. */
  readonly actingKeys: Loader<string, Key | null>
  readonly partners: Loader<string, Partner | null>
  readonly sites: Loader<string, Site | null>
  readonly customers: Loader<string, Customer | null>
  readonly orders: Loader<string, ShownOrder | null>
  readonly events: Loader<string, Event | null>
  readonly webhooks: Loader<string, Webhook | null>
  readonly deliveries: Loader<string, Delivery | null>
  readonly attempts: Loader<string, Attempt | null>
  readonly auditEntries: Loader<string, AuditEntry | null>
  readonly contents: Loader<Attempt, AttemptContent | null>
  readonly eventsOf: ChildLoader<HasId, string, Event>
  readonly deliveriesOf: Readonly<Record<DeliveryParent, ChildLoader<HasId, string, Delivery>>>
  readonly attemptsOf: ChildLoader<Delivery, number, Attempt>
  /** By the webhook's id, as the one below. */
  readonly backlogs: Loader<string, Backlog>
  readonly latestAttempts: Loader<string, Attempt | null>
  readonly tallies: Loader<WebhookWindow, Tally>
}

interface HasId {
  readonly id: string
}

/** A page of what hangs on one thing. */
interface ChildPage<Parent, Key> {
  readonly parent: Parent
  readonly page: PageRequest<Key>
}

type ChildLoader<Parent, Key, Child> = Loader<ChildPage<Parent, Key>, Page<Child>>

/** Reads what is asked for one by one together with others of its kind. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value>
}

/** `load` answers in the order of its keys; `nameOf` tells keys apart. */
export type BuildLoader = <Key, Value>(
  kind: string,
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  nameOf: (key: Key) => string,
) => Loader<Key, Value>

const ofOneRequest: BuildLoader = (_, load, nameOf) => new DataLoader(load, { cacheKeyFn: nameOf })

export function makeLoaders(store: ProjectStore, build: BuildLoader = ofOneRequest): Loaders {
  return {
    projects: byId('projects', async (ids) => {
      const mine = await store.project()
      return ids.includes(mine.id) ? [mine] : []
    }),
    keys: byId('keys', (ids) => store.keysByIds(ids)),
    actingKeys: byId('actingKeys', (ids) => store.actingKeysByIds(ids)),
    partners: byId('partners', (ids) => store.partnersByIds(ids)),
    sites: byId('sites', (ids) => store.sitesByIds(ids)),
    customers: byId('customers', (ids) => store.customersByIds(ids)),
    orders: byId('orders', (ids) => store.ordersByIds(ids)),
    events: byId('events', (ids) => store.eventsByIds(ids)),
    webhooks: byId('webhooks', (ids) => store.webhooksByIds(ids)),
    deliveries: byId('deliveries', (ids) => store.deliveriesByIds(ids)),
    attempts: byId('attempts', (ids) => store.attemptsByIds(ids)),
    auditEntries: byId('auditEntries', (ids) => store.auditEntriesByIds(ids)),
    contents: build('contents', (attempts: readonly Attempt[]) => store.contentsOf(attempts), idOf),
    eventsOf: pagesOf('eventsOf', (orders: readonly HasId[], page) => store.eventsOf(orders.map(idOf), page)),
    deliveriesOf: {
      order: deliveriesOf('order'),
      event: deliveriesOf('event'),
      webhook: deliveriesOf('webhook'),
    },
    attemptsOf: pagesOf('attemptsOf', (deliveries: readonly Delivery[], page) =>
      store.attemptsOf(deliveries, page),
    ),
    backlogs: build('backlogs', (ids) => store.backlogsOf(ids), itself),
    latestAttempts: build('latestAttempts', (ids) => store.latestAttemptsOf(ids), itself),
    tallies: build(
      'tallies',
      (wanted) => store.talliesOf(wanted),
      ({ webhookId, window }) => `${webhookId} ${window}`,
    ),
  }

  function deliveriesOf(parent: DeliveryParent): ChildLoader<HasId, string, Delivery> {
    return pagesOf(`${parent}.deliveries`, (parents, page) =>
      store.deliveriesOf(parent, parents.map(idOf), page),
    )
  }

  function byId<T extends HasId>(
    kind: string,
    load: (ids: readonly string[]) => Promise<readonly T[]>,
  ): Loader<string, T | null> {
    const inOrder = async (ids: readonly string[]): Promise<readonly (T | null)[]> => {
      const found = new Map((await load(ids)).map((one) => [one.id, one]))
      return ids.map((id) => found.get(id) ?? null)
    }
    return build(kind, inOrder, itself)
  }

  function pagesOf<Parent extends HasId, Key, Child>(
    kind: string,
    load: (parents: readonly Parent[], page: PageRequest<Key>) => Promise<readonly Page<Child>[]>,
  ): ChildLoader<Parent, Key, Child> {
    return build(kind, eachPage(load), ({ parent, page }) => JSON.stringify([parent.id, page]))
  }
}

// Pages that differ only in their parent are read together; one request rarely asks for two kinds of page.
function eachPage<Parent extends HasId, Key, Child>(
  load: (parents: readonly Parent[], page: PageRequest<Key>) => Promise<readonly Page<Child>[]>,
): (wanted: readonly ChildPage<Parent, Key>[]) => Promise<Page<Child>[]> {
  return async (wanted) => {
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
}

const nothing = { items: [], hasNextPage: false, hasPreviousPage: false }

function idOf({ id }: HasId): string {
  return id
}

function itself(id: string): string {
  return id
}
