/** The lists of the API that `paging.test.ts` pages through: how to read each, its length, and its cursors. */
import type { Tenant } from '../../support/server.ts'
import type { Input } from '../support/fixtures.ts'

/** Projects and ids that the test created. */
export interface PagedObjects {
  /** Two webhooks, one order with 12 events. */
  readonly acme: Tenant
  /** One delivery with 5 attempts. */
  readonly failing: Tenant
  /** 7 sites, customers, orders, webhooks, partners and keys. */
  readonly catalogue: Tenant
  readonly deliveryId: string
  readonly orderId: string
  readonly webhookIds: readonly string[]
  /** An event with a delivery to each webhook of `catalogue`. */
  readonly eventId: string
}

export interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[]
  readonly nodes: readonly { readonly id: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** A list of the API, the project that it is read from, its length, and how to read a page. */
export interface List {
  readonly name: string
  readonly owner: () => Tenant
  readonly count: number
  readonly page: (args: Input, tenant?: Tenant) => Promise<Connection>
  readonly raw: (args: Input, tenant?: Tenant) => ReturnType<Tenant['post']>
  /** The prefix of the ids in its cursors, and the list and filter that they are bound to. */
  readonly prefix: string
  readonly scope: () => { readonly list: string; readonly filter: unknown }
}

const pageFields =
  'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const pageVariables = '$first: Int, $after: String, $last: Int, $before: String'
const pageArguments = 'first: $first, after: $after, last: $last, before: $before'
const always = { from: null, until: null }

/** A list of the project. `none` is the parsed form of the empty filter. */
function ofProject(
  name: string,
  filter: string,
  prefix: string,
  count: number,
  owner: () => Tenant,
  none: object,
): List {
  const query = `query ($filter: ${filter}, ${pageVariables}) { ${name}(filter: $filter, ${pageArguments}) { ${pageFields} } }`
  return {
    name,
    owner,
    count,
    prefix,
    page: async (args, tenant = owner()) =>
      (await tenant.gql<Record<string, Connection>>(query, args))[name] as Connection,
    raw: (variables, tenant = owner()) => tenant.post({ query, variables }),
    scope: () => ({ list: name, filter: none }),
  }
}

/** A list of the project without a filter. */
function unfiltered(name: string, prefix: string, count: number, owner: () => Tenant): List {
  const query = `query (${pageVariables}) { ${name}(${pageArguments}) { ${pageFields} } }`
  return {
    name,
    owner,
    count,
    prefix,
    page: async (args, tenant = owner()) =>
      (await tenant.gql<Record<string, Connection>>(query, args))[name] as Connection,
    raw: (variables, tenant = owner()) => tenant.post({ query, variables }),
    scope: () => ({ list: name, filter: null }),
  }
}

/** A list of one object, such as the events of an order. */
function ofObject(
  parent: string,
  name: string,
  prefix: string,
  count: number,
  owner: () => Tenant,
  id: () => string,
): List {
  const query = `query ($id: ID!, ${pageVariables}) { ${parent}(id: $id) { ${name}(${pageArguments}) { ${pageFields} } } }`
  return {
    name: `${parent}.${name}`,
    owner,
    count,
    prefix,
    page: async (args, tenant = owner()) => {
      const answer = await tenant.gql<Record<string, Record<string, Connection>>>(query, {
        id: id(),
        ...args,
      })
      return answer[parent]?.[name] as Connection
    },
    raw: (variables, tenant = owner()) => tenant.post({ query, variables: { id: id(), ...variables } }),
    scope: () => ({ list: `${parent}.${name}`, filter: id() }),
  }
}

/** Members that both filters of deliveries and of attempts have. */
const log = { webhookIds: [], orderIds: [] }

/** All lists of the API except auditLog and projects, read from the objects that the test created. */
export function pagedLists(objects: () => PagedObjects): readonly List[] {
  const ofAcme = (): Tenant => objects().acme
  const ofCatalogue = (): Tenant => objects().catalogue
  const orderId = (): string => objects().orderId
  return [
    ofProject('deliveries', 'DeliveryFilter', 'dlv', 24, ofAcme, {
      ...log,
      eventIds: [],
      topics: [],
      states: [],
      createdAt: always,
    }),
    ofProject('deliveryAttempts', 'DeliveryAttemptFilter', 'att', 24, ofAcme, {
      ...log,
      topics: [],
      outcomes: [],
      startedAt: always,
    }),
    ofProject('events', 'EventFilter', 'evt', 12, ofAcme, {
      orderIds: [],
      siteIds: [],
      topics: [],
      createdAt: always,
    }),
    ofProject('sites', 'SiteFilter', 'sit', 7, ofCatalogue, { partnerIdentifiers: [], createdAt: always }),
    ofProject('customers', 'CustomerFilter', 'cus', 7, ofCatalogue, { createdAt: always }),
    ofProject('orders', 'OrderFilter', 'ord', 7, ofCatalogue, {
      siteIds: [],
      customerIds: [],
      states: [],
      customerStates: [],
      partnerIdentifiers: [],
      sources: [],
      createdAt: always,
    }),
    ofProject('webhooks', 'WebhookFilter', 'whk', 7, ofCatalogue, {
      enabled: null,
      presets: [],
      partnerIds: [],
      createdAt: always,
    }),
    unfiltered('partners', 'ptn', 7, ofCatalogue),
    unfiltered('keys', 'key', 7, ofCatalogue),
    unfiltered('bulkRetries', 'brt', 7, ofCatalogue),
    ofObject(
      'delivery',
      'attempts',
      'att',
      5,
      () => objects().failing,
      () => objects().deliveryId,
    ),
    ofObject('order', 'events', 'evt', 12, ofAcme, orderId),
    ofObject('order', 'deliveries', 'dlv', 24, ofAcme, orderId),
    ofObject('webhook', 'deliveries', 'dlv', 12, ofAcme, () => objects().webhookIds[0] ?? ''),
    ofObject('event', 'deliveries', 'dlv', 7, ofCatalogue, () => objects().eventId),
  ]
}

/** The list whose cursors hold a number instead of an id. */
export const byNumber = 'delivery.attempts'
