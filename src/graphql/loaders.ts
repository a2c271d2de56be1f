/**
 * Collects what the resolvers of one request ask for into one statement per kind, and remembers
 * it for that request only.
 */
import DataLoader from 'dataloader'
import type { Attempt, AttemptContent, Delivery } from '../domain/delivery.ts'
import type { Event } from '../domain/event.ts'
import type { Customer, Order, Site } from '../domain/order.ts'
import type { Webhook } from '../domain/webhook.ts'
import type { Page, PageRequest, ProjectStore } from '../flow/ports.ts'

export interface Loaders {
  readonly sites: DataLoader<string, Site | null>
  readonly customers: DataLoader<string, Customer | null>
  readonly orders: DataLoader<string, Order | null>
  readonly events: DataLoader<string, Event | null>
  readonly webhooks: DataLoader<string, Webhook | null>
  readonly deliveries: DataLoader<string, Delivery | null>
  readonly attempts: DataLoader<string, Attempt | null>
  readonly contents: DataLoader<Attempt, AttemptContent | null, string>
  readonly attemptsOf: DataLoader<AttemptsOf, Page<Attempt>, string>
}

/** A page of one delivery's attempts. */
export interface AttemptsOf {
  readonly delivery: Delivery
  readonly page: PageRequest<number>
}

export function makeLoaders(store: ProjectStore): Loaders {
  return {
    sites: byId((ids) => store.sitesByIds(ids)),
    customers: byId((ids) => store.customersByIds(ids)),
    orders: byId((ids) => store.ordersByIds(ids)),
    events: byId((ids) => store.eventsByIds(ids)),
    webhooks: byId((ids) => store.webhooksByIds(ids)),
    deliveries: byId((ids) => store.deliveriesByIds(ids)),
    attempts: byId((ids) => store.attemptsByIds(ids)),
    contents: new DataLoader((attempts) => store.contentsOf(attempts), {
      cacheKeyFn: (attempt) => attempt.id,
    }),
    attemptsOf: new DataLoader((wanted) => loadAttemptsOf(store, wanted), {
      cacheKeyFn: ({ delivery, page }) => JSON.stringify([delivery.id, page]),
    }),
  }
}

function byId<T extends { readonly id: string }>(
  load: (ids: readonly string[]) => Promise<readonly T[]>,
): DataLoader<string, T | null> {
  return new DataLoader(async (ids) => {
    const found = new Map((await load(ids)).map((one) => [one.id, one]))
    return ids.map((id) => found.get(id) ?? null)
  })
}

// Pages that differ only in their delivery are read together; one request rarely asks for two kinds of page.
async function loadAttemptsOf(store: ProjectStore, wanted: readonly AttemptsOf[]): Promise<Page<Attempt>[]> {
  const groups = new Map<string, AttemptsOf[]>()
  for (const one of wanted) {
    const kind = JSON.stringify(one.page)
    groups.set(kind, [...(groups.get(kind) ?? []), one])
  }
  const pages = new Map<AttemptsOf, Page<Attempt>>()
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    const read = await store.attemptsOf(
      group.map(({ delivery }) => delivery),
      first.page,
    )
    for (const [index, one] of group.entries()) {
      const page = read[index]
      if (page !== undefined) pages.set(one, page)
    }
  }
  return wanted.map((one) => pages.get(one) ?? { items: [], hasNextPage: false, hasPreviousPage: false })
}
