// Written by `npm run generate` from schema.graphql.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql'
import type { Site as SiteModel } from '../../../domain/orders/order.ts'
import type {
  ShownCustomer as CustomerModel,
  ShownOrder as OrderModel,
} from '../../../domain/access/partner-view.ts'
import type {
  ShownEvent as EventModel,
  OrderPage as OrderPageModel,
  WebhookPage as WebhookPageModel,
  DeliveryPage as DeliveryPageModel,
  ShownEntry as AuditEntryModel,
  ShownTopic as TopicModel,
  Installation as InstallationModel,
  OrderPayload as OrderPayloadModel,
  OrderDeletePayload as OrderDeletePayloadModel,
  CustomerPayload as CustomerPayloadModel,
  EventPublishPayload as EventPublishPayloadModel,
  AttemptEvent as AttemptEventModel,
  LiveEvent as LiveEventModel,
  WebhookChangeEvent as WebhookChangeEventModel,
} from '../payloads.ts'
import type {
  Webhook as WebhookModel,
  OrderConditions as OrderConditionsModel,
} from '../../../domain/webhooks/webhook.ts'
import type {
  Delivery as DeliveryModel,
  Attempt as AttemptModel,
} from '../../../domain/deliveries/delivery.ts'
import type { BulkRetry as BulkRetryModel } from '../../../domain/deliveries/bulk-retry.ts'
import type { Key as KeyModel } from '../../../domain/access/key.ts'
import type { Partner as PartnerModel } from '../../../domain/access/partner.ts'
import type { DisableRule as DisableRuleModel } from '../../../domain/policies/disable-rule.ts'
import type {
  SeriesBucket as SeriesBucketModel,
  AttemptCounts as AttemptCountsModel,
} from '../../../domain/policies/attempt-counts.ts'
import type { PresetDescription as PresetInfoModel } from '../../../domain/webhooks/catalogue.ts'
import type { Project as ProjectModel } from '../../../domain/access/project.ts'
import type { Viewer as ViewerModel, ProjectContext, Context } from '../context.ts'
import type { ProjectStatus as ProjectStatusModel } from '../../../domain/installation/project-status.ts'
import type { RunningProcess as RunningProcessModel } from '../../../domain/installation/process.ts'
import type { WebhookChange as WebhookChangeModel } from '../../../domain/feed/webhook-change.ts'
export type Maybe<T> = T | null
export type InputMaybe<T> = T | null | undefined
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> }
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string }
  String: { input: string; output: string }
  Boolean: { input: boolean; output: boolean }
  Int: { input: number; output: number }
  Float: { input: number; output: number }
  /**
   * An instant in UTC, in RFC 3339 format with milliseconds and `Z`: `2026-02-26T17:15:33.645Z`. Input may have any UTC
   * offset and is converted to UTC. Years 1970 to 9999; other input is refused with BAD_USER_INPUT.
   */
  DateTime: { input: Date; output: Date }
  /**
   * Any JSON value. Numbers are IEEE 754 doubles. In output, integers beyond 2^53 lose digits; the bodies of requests,
   * which are stored as text, keep them. In input, integers beyond 2^53 and numbers beyond 1.8e308 are refused with
   * INVALID.
   *
   * Input is stored as compact JSON. Keys keep their order, except that integer keys come first, as in JavaScript. Of
   * duplicate keys the last one is kept. Strings are stored unchanged. Numbers are stored in their shortest form.
   */
  JSON: { input: unknown; output: unknown }
}

/** An object with an id, by which the field `node` returns it. */
export type Node = {
  /** An opaque id. Its prefix names the type of the object, and ids are ordered by creation time. */
  readonly id: Scalars['ID']['output']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type Query = {
  /** The key that authenticated this request, and the project that it acts in. */
  readonly viewer: Viewer
  /** The project that the key acts in. */
  readonly project: Project
  /** All projects of the installation, newest first. Requires an OPERATOR key; the header `x-project` is not needed. */
  readonly projects: ProjectConnection
  /**
   * The installation: its projects with the figures that show trouble, and its running processes. Requires an OPERATOR key;
   * the header `x-project` is not needed and changes nothing.
   */
  readonly installation: Installation
  /** The partner with this id, or null if the project has none. Not available to PARTNER keys. */
  readonly partner?: Maybe<Partner>
  /** The project's partners, newest first. Not available to PARTNER keys. */
  readonly partners: PartnerConnection
  /**
   * The project's keys, newest first, including expired and revoked ones. An OPERATOR without `x-project` receives the
   * OPERATOR keys, which belong to no project. Requires an OPERATOR or PLATFORM key.
   */
  readonly keys: KeyConnection
  /**
   * The project's audit log, newest entry first. An OPERATOR without `x-project` receives the entries about OPERATOR
   * keys. Requires an OPERATOR or PLATFORM key.
   */
  readonly auditLog: AuditEntryConnection
  /** The object with this id, or null if the project has none or the object was deleted. */
  readonly node?: Maybe<Node>
  /**
   * The objects with these ids, in the order of the ids. An entry is null if the project has no such object or the
   * object was deleted.
   */
  readonly nodes: ReadonlyArray<Maybe<Node>>
  /** The site with this id or number, or null if the project has none. Not available to PARTNER keys. */
  readonly site?: Maybe<Site>
  /** The project's sites, newest first. Not available to PARTNER keys. */
  readonly sites: SiteConnection
  /** The customer with this id or number, or null if the project has none. Not available to PARTNER keys. */
  readonly customer?: Maybe<Customer>
  /** The project's customers, newest first. Not available to PARTNER keys. */
  readonly customers: CustomerConnection
  /**
   * The order with this id, number, UUID or partner identifier, or null if the project has none or the order was
   * deleted.
   */
  readonly order?: Maybe<Order>
  /** The project's orders, newest first, without deleted ones. Not available to PARTNER keys. */
  readonly orders: OrderConnection
  /** The event with this id, or null if the project has none. */
  readonly event?: Maybe<Event>
  /** The project's events, newest first. Not available to PARTNER keys. */
  readonly events: EventConnection
  /** The webhook with this id, or null if the project has none or the webhook was deleted. */
  readonly webhook?: Maybe<Webhook>
  /** The project's webhooks, newest first, without deleted ones. */
  readonly webhooks: WebhookConnection
  /** The delivery with this id, or null if the project has none. */
  readonly delivery?: Maybe<Delivery>
  /** The bulk retry with this id, or null if the project has none. A PARTNER sees those that its own keys created. */
  readonly bulkRetry?: Maybe<BulkRetry>
  /** The project's bulk retries, newest first. A PARTNER sees those that its own keys created. */
  readonly bulkRetries: BulkRetryConnection
  /** The attempt with this id, or null if the project has none. Attempts of `webhookTest` are included. */
  readonly deliveryAttempt?: Maybe<DeliveryAttempt>
  /** The topics that events can have: the 20 built-in ones, then the project's own (at most 200), ordered by name. */
  readonly topics: ReadonlyArray<Topic>
  /** The project's deliveries, newest first. */
  readonly deliveries: DeliveryConnection
  /**
   * The exact request that the webhook's receiver would get if the event happened now, and whether it would be sent.
   * Nothing is sent. Null if the project has no such webhook or event. A PARTNER also receives null if the request would
   * reveal more of the event than the partner's own deliveries contain.
   */
  readonly deliveryPreview?: Maybe<DeliveryPreview>
  /**
   * The attempts of the project's deliveries, newest first. Attempts of `webhookTest` belong to no delivery and are not
   * listed.
   */
  readonly deliveryAttempts: DeliveryAttemptConnection
  /**
   * The current end of the subscription `deliveryAttempts`. Pass it to the subscription as `after`, with the same
   * filter, to receive every attempt that is recorded from now on.
   *
   * The other fields of the same query are read after this one, so that there is no gap between a page of
   * `deliveryAttempts` and the subscription. An attempt that is recorded at the moment of the query may be in both.
   */
  readonly deliveryAttemptsCursor: Scalars['String']['output']
  /**
   * The current end of the subscription `events`, to be used in the same way as `deliveryAttemptsCursor`. Together with a
   * page of `orders` in the same query it starts a board without a gap.
   */
  readonly eventsCursor: Scalars['String']['output']
  /** The current end of the subscription `webhookChanges`, to be used in the same way as `deliveryAttemptsCursor`. */
  readonly webhookChangesCursor: Scalars['String']['output']
  /** Every preset that a webhook can have, with its rules and the source of each rule. */
  readonly presets: ReadonlyArray<PresetInfo>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryProjectsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryPartnerArgs = {
  id: Scalars['ID']['input']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryPartnersArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryKeysArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryAuditLogArgs = {
  filter?: InputMaybe<AuditLogFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryNodeArgs = {
  id: Scalars['ID']['input']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QuerySiteArgs = {
  id?: InputMaybe<Scalars['ID']['input']>
  number?: InputMaybe<Scalars['Int']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QuerySitesArgs = {
  filter?: InputMaybe<SiteFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryCustomerArgs = {
  id?: InputMaybe<Scalars['ID']['input']>
  number?: InputMaybe<Scalars['Int']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryCustomersArgs = {
  filter?: InputMaybe<CustomerFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryOrderArgs = {
  id?: InputMaybe<Scalars['ID']['input']>
  number?: InputMaybe<Scalars['Int']['input']>
  uid?: InputMaybe<Scalars['ID']['input']>
  partnerIdentifier?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryOrdersArgs = {
  filter?: InputMaybe<OrderFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryEventArgs = {
  id: Scalars['ID']['input']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryEventsArgs = {
  filter?: InputMaybe<EventFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryWebhookArgs = {
  id: Scalars['ID']['input']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryWebhooksArgs = {
  filter?: InputMaybe<WebhookFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryDeliveryArgs = {
  id: Scalars['ID']['input']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryBulkRetryArgs = {
  id: Scalars['ID']['input']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryBulkRetriesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryDeliveryAttemptArgs = {
  id: Scalars['ID']['input']
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryDeliveriesArgs = {
  filter?: InputMaybe<DeliveryFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryDeliveryPreviewArgs = {
  webhookId: Scalars['ID']['input']
  eventId?: InputMaybe<Scalars['ID']['input']>
  topic?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryDeliveryAttemptsArgs = {
  filter?: InputMaybe<DeliveryAttemptFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryDeliveryAttemptsCursorArgs = {
  filter?: InputMaybe<DeliveryAttemptFilter>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryEventsCursorArgs = {
  filter?: InputMaybe<EventFilter>
}

/**
 * Read operations. Each field reads the project that the key acts in. A field that the role of the key does not allow is
 * refused with FORBIDDEN.
 *
 * Lists are Relay connections. The server refuses page sizes out of bounds with BAD_USER_INPUT, a cursor of another
 * list, project or filter with CURSOR_INVALID, and a cursor whose item was removed by retention (`RETENTION_DAYS`) with
 * CURSOR_EXPIRED.
 */
export type QueryWebhookChangesCursorArgs = {
  filter?: InputMaybe<WebhookChangeFilter>
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type Mutation = {
  /** Creates a site. No event is created. */
  readonly siteCreate?: Maybe<SiteCreatePayload>
  /** Changes a site. No event is created; later events of the site's orders contain the changed site. */
  readonly siteUpdate?: Maybe<SiteUpdatePayload>
  /** Creates a customer, which later orders can refer to, and the event `customer.created`. */
  readonly customerCreate?: Maybe<CustomerCreatePayload>
  /**
   * Changes a customer and creates the event `customer.marketing_changed` if nothing but `marketing` changes, otherwise
   * `customer.updated`. A change that changes nothing creates no event. Later events of the customer's orders contain the
   * changed customer.
   */
  readonly customerUpdate?: Maybe<CustomerUpdatePayload>
  /** Creates an order with state CREATED and customer state CREATED, and the event `order.created`. */
  readonly orderCreate?: Maybe<OrderCreatePayload>
  /**
   * Changes an order's details, but not its states. Creates one event: `order.eta_changed` if only the ETA changed,
   * `order.updated` otherwise, and none if nothing changed.
   */
  readonly orderUpdate?: Maybe<OrderUpdatePayload>
  /**
   * Moves an order forward or cancels it, and creates the event `order.state_changed`. A transition that is not allowed
   * is refused with ILLEGAL_TRANSITION.
   */
  readonly orderStateChange?: Maybe<OrderStateChangePayload>
  /**
   * Changes the customer state of an order and creates the event `order.customer_state_changed`. A transition that is
   * not allowed is refused with ILLEGAL_TRANSITION.
   */
  readonly customerStateChange?: Maybe<CustomerStateChangePayload>
  /**
   * Deletes an order in any state and creates the event `order.deleted`, which is the order's last event. Pending
   * deliveries of its earlier events are still delivered. Deleting a deleted order returns the same result and creates
   * no further event.
   */
  readonly orderDelete?: Maybe<OrderDeletePayload>
  /**
   * Creates an event of a topic that is not about orders. Its data must match the topic's JSON Schema. The event is
   * delivered to the webhooks that select the topic. Events of `order.*` cannot be published; they are created by the
   * mutations that change orders. Neither can notices, such as `webhook.disabled`.
   */
  readonly eventPublish?: Maybe<EventPublishPayload>
  /**
   * Adds a topic. The project can then publish events of the topic, and webhooks can select it. A project has at most 200
   * topics of its own; beyond that LIMIT_REACHED. Topics cannot be changed or deleted, because receivers rely on them.
   */
  readonly topicCreate?: Maybe<TopicCreatePayload>
  /**
   * Registers a webhook. It receives events that happen after registration only.
   *
   * If the webhook's policy has `saveCheck`, the dialect's test request is sent first. The webhook is saved only if the
   * response satisfies the preset's success rule, and the webhook's own rule where that is stricter; otherwise it is
   * refused with SAVE_CHECK_FAILED. At most 300 such checks per minute and project; beyond that RATE_LIMITED.
   */
  readonly webhookCreate?: Maybe<WebhookCreatePayload>
  /**
   * Changes a webhook. The next attempt of every delivery uses the new settings, also of deliveries that are already
   * waiting. If the webhook's policy has `saveCheck`, the test request is sent first whatever is changed, as in
   * `webhookCreate`.
   */
  readonly webhookUpdate?: Maybe<WebhookUpdatePayload>
  /** Disables a webhook. Its pending deliveries are held; deliveries of new events are `SKIPPED: WEBHOOK_DISABLED`. */
  readonly webhookDisable?: Maybe<WebhookDisablePayload>
  /**
   * Enables a webhook. Held deliveries are attempted as soon as they are due. `skipped` says whether deliveries that
   * were skipped in the meantime are sent.
   */
  readonly webhookEnable?: Maybe<WebhookEnablePayload>
  /**
   * Pauses a webhook. Deliveries wait as PENDING, and nothing is skipped. Requests that are running end normally, and a
   * request whose delivery is already prepared may still start within a second. The time of the pause does not count for
   * the retry window of a delivery, nor for the disable rules of the webhook. Pausing a paused webhook moves the end of
   * its pause. Refused with `WEBHOOK_DISABLED` while the webhook is disabled, because deliveries are skipped then.
   */
  readonly webhookPause?: Maybe<WebhookPausePayload>
  /**
   * Ends the pause of a webhook. Deliveries that waited are attempted as soon as they are due, those that were due first
   * before the others, within the concurrency and rate limits of the webhook. A webhook that is not paused is returned
   * unchanged.
   */
  readonly webhookResume?: Maybe<WebhookResumePayload>
  /**
   * Deletes a webhook and cancels its pending deliveries. These deliveries are not attempted any more; the state of those
   * beyond the first 20,000 changes to CANCELLED within moments after the response. Deleting a deleted webhook returns the
   * same result.
   */
  readonly webhookDelete?: Maybe<WebhookDeletePayload>
  /**
   * Gives a webhook a new secret or, if its dialect uses a token, a new token. The next attempt uses it. For dialects
   * whose requests can carry several signatures (STANDARD, FLIPDISH), the old secret signs in addition to the new one
   * until the overlap ends. For other dialects, the new secret or token replaces the old one at once. At most 3 times
   * per minute and webhook; beyond that RATE_LIMITED.
   */
  readonly webhookSecretRotate?: Maybe<WebhookSecretRotatePayload>
  /**
   * Sends one test request to the webhook's receiver immediately, also while the webhook is disabled or paused, and
   * returns the result. A test attempt belongs to no delivery and is not in delivery counts, health figures or the subscription
   * `deliveryAttempts`. At most 20 times per minute and webhook and 300 times per minute and project; beyond that
   * RATE_LIMITED.
   */
  readonly webhookTest?: Maybe<WebhookTestPayload>
  /**
   * Attempts a delivery once more, immediately and in any state. The delivery is PENDING until the attempt ends. If the
   * attempt succeeds, the delivery becomes DELIVERED. If it fails, the delivery returns to its former state, its retry
   * schedule is unchanged, and the failure is not in any health figure. With `restartSchedule`, the attempt is instead the
   * first of the whole retry schedule: if it fails, the delivery stays PENDING and is retried as a new delivery is. Several
   * deliveries: `deliveriesRetry`.
   *
   * The attempt has no deadline: a delivery that is EXPIRED is attempted once, also with `restartSchedule`, because its
   * further retries would be after its deadline. If the attempt fails, it is EXPIRED again.
   *
   * A second request before the attempt starts has no effect. A request while an attempt is running adds one further
   * attempt, unless the running attempt succeeds. While the webhook is paused, the attempt waits like its other
   * deliveries. Refused with `WEBHOOK_DISABLED` while the webhook is disabled, and with `CONFLICT` if the webhook was
   * deleted.
   */
  readonly deliveryRetry?: Maybe<DeliveryRetryPayload>
  /**
   * Retries all deliveries that match a filter: the set is frozen now, and the dispatcher makes its deliveries due at the
   * given rate, oldest first, behind the deliveries that wait already. Each retry is a MANUAL attempt, as of
   * `deliveryRetry`. A delivery that is DELIVERED or PENDING when its turn comes, and one whose webhook is disabled or
   * paused then, is left alone and counted. A PARTNER retries deliveries of its own webhooks. A set of more than 1,000,000 deliveries,
   * and an eleventh bulk retry that is RUNNING or PAUSED, are refused with `LIMIT_REACHED`. Bulk retries of each partner are
   * counted for themselves, and so are those of all keys without a partner together.
   */
  readonly deliveriesRetry?: Maybe<DeliveriesRetryPayload>
  /**
   * Pauses a RUNNING bulk retry: no further deliveries are made due. Retries that are due or running continue. A PAUSED one
   * is returned unchanged; DONE or CANCELLED: `CONFLICT`.
   */
  readonly bulkRetryPause?: Maybe<BulkRetryPausePayload>
  /** Continues a PAUSED bulk retry. A RUNNING one is returned unchanged; DONE or CANCELLED: `CONFLICT`. */
  readonly bulkRetryResume?: Maybe<BulkRetryResumePayload>
  /**
   * Ends a bulk retry that is RUNNING or PAUSED. Retries that are due or running continue and are still counted; the other
   * deliveries stay as they are. A CANCELLED one is returned unchanged; DONE: `CONFLICT`.
   */
  readonly bulkRetryCancel?: Maybe<BulkRetryCancelPayload>
  /**
   * Cancels a PENDING delivery. A delivery that is PENDING only because of `deliveryRetry` returns to its former final
   * state, unless its schedule was started again. A running attempt is still recorded but no longer changes the state. A CANCELLED delivery is returned
   * unchanged; any other state is refused with `CONFLICT`.
   */
  readonly deliveryCancel?: Maybe<DeliveryCancelPayload>
  /** Creates a project with an encryption key of its own. Requires an OPERATOR key; the header `x-project` is not needed. */
  readonly projectCreate?: Maybe<ProjectCreatePayload>
  /** Changes the project that the key acts in. Requires an OPERATOR or PLATFORM key. */
  readonly projectUpdate?: Maybe<ProjectUpdatePayload>
  /**
   * Creates a partner, for which keys and webhooks can then be created. A project has at most 1,000 partners; beyond
   * that LIMIT_REACHED. Requires an OPERATOR or PLATFORM key.
   */
  readonly partnerCreate?: Maybe<PartnerCreatePayload>
  /** Changes a partner. Requires an OPERATOR or PLATFORM key. */
  readonly partnerUpdate?: Maybe<PartnerUpdatePayload>
  /**
   * Deletes a partner: revokes its keys, deletes its webhooks and cancels their pending deliveries, as `keyRevoke` and
   * `webhookDelete` do, cancels its unfinished bulk retries, and erases its contact. Within 5 seconds every process refuses the keys, and their WebSocket
   * connections are closed with code 4403. The webhooks, deliveries and attempts stay in the log. A deleted partner is
   * NOT_FOUND. Requires an OPERATOR or PLATFORM key.
   */
  readonly partnerDelete?: Maybe<PartnerDeletePayload>
  /**
   * Creates a key and returns its secret, which is shown only in this response. A project has at most 1,000 keys that
   * are neither expired nor revoked; beyond that LIMIT_REACHED.
   *
   * Requires an OPERATOR or PLATFORM key. A key with role OPERATOR can be created only by an OPERATOR, without need of
   * `x-project`. It belongs to no project and is in `keys` and `auditLog` as read without `x-project`.
   */
  readonly keyCreate?: Maybe<KeyCreatePayload>
  /**
   * Revokes a key, which may be the key of this request. Within 5 seconds every process refuses the key, and its
   * WebSocket connections are closed with code 4403. Revoking a revoked key returns the same result. Requires an
   * OPERATOR or PLATFORM key; a key with role OPERATOR can be revoked only by an OPERATOR, without need of `x-project`.
   */
  readonly keyRevoke?: Maybe<KeyRevokePayload>
  /**
   * Erases a customer's personal data: name, car, licence plate and marketing, also in the data of events, and the bodies of
   * attempts that contained them. The customer, its orders and their deliveries are kept. Pending deliveries are sent
   * without the personal data. Other text, such as an order's partner identifier or the data of published events, is not
   * linked to a customer and is therefore left unchanged. Creates the event `customer.deleted`, which contains the
   * customer's id and number and no personal data. Erasing cannot be undone; erasing the customer again returns the same
   * result and creates no event, unless the customer was changed meanwhile. Requires an OPERATOR or PLATFORM key.
   */
  readonly customerErase?: Maybe<CustomerErasePayload>
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationSiteCreateArgs = {
  input: SiteCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationSiteUpdateArgs = {
  input: SiteUpdateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationCustomerCreateArgs = {
  input: CustomerCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationCustomerUpdateArgs = {
  input: CustomerUpdateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationOrderCreateArgs = {
  input: OrderCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationOrderUpdateArgs = {
  input: OrderUpdateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationOrderStateChangeArgs = {
  input: OrderStateChangeInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationCustomerStateChangeArgs = {
  input: CustomerStateChangeInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationOrderDeleteArgs = {
  input: OrderDeleteInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationEventPublishArgs = {
  input: EventPublishInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationTopicCreateArgs = {
  input: TopicCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookCreateArgs = {
  input: WebhookCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookUpdateArgs = {
  input: WebhookUpdateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookDisableArgs = {
  input: WebhookDisableInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookEnableArgs = {
  input: WebhookEnableInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookPauseArgs = {
  input: WebhookPauseInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookResumeArgs = {
  input: WebhookResumeInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookDeleteArgs = {
  input: WebhookDeleteInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookSecretRotateArgs = {
  input: WebhookSecretRotateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationWebhookTestArgs = {
  input: WebhookTestInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationDeliveryRetryArgs = {
  input: DeliveryRetryInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationDeliveriesRetryArgs = {
  input: DeliveriesRetryInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationBulkRetryPauseArgs = {
  input: BulkRetryPauseInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationBulkRetryResumeArgs = {
  input: BulkRetryResumeInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationBulkRetryCancelArgs = {
  input: BulkRetryCancelInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationDeliveryCancelArgs = {
  input: DeliveryCancelInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationProjectCreateArgs = {
  input: ProjectCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationProjectUpdateArgs = {
  input: ProjectUpdateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationPartnerCreateArgs = {
  input: PartnerCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationPartnerUpdateArgs = {
  input: PartnerUpdateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationPartnerDeleteArgs = {
  input: PartnerDeleteInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationKeyCreateArgs = {
  input: KeyCreateInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationKeyRevokeArgs = {
  input: KeyRevokeInput
}

/**
 * Write operations. Each field takes one `input` and returns the changed object, or the reasons in `userErrors` why
 * nothing was changed. PARTNER keys can use the mutations of webhooks and deliveries only, READER keys none; others are
 * refused with FORBIDDEN.
 *
 * Strings are trimmed: leading and trailing white space and invisible characters are removed, also from URLs, topics and
 * idempotency keys. In names and other free text, each tab or line break becomes one space and other control characters
 * are removed. Zero-width spaces, bidirectional overrides and unpaired surrogates are removed from all strings of a
 * customer or an order and from partner identifiers; in other strings they are refused with INVALID. Length limits apply
 * to the normalised string.
 *
 * Secrets, tokens and headers are not changed: leading or trailing white space in them is refused with INVALID. An
 * idempotency key that contains a control character is refused with INVALID. JSON values, such as the data of an event,
 * are not normalised in this way; see `JSON`.
 *
 * Two inputs with the same `idempotencyKey` are the same if their normalised values are equal, whatever the order of
 * their members and the notation of their numbers and instants. A null field equals an absent one, except where null
 * clears a value (the fields of `orderUpdate`) and inside JSON.
 */
export type MutationCustomerEraseArgs = {
  input: CustomerEraseInput
}

/** Live updates over a WebSocket at the same path, with the protocol `graphql-transport-ws`. */
export type Subscription = {
  /**
   * The attempts of the project's deliveries as they are recorded, in the order of their cursors, each exactly once. A
   * PARTNER receives the attempts of its own webhooks. An OPERATOR without `x-project` receives the attempts of all projects;
   * its cursors are positions of the installation, and a filter of topics is not compared with the topics that exist.
   * Available over `graphql-transport-ws` only.
   */
  readonly deliveryAttempts: DeliveryAttemptEvent
  /**
   * The project's events as they are committed, in the order of their cursors, each exactly once, whether or not there are
   * webhooks. The events of one order come in the order of their `sequence`. A PARTNER receives the events that were sent to
   * its webhooks. Available over `graphql-transport-ws` only.
   */
  readonly events: LiveEvent
  /**
   * Status changes of the project's webhooks: created, failing, disabled (with the reason), enabled, paused, resumed. They
   * are sent in the order of their cursors, each exactly once. A PARTNER receives the changes of its own webhooks, an OPERATOR
   * without `x-project` those of all projects. Available over `graphql-transport-ws` only.
   */
  readonly webhookChanges: WebhookChangeEvent
}

/** Live updates over a WebSocket at the same path, with the protocol `graphql-transport-ws`. */
export type SubscriptionDeliveryAttemptsArgs = {
  filter?: InputMaybe<DeliveryAttemptFilter>
  after?: InputMaybe<Scalars['String']['input']>
}

/** Live updates over a WebSocket at the same path, with the protocol `graphql-transport-ws`. */
export type SubscriptionEventsArgs = {
  filter?: InputMaybe<EventFilter>
  after?: InputMaybe<Scalars['String']['input']>
}

/** Live updates over a WebSocket at the same path, with the protocol `graphql-transport-ws`. */
export type SubscriptionWebhookChangesArgs = {
  filter?: InputMaybe<WebhookChangeFilter>
  after?: InputMaybe<Scalars['String']['input']>
}

/** One item of the subscription `deliveryAttempts`. */
export type DeliveryAttemptEvent = {
  /** The cursor to resume the subscription after this attempt. */
  readonly cursor: Scalars['String']['output']
  /** The attempt. */
  readonly attempt: DeliveryAttempt
  /** The delivery that the attempt belongs to, in its current state. */
  readonly delivery: Delivery
  /** The project of the delivery. */
  readonly project: Project
}

/** One item of the subscription `events`. */
export type LiveEvent = {
  /** The cursor to resume the subscription after this event. */
  readonly cursor: Scalars['String']['output']
  /** The event, and its order in its current state. A PARTNER sees what the requests to its webhooks contain. */
  readonly event: Event
}

/** One item of the subscription `webhookChanges`. */
export type WebhookChangeEvent = {
  /** The cursor to resume the subscription after this change. */
  readonly cursor: Scalars['String']['output']
  /** The change. */
  readonly change: WebhookChange
  /** The webhook, in its current state. */
  readonly webhook: Webhook
  /** The project of the webhook. */
  readonly project: Project
}

/** A status change of a webhook. */
export type WebhookChange = {
  /** The kind of change. */
  readonly kind: WebhookChangeKind
  /** The time of the change. */
  readonly at: Scalars['DateTime']['output']
  /** Why the webhook was disabled; null unless `kind` is DISABLED. */
  readonly reason?: Maybe<WebhookDisabledReason>
  /** Human-readable explanation: what happened, with figures, and what may follow. */
  readonly message: Scalars['String']['output']
}

/** The kinds of webhook status changes. */
export type WebhookChangeKind =
  /** The webhook was registered. */
  | 'CREATED'
  /**
   * A scheduled attempt failed. Emitted at the first failure of a run of consecutive failures, at most once a minute per
   * webhook, and always before the webhook is disabled because of the run. A run that begins less than a minute after
   * the previous notification is reported at its first failure after that minute. `message` says how far the webhook is
   * from the limit of each of its disable rules.
   */
  | 'FAILING'
  /** The webhook was disabled, by a rule or on request. Nothing is sent to it until it is enabled. */
  | 'DISABLED'
  /** The webhook was enabled. */
  | 'ENABLED'
  /** The webhook was paused on request, or the end of its pause was moved. Its deliveries wait as PENDING. */
  | 'PAUSED'
  /**
   * The pause of the webhook ended, on request or at its time. Its deliveries are attempted when they are due, or held
   * while it is disabled; `message` says which.
   */
  | 'RESUMED'

/** The key that authenticated this request, and the project that it acts in. */
export type Viewer = {
  /** The key that authenticated this request. */
  readonly key: Key
  /** The partner that the key belongs to; null unless the role is PARTNER. */
  readonly partner?: Maybe<Partner>
  /** The project that the key acts in; null for an OPERATOR that named none by `x-project`. */
  readonly project?: Maybe<Project>
}

/** An API key. Its secret is shown only when it is created. */
export type Key = Node & {
  /** Opaque id, `key_...`. It is not the secret. */
  readonly id: Scalars['ID']['output']
  /** The role, which says what the key may do. */
  readonly role: KeyRole
  /** The partner that the key belongs to; null unless the role is PARTNER. */
  readonly partner?: Maybe<Partner>
  /** The name given at creation; null if none was given. */
  readonly name?: Maybe<Scalars['String']['output']>
  /** The time of creation. */
  readonly createdAt: Scalars['DateTime']['output']
  /** The time from which the key is refused; null if it does not expire. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>
  /** The time at which the key was revoked; null if it was not. */
  readonly revokedAt?: Maybe<Scalars['DateTime']['output']>
  /** The time of the last use, to the minute; null if the key was never used. */
  readonly lastUsedAt?: Maybe<Scalars['DateTime']['output']>
}

/** The roles of API keys. */
export type KeyRole =
  /**
   * Reads and changes everything in every project of the installation. A request names its project by the header
   * `x-project`, a WebSocket by the connection parameter of the same name.
   */
  | 'OPERATOR'
  /** Reads and changes everything in one project. */
  | 'PLATFORM'
  /**
   * Reads and changes the webhooks of one partner and their deliveries. Of an order it reads what those webhooks
   * received.
   */
  | 'PARTNER'
  /** Reads one project, except its keys and its audit log. */
  | 'READER'

/** An integrator within a project. A partner owns webhooks and manages them with its own keys. */
export type Partner = Node & {
  /** Opaque id, `ptn_...`. */
  readonly id: Scalars['ID']['output']
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['output']
  /** The person or team to write to; null if none was given, and after `partnerDelete`. */
  readonly contact?: Maybe<PartnerContact>
  /** The time of creation. */
  readonly createdAt: Scalars['DateTime']['output']
  /**
   * The time of deletion; null if the partner was not deleted. A deleted partner is shown only where a key, a webhook or
   * a delivery refers to it.
   */
  readonly deletedAt?: Maybe<Scalars['DateTime']['output']>
}

/**
 * The person or team of a partner to write to. Personal data: `partnerUpdate` with `contact` null and `partnerDelete`
 * erase it, and neither the audit log nor any payload contains it.
 */
export type PartnerContact = {
  /** The name; null if none was given. */
  readonly name?: Maybe<Scalars['String']['output']>
  /** The e-mail address. */
  readonly email: Scalars['String']['output']
}

/** A change made through the API or the command line. Entries contain no secrets. */
export type AuditEntry = Node & {
  /** Opaque id, `aud_...`. */
  readonly id: Scalars['ID']['output']
  /** The time of the change. */
  readonly at: Scalars['DateTime']['output']
  /** The key of the request; null if the change was made by a command of the installation's operator. */
  readonly key?: Maybe<Key>
  /** The name of the mutation. */
  readonly operation: Scalars['String']['output']
  /** The id of the changed object. */
  readonly objectId: Scalars['ID']['output']
  /**
   * Values of the changed fields before the change; null if there was no earlier state, as for a creation. Personal data
   * of an erased customer is removed.
   */
  readonly before?: Maybe<Scalars['JSON']['output']>
  /** Values of the changed fields after the change; null if there is no later state, as for a deletion. */
  readonly after?: Maybe<Scalars['JSON']['output']>
}

/**
 * A tenant: one platform account. Every object belongs to one project and is not visible to others, except OPERATOR
 * keys, which belong to none.
 */
export type Project = Node & {
  /** Opaque id, `prj_...`. */
  readonly id: Scalars['ID']['output']
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['output']
  /** The minutes before the ETA of an order at which there is an event `order.arriving`, largest first. Empty: none. */
  readonly arrivingMinutes: ReadonlyArray<Scalars['Int']['output']>
  /** The time of creation. */
  readonly createdAt: Scalars['DateTime']['output']
}

/** A place where orders are prepared and picked up. */
export type Site = Node & {
  /** Opaque id, `sit_...`. */
  readonly id: Scalars['ID']['output']
  /** The site's number within the project, counted from 1. Dialects that send numeric ids send it as the id of the site. */
  readonly number: Scalars['Int']['output']
  /** Display name, 1 to 200 characters. Empty for a PARTNER whose deliveries do not contain it. */
  readonly name: Scalars['String']['output']
  /** The partner's own identifier of the site; null if none is set. */
  readonly partnerIdentifier?: Maybe<Scalars['String']['output']>
  /** The time of creation. */
  readonly createdAt: Scalars['DateTime']['output']
  /**
   * The time of the last change. For a PARTNER, the time of the last change of the order whose snapshot contains the
   * site.
   */
  readonly updatedAt: Scalars['DateTime']['output']
}

/** The person who picks up or receives an order. */
export type Customer = Node & {
  /** Opaque id, `cus_...`. */
  readonly id: Scalars['ID']['output']
  /**
   * The customer's number within the project, counted from 1. Dialects that send numeric ids send it as the id of the
   * customer.
   */
  readonly number: Scalars['Int']['output']
  /** Display name, 1 to 200 characters; `[erased]` after `customerErase`. */
  readonly name: Scalars['String']['output']
  /** Make and model of the car; null if unknown. */
  readonly carType?: Maybe<Scalars['String']['output']>
  /** Colour of the car; null if unknown. */
  readonly carColor?: Maybe<Scalars['String']['output']>
  /** Licence plate of the car; null if unknown. */
  readonly licensePlate?: Maybe<Scalars['String']['output']>
  /**
   * The marketing messages that the customer wants. Null in an order that a PARTNER reads, because requests about orders do
   * not contain it.
   */
  readonly marketing?: Maybe<CustomerMarketing>
  /** The time of creation. */
  readonly createdAt: Scalars['DateTime']['output']
  /**
   * The time of the last change. For a PARTNER, the time of the last change of the order whose snapshot contains the
   * customer.
   */
  readonly updatedAt: Scalars['DateTime']['output']
}

/** The marketing messages that a customer wants. */
export type CustomerMarketing = {
  /** Whether the customer wants marketing messages by email. */
  readonly email: Scalars['Boolean']['output']
  /** Whether the customer wants marketing messages by text message. */
  readonly sms: Scalars['Boolean']['output']
}

/**
 * The state of an order. An order moves forward along this list and may skip states. It can move to CANCELLED from any
 * state that is not final. COMPLETED and CANCELLED are final.
 */
export type OrderState =
  /** The order was created and is not accepted yet. */
  | 'CREATED'
  /** The site has accepted the order. */
  | 'ACCEPTED'
  /** The order is being prepared. */
  | 'PREPARING'
  /** The order is ready for pickup. */
  | 'READY'
  /** The order is on its way to the customer. */
  | 'DISPATCHED'
  /** The customer has received the order. */
  | 'DELIVERED'
  /** The order is completed. Final. */
  | 'COMPLETED'
  /** The order is cancelled and will not be prepared or handed over. Final. */
  | 'CANCELLED'

/**
 * The state of an order's customer. It can move between any two states, whatever the state of the order is, but not back
 * to CREATED and not out of COMPLETED.
 */
export type CustomerState =
  /** Nothing is known yet. */
  | 'CREATED'
  /** The customer is on the way. */
  | 'EN_ROUTE'
  /** The customer is close to the site. */
  | 'NEARBY'
  /** The customer is at the site. */
  | 'ARRIVED'
  /** The customer is at the site and waits to be served. */
  | 'WAITING'
  /** The customer was served and has left. Final. */
  | 'COMPLETED'

/** The period in which an order can be picked up. */
export type PickupWindow = {
  /** The first instant of the period. */
  readonly startsAt: Scalars['DateTime']['output']
  /** The last instant of the period; later than `startsAt`. */
  readonly endsAt: Scalars['DateTime']['output']
}

/**
 * An order in its current state. The data of an event contains the order as it was at that event.
 *
 * A PARTNER sees of an order what the deliveries of its own webhooks contain. The order is visible once one of these
 * webhooks has a delivery of one of the order's events that is not SKIPPED. Each field has the value of the latest such
 * event whose request contains the field, and is null if no request contains it. Ids, `number`, `uid`, states, version
 * and times are always visible. FOODY requests contain no other fields, FLYBUY requests all except the name of the site,
 * those of other dialects all.
 */
export type Order = Node & {
  /** Opaque id, `ord_...`. */
  readonly id: Scalars['ID']['output']
  /**
   * The order's number within the project, counted from 1. Dialects that send numeric ids send it as the id of the
   * order.
   */
  readonly number: Scalars['Int']['output']
  /** The order's UUID, for partners that need one. */
  readonly uid: Scalars['ID']['output']
  /** The state of the order. */
  readonly state: OrderState
  /** The state of the order's customer. */
  readonly customerState: CustomerState
  /** The version of the order, 1 at creation and incremented by every change. `expectedVersion` is compared with it. */
  readonly version: Scalars['Int']['output']
  /** The site where the order is prepared and picked up. Null only for a PARTNER whose deliveries do not contain it. */
  readonly site?: Maybe<Site>
  /** The customer who receives the order; null if none was given. */
  readonly customer?: Maybe<Customer>
  /** The partner's own identifier of the order; null if none is set. */
  readonly partnerIdentifier?: Maybe<Scalars['String']['output']>
  /** The code that the customer shows at pickup; null if there is none. */
  readonly redemptionCode?: Maybe<Scalars['String']['output']>
  /** The area of the site where the customer waits; null if unknown. */
  readonly areaName?: Maybe<Scalars['String']['output']>
  /** Where the order came from, as `orderCreate` named it; null if it did not, and for a PARTNER whose deliveries do not contain it. */
  readonly source?: Maybe<Scalars['String']['output']>
  /** The period in which the order can be picked up; null if the order can be picked up at any time. */
  readonly pickupWindow?: Maybe<PickupWindow>
  /** The time at which the customer is expected; null if unknown. */
  readonly etaAt?: Maybe<Scalars['DateTime']['output']>
  /** The time at which the customer arrived; null before that. */
  readonly arrivedAt?: Maybe<Scalars['DateTime']['output']>
  /** The time of creation. */
  readonly createdAt: Scalars['DateTime']['output']
  /** The time of the last change. */
  readonly updatedAt: Scalars['DateTime']['output']
  /**
   * The time of deletion; null if the order was not deleted, and for a PARTNER that received no event of the deletion.
   * Events of a deleted order still return it.
   */
  readonly deletedAt?: Maybe<Scalars['DateTime']['output']>
  /** The order's events, newest first. */
  readonly events: EventConnection
  /** The deliveries of the order's events, newest first. */
  readonly deliveries: DeliveryConnection
}

/**
 * An order in its current state. The data of an event contains the order as it was at that event.
 *
 * A PARTNER sees of an order what the deliveries of its own webhooks contain. The order is visible once one of these
 * webhooks has a delivery of one of the order's events that is not SKIPPED. Each field has the value of the latest such
 * event whose request contains the field, and is null if no request contains it. Ids, `number`, `uid`, states, version
 * and times are always visible. FOODY requests contain no other fields, FLYBUY requests all except the name of the site,
 * those of other dialects all.
 */
export type OrderEventsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * An order in its current state. The data of an event contains the order as it was at that event.
 *
 * A PARTNER sees of an order what the deliveries of its own webhooks contain. The order is visible once one of these
 * webhooks has a delivery of one of the order's events that is not SKIPPED. Each field has the value of the latest such
 * event whose request contains the field, and is null if no request contains it. Ids, `number`, `uid`, states, version
 * and times are always visible. FOODY requests contain no other fields, FLYBUY requests all except the name of the site,
 * those of other dialects all.
 */
export type OrderDeliveriesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * An immutable fact with a snapshot of its subject. A PARTNER sees an event if one of its webhooks has a delivery of the
 * event that is not SKIPPED. If all of them are SKIPPED, the delivery returns the event with id, topic and time only.
 */
export type Event = Node & {
  /** Opaque id, `evt_...`. */
  readonly id: Scalars['ID']['output']
  /** The kind of the event, as `resource.event`: `order.state_changed`. */
  readonly topic: Scalars['String']['output']
  /**
   * The order that the event is about, in its current state, also if it was deleted. Null if the event is not about an
   * order, and for a PARTNER without a delivery of one of the order's events.
   */
  readonly order?: Maybe<Order>
  /**
   * The number of the event among the events of its order, counted from 1 without gaps; null if the event is not about
   * an order.
   */
  readonly sequence?: Maybe<Scalars['Int']['output']>
  /**
   * The snapshot taken when the event happened. Every dialect writes its request body from it. A PARTNER receives what
   * the deliveries of its webhooks contain: members of an order that no delivery contains are omitted. `{}` if all of
   * these deliveries are SKIPPED.
   */
  readonly data: Scalars['JSON']['output']
  /** The time of the event. */
  readonly createdAt: Scalars['DateTime']['output']
  /** The deliveries created for the event, newest first. */
  readonly deliveries: DeliveryConnection
}

/**
 * An immutable fact with a snapshot of its subject. A PARTNER sees an event if one of its webhooks has a delivery of the
 * event that is not SKIPPED. If all of them are SKIPPED, the delivery returns the event with id, topic and time only.
 */
export type EventDeliveriesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** A kind of event, with the format of its data. */
export type Topic = {
  /** The name, `resource.event`. */
  readonly name: Scalars['String']['output']
  /** Human-readable explanation of when events of the topic are created. */
  readonly description: Scalars['String']['output']
  /** The JSON Schema that the data of its events match. */
  readonly schema: Scalars['JSON']['output']
  /** An example of the data of such an event. */
  readonly example: Scalars['JSON']['output']
  /** True if every project has the topic, false if it belongs to this project only. */
  readonly builtIn: Scalars['Boolean']['output']
  /** The time of creation; null if the topic is built in. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>
}

/** A named pair of dialect and default policy, which follows the document of one sender. */
export type Preset =
  /** Standard Webhooks: https://www.standardwebhooks.com. */
  | 'STANDARD'
  /**
   * FlyBuy (curbside pickup). FlyBuy's document: any 2xx status is a success; the webhook is disabled after consecutive
   * days without one. The document does not say how many days; Orderbell's choice is 3.
   */
  | 'FLYBUY'
  /**
   * Flipdish (ordering). Flipdish's document: any 2xx status is a success; attempts continue for 24 hours; the webhook
   * is disabled when over 50 % of the attempts fail in 72 hours.
   */
  | 'FLIPDISH'
  /**
   * Foody Delivery (couriers). Foody's document: only status 200 is a success; a failed request is sent once more after
   * 60 to 120 seconds; the receiver must pass a test before the webhook is saved; more than 10 consecutive errors
   * disable the webhook.
   */
  | 'FOODY'
  /**
   * Fast Events (tickets). Fast Events' document: only https is allowed; the receiver must return status 200 as soon as
   * possible.
   */
  | 'FAST_EVENTS'

/** The format of requests: body, headers and signature. A preset is a dialect and a default policy. */
export type Dialect =
  /** Body `{type, timestamp, data}`; headers webhook-id, webhook-timestamp and webhook-signature (HMAC-SHA256). */
  | 'STANDARD'
  /** Body `{"data": {...}}` with a flat order; header Authorization with a token, if one is set. Order topics only. */
  | 'FLYBUY'
  /** The same as STANDARD. */
  | 'FLIPDISH'
  /**
   * Body `{uid, updateDate, event, token, status}`, which contains the token. Topics `order.created` and
   * `order.state_changed` only.
   */
  | 'FOODY'
  /** Body: the resource as JSON; headers X-FE-Webhook-...; signature: base64 of the HMAC-SHA256 of the body. */
  | 'FAST_EVENTS'

/** A preset with its rules and their sources. */
export type PresetInfo = {
  /** The name to use in `webhookCreate`. */
  readonly name: Preset
  /** The dialect of the preset's webhooks, unless the webhook has another one. */
  readonly dialect: Dialect
  /** The policy of the preset's webhooks, unless the webhook overrides it. */
  readonly policy: Policy
  /** The title of the sender's document, or its address. */
  readonly source: Scalars['String']['output']
  /**
   * The built-in topics that the dialect has a request format for. Of the built-in topics, a webhook receives events of
   * these only.
   */
  readonly carries: ReadonlyArray<Scalars['String']['output']>
  /**
   * The topics in `carries` that a webhook receives only if its `topics` contain their names; `resource.*` does not
   * select them. The dialect has no field that says what happened, so a receiver would mistake the request for another
   * event.
   */
  readonly onlyByName: ReadonlyArray<Scalars['String']['output']>
  /**
   * What the sender's document says about each rule, and Orderbell's choice where the document says nothing. A rule can
   * have several entries.
   */
  readonly rules: ReadonlyArray<PresetRule>
  /** A sample request for the example of each topic in `carries`. */
  readonly samples: ReadonlyArray<PresetSample>
}

/**
 * The request that a webhook of a preset sends for the example of a topic. Its ids and time are examples too. Without custom
 * headers.
 */
export type PresetSample = {
  /** The topic. */
  readonly topic: Scalars['String']['output']
  /** The method. */
  readonly method: Scalars['String']['output']
  /** The headers in the order in which they are sent, without those of the connection. Secrets are masked. */
  readonly headers: ReadonlyArray<Header>
  /** The body, exactly as it is sent, but with a masked token where the dialect has one in the body. */
  readonly body: Scalars['String']['output']
}

/** A statement about one rule of a preset. */
export type PresetRule = {
  /** The rule that the statement is about. */
  readonly name: PresetRuleName
  /** Human-readable statement of the rule. */
  readonly value: Scalars['String']['output']
  /** The source of the rule. */
  readonly origin: RuleOrigin
  /** A quotation from the document, in the document's language; null if the rule is Orderbell's choice. */
  readonly quote?: Maybe<Scalars['String']['output']>
}

/** The rules that a preset describes. */
export type PresetRuleName =
  /** The topics that requests are sent for, and their names in the requests. */
  | 'TOPICS'
  /** The content of the body. */
  | 'BODY'
  /** How a receiver authenticates the sender. */
  | 'AUTHENTICATION'
  /** The headers of a request. */
  | 'HEADERS'
  /** The responses that count as success. */
  | 'SUCCESS'
  /** The time limit of a request. */
  | 'TIME_LIMIT'
  /** Whether plain http is refused. */
  | 'HTTPS_ONLY'
  /** The check that must succeed before a webhook is saved. */
  | 'SAVE_CHECK'
  /** The retry schedule after a failed attempt. */
  | 'RETRY'
  /** Whether a `Retry-After` header in the response delays the next attempt. */
  | 'RETRY_AFTER'
  /** The conditions under which a webhook is disabled. */
  | 'DISABLE'
  /** How a webhook that a rule has disabled is enabled again. */
  | 'RECOVERY'
  /** The request that `webhookTest` sends. */
  | 'TEST'
  /** The number of webhooks with this preset that a project can have. */
  | 'LIMIT'

/** The source of a preset's rule. */
export type RuleOrigin =
  /** The sender's document says it. */
  | 'SENDER_DOCUMENTATION'
  /** Orderbell's choice; the document does not say it. */
  | 'DEFAULT'

/** A registered receiver: its URL, the events that are sent to it, and the rules for sending. */
export type Webhook = Node & {
  /** Opaque id, `whk_...`. */
  readonly id: Scalars['ID']['output']
  /** The partner that owns the webhook; null if the platform owns it. */
  readonly partner?: Maybe<Partner>
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['output']
  /** The URL that requests are sent to, in canonical form. */
  readonly url: Scalars['String']['output']
  /**
   * The selected topics: names from `topics`, or `resource.*`, which does not select the topics that the dialect sends
   * only by name (`PresetInfo.onlyByName`).
   */
  readonly topics: ReadonlyArray<Scalars['String']['output']>
  /** Conditions that an order must meet for its events to be delivered. An empty list sets no condition. */
  readonly filters: WebhookFilters
  /** The preset, which follows one sender's document. */
  readonly preset: Preset
  /** The format of the webhook's requests. */
  readonly dialect: Dialect
  /** The policy in force: the preset's, with this webhook's overrides. */
  readonly policy: Policy
  /**
   * Headers sent in addition to those of the dialect, in the order they are sent; 0 to 20. The value of a header that
   * can be a credential is shown as `[masked]`.
   */
  readonly headers: ReadonlyArray<Header>
  /** The secret that signs requests, shown as `[masked]`; null if the dialect does not sign. */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** The time until which the previous secret also signs after a rotation; null if only one secret signs. */
  readonly previousSecretUntil?: Maybe<Scalars['DateTime']['output']>
  /** The token that requests carry, shown as `[masked]`; null if none is set. */
  readonly token?: Maybe<Scalars['String']['output']>
  /**
   * The maximum number of concurrent requests, 1 to 50, over all processes. Null: no limit of its own; one process sends
   * at most 50 concurrent requests to any webhook.
   */
  readonly maxConcurrency?: Maybe<Scalars['Int']['output']>
  /** The maximum number of requests started per second, 1 to 1,000, over all processes. Null: no limit of its own. */
  readonly ratePerSecond?: Maybe<Scalars['Int']['output']>
  /** Whether the deliveries of one order wait for each other. */
  readonly ordering: WebhookOrdering
  /**
   * Milliseconds after its event at which a delivery that was not delivered ends as EXPIRED. Null: deliveries have no
   * deadline.
   */
  readonly expireAfterMs?: Maybe<Scalars['Int']['output']>
  /** False while the webhook is disabled, by a rule or on request. */
  readonly enabled: Scalars['Boolean']['output']
  /** Why and since when the webhook is disabled; null while it is enabled. */
  readonly disabled?: Maybe<WebhookDisabled>
  /** Since when and until when the webhook is paused; null while it is not paused. */
  readonly paused?: Maybe<WebhookPaused>
  /** The number of failed scheduled attempts since the last success. */
  readonly consecutiveFailures: Scalars['Int']['output']
  /** The number of PENDING deliveries: waiting, being attempted, or held while the webhook is disabled or paused. */
  readonly pendingCount: Scalars['Int']['output']
  /**
   * The earliest time at which an attempt of a pending delivery is due, or was due if the attempt is running. Null if no
   * delivery is pending, and while the webhook is disabled or after it was deleted, because nothing is attempted then.
   * While the webhook is paused, a delivery that waits is due at the end of the pause, or at no time if the pause has no
   * end.
   */
  readonly nextDueAt?: Maybe<Scalars['DateTime']['output']>
  /**
   * The results of scheduled attempts within a window that ends now. Manual attempts and tests are not counted. Attempts
   * are counted in buckets of ten minutes, so that the window begins up to ten minutes earlier. Attempts from before the
   * webhook was last enabled are counted here, but not by its disable rules.
   */
  readonly stats: WebhookStats
  /**
   * The results of scheduled attempts within a window that ends now, in buckets, oldest first: 10 minutes each for H1, an
   * hour for H24, 6 hours for D7, a day for D30. Buckets begin at multiples of their length in UTC. The first contains the
   * beginning of the window, the last one the present; buckets without attempts are included. Counts as in `stats`.
   */
  readonly series: ReadonlyArray<WebhookSeriesBucket>
  /** The attempt that started last, not counting tests. Null if there was none or retention removed it. */
  readonly latestAttempt?: Maybe<DeliveryAttempt>
  /**
   * The version of the webhook, 1 at creation and incremented by every change through the API. `expectedVersion` is
   * compared with it. Being disabled by a rule and the end of a pause do not increment it.
   */
  readonly version: Scalars['Int']['output']
  /** The time of registration. */
  readonly createdAt: Scalars['DateTime']['output']
  /** The time of the last change through the API. The time at which a rule disabled the webhook is in `disabled`. */
  readonly updatedAt: Scalars['DateTime']['output']
  /** The time of deletion; null if the webhook was not deleted. Deliveries of a deleted webhook still return it. */
  readonly deletedAt?: Maybe<Scalars['DateTime']['output']>
  /** The deliveries created for the webhook, newest first. */
  readonly deliveries: DeliveryConnection
}

/** A registered receiver: its URL, the events that are sent to it, and the rules for sending. */
export type WebhookStatsArgs = {
  window?: StatsWindow
}

/** A registered receiver: its URL, the events that are sent to it, and the rules for sending. */
export type WebhookSeriesArgs = {
  window?: StatsWindow
}

/** A registered receiver: its URL, the events that are sent to it, and the rules for sending. */
export type WebhookDeliveriesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** The length of a window that ends now. */
export type StatsWindow =
  /** One hour. */
  | 'H1'
  /** 24 hours. */
  | 'H24'
  /** Seven days. */
  | 'D7'
  /** 30 days. */
  | 'D30'

/** The results of a webhook's scheduled attempts within one bucket of a series. */
export type WebhookSeriesBucket = {
  /** The beginning of the bucket. */
  readonly from: Scalars['DateTime']['output']
  /** The number of attempts whose response satisfied the success rule. */
  readonly succeeded: Scalars['Int']['output']
  /** The number of failed attempts: those with any other response, and those without a response. */
  readonly failed: Scalars['Int']['output']
  /**
   * The time in ms that half of the attempts took at most, failed ones included. Estimated from counts by duration. Null if
   * no attempt had a duration.
   */
  readonly latencyP50Ms?: Maybe<Scalars['Int']['output']>
  /** The time in ms that 95 % of the attempts took at most, otherwise like `latencyP50Ms`. */
  readonly latencyP95Ms?: Maybe<Scalars['Int']['output']>
}

/** The results of a webhook's scheduled attempts. */
export type WebhookStats = {
  /**
   * The number of attempts with an outcome. Attempts interrupted by Orderbell, for example by a shutdown, are not
   * counted; the fifth consecutive interruption counts as a failure.
   */
  readonly attempts: Scalars['Int']['output']
  /** The number of attempts whose response satisfied the success rule. */
  readonly succeeded: Scalars['Int']['output']
  /** The number of failed attempts: those with any other response, and those without a response. */
  readonly failed: Scalars['Int']['output']
  /** The share of successful attempts, 0 to 1; null if there were no attempts. */
  readonly successShare?: Maybe<Scalars['Float']['output']>
}

/**
 * Conditions that an order must meet after the change for its events to be delivered. The order must match all four
 * lists. An empty list matches every order. Events that are not about an order are not filtered.
 */
export type WebhookFilters = {
  /** Only orders of these sites. */
  readonly siteIds: ReadonlyArray<Scalars['ID']['output']>
  /** Only orders in these states. */
  readonly orderStates: ReadonlyArray<OrderState>
  /** Only orders whose customer is in one of these states. */
  readonly customerStates: ReadonlyArray<CustomerState>
  /** Only orders from these sources. An order without a source matches only the empty list. */
  readonly sources: ReadonlyArray<Scalars['String']['output']>
}

/** Since when and until when a webhook is paused. */
export type WebhookPaused = {
  /** The time since which the webhook is paused. */
  readonly since: Scalars['DateTime']['output']
  /** The time at which the pause ends by itself. Null: it ends only by `webhookResume`. */
  readonly until?: Maybe<Scalars['DateTime']['output']>
}

/** Why and since when a webhook is disabled. */
export type WebhookDisabled = {
  /** The rule that disabled the webhook, or REQUESTED. */
  readonly reason: WebhookDisabledReason
  /** Human-readable explanation: what happened, with figures, and how to enable the webhook. */
  readonly message: Scalars['String']['output']
  /** The time since which the webhook is disabled. */
  readonly at: Scalars['DateTime']['output']
}

/** Why a webhook is disabled. */
export type WebhookDisabledReason =
  /** An API caller disabled it, by `webhookDisable` or by `enabled` in `webhookCreate` or `webhookUpdate`. */
  | 'REQUESTED'
  /** More consecutive attempts failed than the rule allows. */
  | 'CONSECUTIVE_FAILURES'
  /** A greater share of the attempts in the trailing window failed than the rule allows. */
  | 'FAILURE_SHARE'
  /** There were failures and no success on as many consecutive days as the rule specifies. */
  | 'FAILING_DAYS'
  /** There was no success for the time that the rule specifies while attempts failed. */
  | 'FAILING_FOR'
  /** The receiver responded with status 410 Gone. */
  | 'GONE'

/** The rules for sending to a webhook. */
export type Policy = {
  /** The responses that count as success. Any other status, 3xx included, is a failure. Redirects are never followed. */
  readonly success: SuccessRule
  /** The time limit of one attempt in milliseconds, from the name lookup to the end of the response. */
  readonly timeoutMs: Scalars['Int']['output']
  /** Whether plain http is refused. */
  readonly httpsOnly: Scalars['Boolean']['output']
  /** Whether the dialect's test request must succeed before the webhook is saved, both on creation and on every change. */
  readonly saveCheck: Scalars['Boolean']['output']
  /** The retry schedule after a failed attempt. */
  readonly retry: RetrySchedule
  /**
   * Whether a `Retry-After` header of a 429 or 503 response lengthens the wait before the next attempt, up to 6 hours
   * and within the retry window. If false, the header is ignored.
   */
  readonly honourRetryAfter: Scalars['Boolean']['output']
  /** The rules that disable the webhook. Any one of them is sufficient. Empty: it is disabled only on request. */
  readonly disable: ReadonlyArray<DisableRule>
  /** How the webhook is enabled again after one of these rules has disabled it. */
  readonly recovery: Recovery
}

/** How a webhook is enabled again after a rule has disabled it. `webhookEnable` always enables it. */
export type Recovery =
  /** Only by `webhookEnable`. */
  | 'NONE'
  /**
   * Also by a probe: one delivery is attempted 5 minutes after the webhook was disabled, then after 5, 10, 20 and 40 minutes and
   * every hour, at most one at a time. It is the PENDING delivery that has been due longest, else the oldest that was SKIPPED
   * since the webhook was disabled; as long as there is none, nothing is attempted. A probe is a MANUAL attempt, which uses
   * up no retry: if it fails, the delivery continues as before. If it succeeds, the webhook is enabled, its health is reset,
   * and the deliveries that were SKIPPED since it was disabled are sent, oldest first, as `webhookEnable` does with
   * REPLAY. A webhook that was disabled on request or by GONE, or is paused, is not probed.
   */
  | 'PROBE'

/** The responses that count as success. */
export type SuccessRule =
  /** Any status from 200 to 299. */
  | 'ANY_2XX'
  /** Status 200 only. */
  | 'EXACTLY_200'

/** The retry schedule after failed attempts. */
export type RetrySchedule = {
  /** The waits after the first failure, the second failure, and so on. If empty, there is one attempt only. */
  readonly waits: ReadonlyArray<RetryWait>
  /**
   * How long after the event, or after its replay, attempts may start, in milliseconds. The last wait repeats until the
   * window ends. Null: the schedule ends after its last wait.
   */
  readonly windowMs?: Maybe<Scalars['Int']['output']>
}

/** A wait drawn at random between two bounds, so that retries do not arrive in bursts (jitter). */
export type RetryWait = {
  /** The minimum wait in milliseconds. No attempt starts earlier. */
  readonly minMs: Scalars['Int']['output']
  /** The maximum wait in milliseconds. */
  readonly maxMs: Scalars['Int']['output']
}

/** A rule that disables a webhook. */
export type DisableRule = {
  /** The name of the rule. The other fields are its parameters. */
  readonly rule: DisableRuleName
  /**
   * For CONSECUTIVE_FAILURES: the number of consecutive failures allowed; one more disables the webhook. Null for other
   * rules.
   */
  readonly count?: Maybe<Scalars['Int']['output']>
  /**
   * For FAILURE_SHARE: the allowed share of failed attempts, at least 0 and below 1; a greater share disables the
   * webhook. Null for other rules.
   */
  readonly share?: Maybe<Scalars['Float']['output']>
  /**
   * For FAILURE_SHARE the length of the trailing window, for FAILING_FOR the time without a success, in milliseconds.
   * Null for other rules.
   */
  readonly windowMs?: Maybe<Scalars['Int']['output']>
  /**
   * For FAILING_DAYS: the number of consecutive UTC days with failures and no success that disables the webhook. Days
   * without attempts neither count nor interrupt the sequence. Null for other rules.
   */
  readonly days?: Maybe<Scalars['Int']['output']>
  /** For FAILURE_SHARE: the minimum number of attempts in the window for the rule to apply. Null for other rules. */
  readonly minVolume?: Maybe<Scalars['Int']['output']>
  /** For FAILURE_SHARE: the minimum period of attempts, in milliseconds, for the rule to apply. Null for other rules. */
  readonly minPeriodMs?: Maybe<Scalars['Int']['output']>
}

/** The names of the rules that disable a webhook. */
export type DisableRuleName =
  /** More than `count` consecutive attempts failed. */
  | 'CONSECUTIVE_FAILURES'
  /**
   * More than `share` of the attempts in the trailing `windowMs` failed, with at least `minVolume` attempts over a
   * period of at least `minPeriodMs`.
   */
  | 'FAILURE_SHARE'
  /** There were failures and no success on `days` consecutive UTC days. */
  | 'FAILING_DAYS'
  /** There was no success for `windowMs` while attempts failed. */
  | 'FAILING_FOR'
  /** The receiver responded with status 410 Gone. Disables the webhook at once. */
  | 'GONE'

/** The state of a delivery. */
export type DeliveryState =
  /** An attempt is due, running, or held while the webhook is disabled or paused. */
  | 'PENDING'
  /** An attempt succeeded. */
  | 'DELIVERED'
  /** The retry schedule ended without a success. */
  | 'EXHAUSTED'
  /** The delivery was cancelled, or its webhook was deleted. */
  | 'CANCELLED'
  /** The retry schedule does not attempt the delivery; `skipReason` says why. */
  | 'SKIPPED'
  /** The delivery was not delivered by its deadline (`expireAfterMs`). It had any number of attempts, or none. */
  | 'EXPIRED'

/** Whether the deliveries of one order wait for each other. Deliveries of events without an order never wait. */
export type WebhookOrdering =
  /** Deliveries do not wait: a retry does not delay later events of the order. */
  | 'NONE'
  /**
   * A delivery waits for all earlier deliveries of the same order and webhook that are PENDING, by the event's `sequence`.
   * Other orders are not delayed. If an earlier delivery ends without success, EXHAUSTED, EXPIRED, CANCELLED or SKIPPED, the
   * next one is sent: it does not hold the order forever. A retry that a client requests is sent in its place in the
   * order: later deliveries that are PENDING wait for it, and those that were sent before are not sent again.
   */
  | 'PER_ORDER'
  /**
   * The receiver only gets the latest state. A delivery that was not delivered is SKIPPED with the reason SUPERSEDED when the
   * webhook has a delivery of a newer event of the same order, in whatever state. One request of an order runs at a time: a
   * running request is not cut, and if it fails while there is a newer event, its delivery is SKIPPED with its attempts. A
   * retry that a client requests for an older state is sent once; newer ones that are PENDING wait for it.
   */
  | 'LATEST_ONLY'

/** Why a delivery is not attempted. */
export type SkipReason =
  /** The webhook was disabled when the event happened. */
  | 'WEBHOOK_DISABLED'
  /** The webhook has a delivery of a newer event of the same order, and its ordering is LATEST_ONLY. */
  | 'SUPERSEDED'

/** One event addressed to one webhook. */
export type Delivery = Node & {
  /** Opaque id, `dlv_...`. The STANDARD dialect sends it as webhook-id, the same in every attempt. */
  readonly id: Scalars['ID']['output']
  /** The state of the delivery. */
  readonly state: DeliveryState
  /** Why the retry schedule does not attempt the delivery; null unless its state is SKIPPED. */
  readonly skipReason?: Maybe<SkipReason>
  /** The number of attempts recorded so far, including interrupted ones. */
  readonly attemptCount: Scalars['Int']['output']
  /**
   * The time at which the next attempt is due, or was due if the attempt is running or held. Null if no attempt will
   * follow.
   */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>
  /** The time of creation, which is the time of the event. */
  readonly createdAt: Scalars['DateTime']['output']
  /** The time at which the delivery last reached a state other than PENDING; null while it is PENDING. */
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>
  /** The event to deliver. */
  readonly event: Event
  /** The webhook that the event is delivered to, also if it was deleted. */
  readonly webhook: Webhook
  /**
   * The attempts of the delivery, oldest first. Attempts removed by retention (`RETENTION_DAYS`) are missing here, but
   * still counted in `attemptCount`.
   */
  readonly attempts: DeliveryAttemptConnection
}

/** One event addressed to one webhook. */
export type DeliveryAttemptsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** The causes of an attempt. */
export type AttemptTrigger =
  /** The retry schedule, which includes the first attempt. */
  | 'SCHEDULE'
  /**
   * Outside the retry schedule: an API caller requested the attempt by `deliveryRetry` or `deliveriesRetry`, or it was a probe of
   * a disabled webhook (`policy.recovery`).
   */
  | 'MANUAL'
  /** `webhookTest`: an API caller requested a test. */
  | 'TEST'

/** The result of an attempt. */
export type AttemptOutcome =
  /** The response satisfied the webhook's success rule. */
  | 'SUCCEEDED'
  /** The receiver sent a response that does not satisfy the success rule, such as one with a 3xx status. */
  | 'HTTP_ERROR'
  /**
   * No response arrived within the time limit. A response whose headers arrived in time counts as a response, even if
   * its body was cut off.
   */
  | 'TIMED_OUT'
  /** The host name could not be resolved. */
  | 'DNS_FAILED'
  /** The connection could not be established, or it broke before a response arrived. */
  | 'CONNECTION_FAILED'
  /** No trusted TLS connection could be established, because of the certificate, the host name or the handshake. */
  | 'TLS_FAILED'
  /** The response is not valid HTTP/1.1. `response` contains its first bytes. */
  | 'PROTOCOL_ERROR'
  /** The destination is not allowed. Nothing was sent. */
  | 'BLOCKED'
  /**
   * Orderbell stopped during the attempt. It is unknown whether the receiver got the request. The request is sent again
   * with the same delivery id. An interruption uses up no retry, except that the fifth consecutive one counts as a
   * failure.
   */
  | 'INTERRUPTED'

/** What follows an attempt. */
export type AttemptNextStep =
  /**
   * No attempt follows: the delivery succeeded or had already ended, a newer event of the order replaces it, or the attempt
   * was a test.
   */
  | 'NONE'
  /** Another attempt follows at `nextAttemptAt`. */
  | 'RETRY'
  /** No attempt follows: the retry schedule has ended. */
  | 'EXHAUSTED'
  /** No attempt follows: the next one would be after the deadline of the delivery (`expireAfterMs`). */
  | 'EXPIRED'

/** One HTTP request for one delivery, and its result. */
export type DeliveryAttempt = Node & {
  /** Opaque id, `att_...`. */
  readonly id: Scalars['ID']['output']
  /** The number of the attempt within its delivery, counted from 1; 1 for a test. */
  readonly number: Scalars['Int']['output']
  /** The cause of the attempt. */
  readonly trigger: AttemptTrigger
  /** The result of the attempt. */
  readonly outcome: AttemptOutcome
  /** Human-readable explanation of the failure, one sentence; null if there was none. */
  readonly detail?: Maybe<Scalars['String']['output']>
  /**
   * The status code in the response; null if none could be read. A response that broke off or was rejected can have one:
   * `outcome` says whether it counted as a response.
   */
  readonly statusCode?: Maybe<Scalars['Int']['output']>
  /** The time at which the attempt started, on the clock of the database. */
  readonly startedAt: Scalars['DateTime']['output']
  /** The duration of the attempt in milliseconds; null if it was interrupted. */
  readonly durationMs?: Maybe<Scalars['Int']['output']>
  /** The duration of each phase of the attempt; null if it was interrupted. */
  readonly phases?: Maybe<AttemptPhases>
  /** The IP address that the connection was made to; null if no connection was made or the address was not allowed. */
  readonly resolvedAddress?: Maybe<Scalars['String']['output']>
  /**
   * Whether the request was sent twice within this attempt. This happens if a connection kept open from an earlier
   * request ended before any byte of a response arrived: the request is sent again immediately on a new connection,
   * within the same time limit. The receiver may have seen both.
   */
  readonly resentOnNewConnection: Scalars['Boolean']['output']
  /** What follows the attempt. */
  readonly nextStep: AttemptNextStep
  /** Human-readable reason for `nextStep`, with figures. */
  readonly nextStepReason: Scalars['String']['output']
  /** The time at which the next attempt was due when this one ended; null if none followed. */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>
  /** The request; null if the attempt was interrupted or retention removed the request. */
  readonly request?: Maybe<AttemptRequest>
  /** What the receiver sent, even if it is not valid HTTP; null if it sent nothing or retention removed the response. */
  readonly response?: Maybe<AttemptResponse>
  /** The delivery that the attempt belongs to; null for a test, or if retention removed the delivery. */
  readonly delivery?: Maybe<Delivery>
  /** The webhook that the request was sent to. */
  readonly webhook: Webhook
}

/**
 * The duration of each phase of an attempt. A phase is null if it was not reached or not needed because a connection was
 * reused.
 */
export type AttemptPhases = {
  /** Name lookup, in milliseconds. */
  readonly dnsMs?: Maybe<Scalars['Int']['output']>
  /** TCP connection, in milliseconds. */
  readonly connectMs?: Maybe<Scalars['Int']['output']>
  /** TLS handshake, in milliseconds. */
  readonly tlsMs?: Maybe<Scalars['Int']['output']>
  /** From the start of the attempt to the status line of the response, in milliseconds. Includes the phases above. */
  readonly firstByteMs?: Maybe<Scalars['Int']['output']>
  /** From the start of the attempt to its end, in milliseconds; the same as `durationMs`. */
  readonly totalMs: Scalars['Int']['output']
}

/** An HTTP header. */
export type Header = {
  /** The name of the header, as it is sent. */
  readonly name: Scalars['String']['output']
  /** The value; `[masked]` if it is a secret or is derived from one, such as a signature. */
  readonly value: Scalars['String']['output']
}

/** The request of an attempt. */
export type AttemptRequest = {
  /** The HTTP method, always POST. */
  readonly method: Scalars['String']['output']
  /** The URL that the request was sent to. */
  readonly url: Scalars['String']['output']
  /** The headers in the order sent. Secrets are masked. */
  readonly headers: ReadonlyArray<Header>
  /** The exact body, with secrets masked. `[erased]` if the customer in it was erased later. */
  readonly body: Scalars['String']['output']
}

/** The result of `deliveryPreview`. */
export type DeliveryPreview = {
  /** Whether the event would be sent to the webhook if it happened now. */
  readonly wouldDeliver: Scalars['Boolean']['output']
  /** Human-readable reason for `wouldDeliver`, with the state of the existing delivery if there is one. */
  readonly reason: Scalars['String']['output']
  /**
   * The request as it would be sent now, with secrets masked. It has the id of the existing delivery, or an example id
   * if there is none. Null if the webhook was deleted or its dialect has no request format for the topic.
   */
  readonly request?: Maybe<AttemptRequest>
}

/**
 * What the receiver sent. Secrets of the webhook in it are replaced by `[masked]`; secrets of less than 6 characters are
 * not searched for.
 */
export type AttemptResponse = {
  /** The status code in the response; null if none could be read. */
  readonly statusCode?: Maybe<Scalars['Int']['output']>
  /**
   * The first 100 headers, up to 16 KiB, in the order received. Control characters are replaced by U+FFFD. A line
   * without a colon is returned as a name with an empty value. Empty if the customer in the request was erased later.
   */
  readonly headers: ReadonlyArray<Header>
  /**
   * The first 16 KiB of the body as text, decompressed if the receiver compressed it. The text is decoded with the
   * charset of its byte order mark, else with that of `content-type`, else as UTF-8; invalid bytes are replaced by
   * U+FFFD. If `malformed`, the first KiB of everything received. `[erased]` if the customer in the request was erased
   * later.
   */
  readonly body: Scalars['String']['output']
  /** The same bytes as `body`, in base64. */
  readonly bodyBase64: Scalars['String']['output']
  /**
   * The size of the body as sent, in bytes, before decompression. It is counted or, if Orderbell stopped reading early,
   * taken from `content-length`; null if neither is known.
   */
  readonly bodySize?: Maybe<Scalars['Float']['output']>
  /** Whether `body` is only a part of the body. */
  readonly truncated: Scalars['Boolean']['output']
  /**
   * Whether the body was decompressed (gzip, deflate, br; zstd with Node.js 22.15 or later). False if it was not
   * compressed or could not be decompressed; in the latter case `body` is as received.
   */
  readonly decompressed: Scalars['Boolean']['output']
  /**
   * Whether the response was not valid HTTP/1.1 or ended before the end of its headers. `body` then contains its first
   * bytes, including the status line and headers.
   */
  readonly malformed: Scalars['Boolean']['output']
}

/** The position of a page in its list. https://relay.dev/graphql/connections.htm */
export type PageInfo = {
  /** Whether items follow this page. If the page was read backwards with `last`, true only if items are known to follow. */
  readonly hasNextPage: Scalars['Boolean']['output']
  /** Whether items precede this page. If the page was read forwards, true only if items are known to precede. */
  readonly hasPreviousPage: Scalars['Boolean']['output']
  /** The cursor of the first edge; null if the page is empty. */
  readonly startCursor?: Maybe<Scalars['String']['output']>
  /** The cursor of the last edge; null if the page is empty. */
  readonly endCursor?: Maybe<Scalars['String']['output']>
}

/** A page of projects. */
export type ProjectConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<ProjectEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Project>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** A project and its cursor. */
export type ProjectEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The project. */
  readonly node: Project
}

/** A retry of many deliveries, at a rate. See `deliveriesRetry`. */
export type BulkRetry = Node & {
  /** Opaque id, `brt_...`. */
  readonly id: Scalars['ID']['output']
  /** Whether it is running. */
  readonly state: BulkRetryState
  /** The number of deliveries in the set that was frozen when it was created. */
  readonly total: Scalars['Int']['output']
  /**
   * The number of deliveries that are counted: `delivered`, `failed` and `leftAlone` together. A DONE bulk retry has counted
   * all of its deliveries, unless it was a dry run.
   */
  readonly done: Scalars['Int']['output']
  /** The number of retries that delivered. */
  readonly delivered: Scalars['Int']['output']
  /**
   * The number of retries that did not deliver. With `restartSchedule`, a delivery whose first attempt failed is counted
   * here, and its retry schedule continues.
   */
  readonly failed: Scalars['Int']['output']
  /** The number of deliveries that were not retried. Of a dry run: that would not be retried now. */
  readonly leftAlone: Scalars['Int']['output']
  /** Why deliveries were not retried. */
  readonly leftAloneReasons: BulkRetryLeftAlone
  /** The number of deliveries that are made due per second. */
  readonly ratePerSecond: Scalars['Int']['output']
  /** Whether each delivery gets its whole retry schedule again, instead of one attempt. */
  readonly restartSchedule: Scalars['Boolean']['output']
  /** Whether the deliveries were only counted. */
  readonly dryRun: Scalars['Boolean']['output']
  /** The time of creation. The set was frozen then. */
  readonly createdAt: Scalars['DateTime']['output']
  /** The time at which it was done or cancelled; null while it is RUNNING or PAUSED. */
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>
  /** The key that created it. Null for keys that may not see keys: PARTNER and READER. */
  readonly key?: Maybe<Key>
}

/** The deliveries of a bulk retry that were not retried, by reason. */
export type BulkRetryLeftAlone = {
  /** They had been delivered in the meantime. */
  readonly delivered: Scalars['Int']['output']
  /** They were PENDING or being attempted. */
  readonly pending: Scalars['Int']['output']
  /**
   * Their webhook was disabled or paused. If that happened after the delivery was made due, the delivery stays PENDING
   * until the webhook is enabled or its pause ends, and is attempted then.
   */
  readonly webhookDisabled: Scalars['Int']['output']
  /** They were removed by retention or cancelled before their attempt, or their webhook was deleted. */
  readonly unavailable: Scalars['Int']['output']
}

/** The states of a bulk retry. */
export type BulkRetryState =
  /** Deliveries are made due at the rate, and the results are counted. */
  | 'RUNNING'
  /** No further deliveries are made due until it is resumed. */
  | 'PAUSED'
  /** All deliveries of the set are counted. */
  | 'DONE'
  /** It was ended before all deliveries were retried. */
  | 'CANCELLED'

/** A page of bulk retries. */
export type BulkRetryConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<BulkRetryEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<BulkRetry>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** A bulk retry and its cursor. */
export type BulkRetryEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The bulk retry. */
  readonly node: BulkRetry
}

/** The installation, as an operator sees it. */
export type Installation = {
  /** The version of the process that answered. */
  readonly version: Scalars['String']['output']
  /**
   * All projects, the worst first: projects with deliveries that are overdue by more than a minute, then the lowest
   * `successShare`, the most disabled webhooks, and the most pending deliveries. The figures are computed for each request,
   * so that a project can move between two pages.
   */
  readonly projects: InstallationProjectConnection
  /** The running server processes, the oldest first. A process that has not reported for a minute is not listed. */
  readonly processes: ReadonlyArray<ServerProcess>
}

/** The installation, as an operator sees it. */
export type InstallationProjectsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** A page of the projects of the installation. */
export type InstallationProjectConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<InstallationProjectEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<InstallationProject>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** A project with its figures and its cursor. */
export type InstallationProjectEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The project with its figures. */
  readonly node: InstallationProject
}

/** A project with its figures. */
export type InstallationProject = {
  /** The project. */
  readonly project: Project
  /** The number of attempts that began within the last minute, without tests. Counted up to 100,000. */
  readonly attemptsLastMinute: Scalars['Int']['output']
  /**
   * The share of successes, from 0 to 1, of the scheduled attempts of the last hour, counted in buckets of ten minutes; null
   * if there were none.
   */
  readonly successShare?: Maybe<Scalars['Float']['output']>
  /**
   * The number of pending deliveries, those of disabled and paused webhooks included. Counted up to 10,000 for each
   * webhook.
   */
  readonly pendingCount: Scalars['Int']['output']
  /**
   * The earliest due time of a pending delivery that may be attempted, which can be in the past; null if there is none.
   * Deliveries of disabled and paused webhooks do not count.
   */
  readonly oldestDueAt?: Maybe<Scalars['DateTime']['output']>
  /** The number of disabled webhooks. */
  readonly disabledWebhooks: Scalars['Int']['output']
}

/** A running server process. */
export type ServerProcess = {
  /** The id of the process, which is new at each start. */
  readonly id: Scalars['ID']['output']
  /** What the process does: `api`, `dispatcher` or both. */
  readonly roles: ReadonlyArray<Scalars['String']['output']>
  /** The version that the process runs. */
  readonly version: Scalars['String']['output']
  /** The time of its start, on the database's clock. */
  readonly startedAt: Scalars['DateTime']['output']
}

/** A page of partners. */
export type PartnerConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<PartnerEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Partner>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** A partner and its cursor. */
export type PartnerEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The partner. */
  readonly node: Partner
}

/** A page of keys. */
export type KeyConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<KeyEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Key>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** A key and its cursor. */
export type KeyEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The key. */
  readonly node: Key
}

/** A page of audit log entries. */
export type AuditEntryConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<AuditEntryEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<AuditEntry>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** An entry of the audit log and its cursor. */
export type AuditEntryEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The entry. */
  readonly node: AuditEntry
}

/** A page of sites. */
export type SiteConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<SiteEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Site>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** A site and its cursor. */
export type SiteEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The site. */
  readonly node: Site
}

/** A page of customers. */
export type CustomerConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<CustomerEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Customer>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** A customer and its cursor. */
export type CustomerEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The customer. */
  readonly node: Customer
}

/** The number of items in a list. */
export type Count = {
  /** The number of items; 1,000 if there are more. */
  readonly value: Scalars['Int']['output']
  /** Whether `value` is the number of items. False if there are more than 1,000. */
  readonly isExact: Scalars['Boolean']['output']
}

/** A page of orders. */
export type OrderConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<OrderEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Order>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
  /** The number of orders in the whole list, under the same filter. Computed only if it is selected. */
  readonly count: Count
}

/** An order and its cursor. */
export type OrderEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The order. */
  readonly node: Order
}

/** A page of events. */
export type EventConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<EventEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Event>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** An event and its cursor. */
export type EventEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The event. */
  readonly node: Event
}

/** A page of webhooks. */
export type WebhookConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<WebhookEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Webhook>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
  /** The number of webhooks in the whole list, under the same filter. Computed only if it is selected. */
  readonly count: Count
}

/** A webhook and its cursor. */
export type WebhookEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The webhook. */
  readonly node: Webhook
}

/** A page of deliveries. */
export type DeliveryConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<DeliveryEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<Delivery>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
  /** The number of deliveries in the whole list, under the same filter. Computed only if it is selected. */
  readonly count: Count
}

/** A delivery and its cursor. */
export type DeliveryEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The delivery. */
  readonly node: Delivery
}

/** A page of attempts. */
export type DeliveryAttemptConnection = {
  /** The items of the page with their cursors. */
  readonly edges: ReadonlyArray<DeliveryAttemptEdge>
  /** The items of the page without cursors. */
  readonly nodes: ReadonlyArray<DeliveryAttempt>
  /** The position of the page in the list. */
  readonly pageInfo: PageInfo
}

/** An attempt and its cursor. */
export type DeliveryAttemptEdge = {
  /** The cursor of this item, for the arguments `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The attempt. */
  readonly node: DeliveryAttempt
}

/** A period of time. Each end is optional. Refused with BAD_USER_INPUT if `until` is not later than `from`. */
export type TimeRange = {
  /** The start of the period, inclusive. If absent, the period has no start. */
  readonly from?: InputMaybe<Scalars['DateTime']['input']>
  /** The end of the period, exclusive. If absent, the period has no end. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>
}

/**
 * Conditions for sites. A site must meet all of them. An absent or empty list sets no condition. Lists have up to 100
 * members (BAD_USER_INPUT).
 */
export type SiteFilter = {
  /** Only sites with one of these partner identifiers, normalised in the same way as stored ones. */
  readonly partnerIdentifiers?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Only sites created within this period. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/**
 * Conditions for customers. A customer must meet all of them. An absent or empty list sets no condition. Lists have up
 * to 100 members (BAD_USER_INPUT).
 */
export type CustomerFilter = {
  /** Only customers created within this period. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/**
 * Conditions for orders. An order must meet all of them. An absent or empty list sets no condition. Lists have up to 100
 * members (BAD_USER_INPUT).
 */
export type OrderFilter = {
  /** Only orders of these sites. */
  readonly siteIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only orders of these customers. */
  readonly customerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only orders in these states. */
  readonly states?: InputMaybe<ReadonlyArray<OrderState>>
  /** Only orders whose customer is in one of these states. */
  readonly customerStates?: InputMaybe<ReadonlyArray<CustomerState>>
  /** Only orders with one of these partner identifiers, normalised in the same way as stored ones. */
  readonly partnerIdentifiers?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Only orders from these sources. Compared exactly. */
  readonly sources?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /**
   * Only orders with all of these words, in any order: the order's number, its partner identifier or redemption code, its
   * customer's name or licence plate. A word matches texts that begin with it or have a part that begins with it; case,
   * accents, dashes and other punctuation do not matter. `22-ab` finds the plate `AB 22-AB`, `joh br` finds Brian Johnson.
   * A number is compared as a whole. Up to 100 characters and 8 words; one word must have at least 2 letters or digits, or
   * be a number (BAD_USER_INPUT). An empty text sets no condition.
   */
  readonly search?: InputMaybe<Scalars['String']['input']>
  /** Only orders created within this period. */
  readonly createdAt?: InputMaybe<TimeRange>
  /** Only orders whose last change was within this period. */
  readonly updatedAt?: InputMaybe<TimeRange>
}

/**
 * Conditions for events. An event must meet all of them. An absent or empty list sets no condition. Lists have up to 100
 * members (BAD_USER_INPUT).
 */
export type EventFilter = {
  /** Only events about these orders. */
  readonly orderIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only events about orders of these sites. */
  readonly siteIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /**
   * Only events of these topics. `resource.*` matches all topics of a resource. A topic that does not
   * exist is refused with BAD_USER_INPUT.
   */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Only events that happened within this period. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/**
 * Conditions for entries of the audit log. An entry must meet all of them. An absent or empty list sets no condition.
 * Lists have up to 100 members (BAD_USER_INPUT).
 */
export type AuditLogFilter = {
  /** Only entries of these mutations, given by name: `orderCreate`. */
  readonly operations?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Only entries about the objects with these ids. */
  readonly objectIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only entries of requests with these keys. */
  readonly keyIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only entries within this period. */
  readonly at?: InputMaybe<TimeRange>
}

/**
 * Conditions for webhooks. A webhook must meet all of them. An absent or empty list sets no condition. Lists have up to
 * 100 members (BAD_USER_INPUT).
 */
export type WebhookFilter = {
  /** If true, only enabled webhooks; if false, only disabled ones; if absent, both. */
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>
  /** Only webhooks with one of these presets. */
  readonly presets?: InputMaybe<ReadonlyArray<Preset>>
  /** Only webhooks of these partners. A PARTNER sees only its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only webhooks registered within this period. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/**
 * Conditions for deliveries. A delivery must meet all of them. An absent or empty list sets no condition. Lists have up
 * to 100 members (BAD_USER_INPUT).
 */
export type DeliveryFilter = {
  /** Only deliveries to these webhooks. */
  readonly webhookIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only deliveries to webhooks of these partners. A PARTNER sees only its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only deliveries of events about these orders. */
  readonly orderIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /**
   * Only deliveries of events of these topics. `resource.*` matches all topics of a resource. A topic that does not
   * exist is refused with BAD_USER_INPUT.
   */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Only deliveries in these states. */
  readonly states?: InputMaybe<ReadonlyArray<DeliveryState>>
  /** Only deliveries of these events. */
  readonly eventIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only deliveries whose latest attempt had one of these outcomes. Deliveries without an attempt do not match. */
  readonly outcomes?: InputMaybe<ReadonlyArray<AttemptOutcome>>
  /** Only deliveries whose latest attempt got a response with a status code of one of these classes. */
  readonly statusClasses?: InputMaybe<ReadonlyArray<StatusClass>>
  /** Only deliveries with at least this number of attempts, 1 or more (BAD_USER_INPUT). */
  readonly attemptNumberFrom?: InputMaybe<Scalars['Int']['input']>
  /** Only deliveries to webhooks whose current preset is one of these. */
  readonly presets?: InputMaybe<ReadonlyArray<Preset>>
  /**
   * If true, only deliveries that are not PENDING, and that the retry schedule therefore does not attempt again. False
   * sets no condition.
   */
  readonly finalOnly?: InputMaybe<Scalars['Boolean']['input']>
  /** Only deliveries whose latest attempt had one of these causes. `TEST` attempts belong to no delivery. */
  readonly triggers?: InputMaybe<ReadonlyArray<AttemptTrigger>>
  /** Only deliveries created within this period. A delivery is created when its event happens. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/**
 * Conditions for attempts, in the list and in the subscription. An attempt must meet all of them. An absent or empty
 * list sets no condition. Lists have up to 100 members (BAD_USER_INPUT).
 */
export type DeliveryAttemptFilter = {
  /** Only attempts for these webhooks. */
  readonly webhookIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only attempts for webhooks of these partners. A PARTNER sees only its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only attempts to deliver events about these orders. */
  readonly orderIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /**
   * Only attempts to deliver events of these topics. `resource.*` matches all topics of a resource. A topic that does not
   * exist is refused with BAD_USER_INPUT.
   */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Only attempts with one of these outcomes. */
  readonly outcomes?: InputMaybe<ReadonlyArray<AttemptOutcome>>
  /** Only attempts that got a response with a status code of one of these classes. */
  readonly statusClasses?: InputMaybe<ReadonlyArray<StatusClass>>
  /** Only attempts with this number or a higher one, 1 or more (BAD_USER_INPUT). With 2, only repeated attempts. */
  readonly attemptNumberFrom?: InputMaybe<Scalars['Int']['input']>
  /** Only attempts for webhooks whose current preset is one of these. */
  readonly presets?: InputMaybe<ReadonlyArray<Preset>>
  /**
   * If true, only attempts that the retry schedule followed with no other attempt, whether they succeeded or not. False
   * sets no condition.
   */
  readonly finalOnly?: InputMaybe<Scalars['Boolean']['input']>
  /**
   * Only attempts with one of these causes. `TEST` attempts belong to no delivery and are neither in the list nor in the
   * subscription.
   */
  readonly triggers?: InputMaybe<ReadonlyArray<AttemptTrigger>>
  /** Only attempts started within this period. */
  readonly startedAt?: InputMaybe<TimeRange>
}

/**
 * Conditions for webhook changes. A change must meet all of them. An absent or empty list sets no condition. Lists have
 * up to 100 members (BAD_USER_INPUT).
 */
export type WebhookChangeFilter = {
  /** Only changes of these webhooks. */
  readonly webhookIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only changes of webhooks of these partners. A PARTNER sees only its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only changes of these kinds. */
  readonly kinds?: InputMaybe<ReadonlyArray<WebhookChangeKind>>
}

/** The classes of HTTP status codes, as defined in RFC 9110, section 15. */
export type StatusClass =
  /** 1xx. */
  | 'INFORMATIONAL'
  /** 2xx. */
  | 'SUCCESSFUL'
  /** 3xx. Redirects are never followed. */
  | 'REDIRECTION'
  /** 4xx. */
  | 'CLIENT_ERROR'
  /** 5xx. */
  | 'SERVER_ERROR'

/** A problem that the caller can fix. A mutation that returns one has changed nothing. */
export type UserError = {
  /** A stable code. Programs should compare the code, not the message. */
  readonly code: UserErrorCode
  /** The path from `input` to the invalid field; empty if the error is not about a single field. */
  readonly field: ReadonlyArray<Scalars['String']['output']>
  /** Human-readable explanation of what is wrong and how to fix it. */
  readonly message: Scalars['String']['output']
}

/** The codes of problems for which a mutation is refused. Codes may be added but are never renamed. */
export type UserErrorCode =
  /** A required field is missing or empty. */
  | 'REQUIRED'
  /** A value does not have the format that the field requires. */
  | 'INVALID'
  /** A value is longer than the field allows. */
  | 'TOO_LONG'
  /** A list has more members than the field allows. */
  | 'TOO_MANY'
  /** The project has no object with this id. */
  | 'NOT_FOUND'
  /** The current state does not allow a transition to the given state. */
  | 'ILLEGAL_TRANSITION'
  /** The current version is not `expectedVersion`: the object was changed in the meantime. */
  | 'VERSION_CONFLICT'
  /** The idempotency key was already used with another input. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** The value is not a URL that requests can be sent to. */
  | 'URL_INVALID'
  /** The URL is plain http, but https is required. */
  | 'URL_NOT_HTTPS'
  /** The URL has a host name, port or address that this installation does not send to. */
  | 'DESTINATION_NOT_ALLOWED'
  /** The topic does not exist, or the webhook's dialect has no request format for it. */
  | 'UNKNOWN_TOPIC'
  /** The data does not match the JSON Schema of its topic. */
  | 'SCHEMA_MISMATCH'
  /** The project already has the maximum number of such objects. */
  | 'LIMIT_REACHED'
  /** The receiver failed the check that the policy requires before the webhook is saved. */
  | 'SAVE_CHECK_FAILED'
  /** The webhook is disabled. */
  | 'WEBHOOK_DISABLED'
  /** The input contradicts itself, or the current state of the object does not allow the operation. */
  | 'CONFLICT'

/** Input of `siteCreate`. */
export type SiteCreateInput = {
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /** The partner's own identifier of the site, up to 200 characters. An empty string is stored as such and is not null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `siteCreate`. */
export type SiteCreatePayload = {
  /** The new site; null if the mutation was refused. */
  readonly site?: Maybe<Site>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `siteUpdate`. An absent field is left unchanged; null clears it. */
export type SiteUpdateInput = {
  /** The id of the site, `sit_...`. */
  readonly id: Scalars['ID']['input']
  /** Display name, 1 to 200 characters. Null is refused with REQUIRED. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** The partner's own identifier of the site, up to 200 characters. An empty string is stored as such and is not null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
}

/** Result of `siteUpdate`. */
export type SiteUpdatePayload = {
  /** The changed site; null if the mutation was refused. */
  readonly site?: Maybe<Site>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `customerCreate`. */
export type CustomerCreateInput = {
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /** Make and model of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly carType?: InputMaybe<Scalars['String']['input']>
  /** Colour of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly carColor?: InputMaybe<Scalars['String']['input']>
  /** Licence plate of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly licensePlate?: InputMaybe<Scalars['String']['input']>
  /** The marketing messages that the customer wants. None by default. */
  readonly marketing?: InputMaybe<CustomerMarketingInput>
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `customerCreate`. */
export type CustomerCreatePayload = {
  /** The new customer; null if the mutation was refused. */
  readonly customer?: Maybe<Customer>
  /** The event `customer.created`; null if the mutation was refused. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `customerUpdate`. An absent field is left unchanged; null clears it. */
export type CustomerUpdateInput = {
  /** The id of the customer, `cus_...`. */
  readonly id: Scalars['ID']['input']
  /** Display name, 1 to 200 characters. Null is refused with REQUIRED. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** Make and model of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly carType?: InputMaybe<Scalars['String']['input']>
  /** Colour of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly carColor?: InputMaybe<Scalars['String']['input']>
  /** Licence plate of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly licensePlate?: InputMaybe<Scalars['String']['input']>
  /** The marketing messages that the customer wants. Null is refused with REQUIRED. */
  readonly marketing?: InputMaybe<CustomerMarketingInput>
}

/** The marketing messages that a customer wants. An absent field is left unchanged, and is false for a new customer. */
export type CustomerMarketingInput = {
  /** Whether the customer wants marketing messages by email. Null is refused with REQUIRED. */
  readonly email?: InputMaybe<Scalars['Boolean']['input']>
  /** Whether the customer wants marketing messages by text message. Null is refused with REQUIRED. */
  readonly sms?: InputMaybe<Scalars['Boolean']['input']>
}

/** Result of `customerUpdate`. */
export type CustomerUpdatePayload = {
  /** The changed customer; null if the mutation was refused. */
  readonly customer?: Maybe<Customer>
  /** The event; null if the mutation was refused, or changed nothing. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** The period in which an order can be picked up. */
export type PickupWindowInput = {
  /** The first instant of the period. */
  readonly startsAt: Scalars['DateTime']['input']
  /** The last instant of the period; must be after `startsAt`. */
  readonly endsAt: Scalars['DateTime']['input']
}

/** The person who picks up or receives the order: a new customer of the project. */
export type OrderCustomerInput = {
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /** Make and model of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly carType?: InputMaybe<Scalars['String']['input']>
  /** Colour of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly carColor?: InputMaybe<Scalars['String']['input']>
  /** Licence plate of the car, up to 200 characters. An empty string is stored as such and is not null. */
  readonly licensePlate?: InputMaybe<Scalars['String']['input']>
}

/** Input of `orderCreate`. */
export type OrderCreateInput = {
  /** The id of the site where the order is prepared and picked up, `sit_...`. */
  readonly siteId: Scalars['ID']['input']
  /** The partner's own identifier of the order, up to 200 characters. An empty string is stored as such and is not null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
  /** The code that the customer shows at pickup, up to 200 characters. An empty string is stored as such and is not null. */
  readonly redemptionCode?: InputMaybe<Scalars['String']['input']>
  /**
   * The area of the site where the customer waits, up to 200 characters. An empty string is stored as such and is not
   * null.
   */
  readonly areaName?: InputMaybe<Scalars['String']['input']>
  /**
   * Where the order came from, such as the app or the integration: a name of up to 40 letters, digits, `.`, `_` and `-`,
   * beginning with a letter or digit (INVALID). It never changes. Webhooks can be limited to sources.
   */
  readonly source?: InputMaybe<Scalars['String']['input']>
  /** The period in which the order can be picked up. */
  readonly pickupWindow?: InputMaybe<PickupWindowInput>
  /** The time at which the customer is expected, not before the year 2000; an earlier time is refused with INVALID. */
  readonly etaAt?: InputMaybe<Scalars['DateTime']['input']>
  /** The customer who receives the order, to be created with it. */
  readonly customer?: InputMaybe<OrderCustomerInput>
  /** The id of an existing customer who receives the order, `cus_...`. Refused with CONFLICT if `customer` is also given. */
  readonly customerId?: InputMaybe<Scalars['ID']['input']>
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `orderCreate`. */
export type OrderCreatePayload = {
  /** The new order; null if the mutation was refused. */
  readonly order?: Maybe<Order>
  /** The event `order.created`; null if the mutation was refused. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `orderUpdate`. An absent field is left unchanged; null clears it. */
export type OrderUpdateInput = {
  /** The id of the order, `ord_...`. */
  readonly orderId: Scalars['ID']['input']
  /** The partner's own identifier of the order, up to 200 characters. An empty string is stored as such and is not null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
  /** The code that the customer shows at pickup, up to 200 characters. An empty string is stored as such and is not null. */
  readonly redemptionCode?: InputMaybe<Scalars['String']['input']>
  /**
   * The area of the site where the customer waits, up to 200 characters. An empty string is stored as such and is not
   * null.
   */
  readonly areaName?: InputMaybe<Scalars['String']['input']>
  /** The period in which the order can be picked up. */
  readonly pickupWindow?: InputMaybe<PickupWindowInput>
  /** The time at which the customer is expected, not before the year 2000; an earlier time is refused with INVALID. */
  readonly etaAt?: InputMaybe<Scalars['DateTime']['input']>
  /** The version that the order must have. If it has another one, the change is refused with VERSION_CONFLICT. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `orderUpdate`. */
export type OrderUpdatePayload = {
  /** The changed order; null if the mutation was refused. */
  readonly order?: Maybe<Order>
  /** The event created; null if the mutation was refused or nothing changed. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `orderStateChange`. */
export type OrderStateChangeInput = {
  /** The id of the order, `ord_...`. */
  readonly orderId: Scalars['ID']['input']
  /** The new state. */
  readonly state: OrderState
  /** The version that the order must have. If it has another one, the change is refused with VERSION_CONFLICT. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `orderStateChange`. */
export type OrderStateChangePayload = {
  /** The changed order; null if the mutation was refused. */
  readonly order?: Maybe<Order>
  /** The event `order.state_changed`; null if the mutation was refused. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `customerStateChange`. */
export type CustomerStateChangeInput = {
  /** The id of the order, `ord_...`. */
  readonly orderId: Scalars['ID']['input']
  /** The new state. ARRIVED and WAITING set `arrivedAt` if it is not set yet. */
  readonly customerState: CustomerState
  /** The version that the order must have. If it has another one, the change is refused with VERSION_CONFLICT. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `customerStateChange`. */
export type CustomerStateChangePayload = {
  /** The changed order; null if the mutation was refused. */
  readonly order?: Maybe<Order>
  /** The event `order.customer_state_changed`; null if the mutation was refused. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `orderDelete`. */
export type OrderDeleteInput = {
  /** The id of the order, `ord_...`. */
  readonly orderId: Scalars['ID']['input']
  /** The version that the order must have. If it has another one, the deletion is refused with VERSION_CONFLICT. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `orderDelete`. */
export type OrderDeletePayload = {
  /** The id of the deleted order; null if the mutation was refused. */
  readonly deletedId?: Maybe<Scalars['ID']['output']>
  /** The order in its last state; null if the mutation was refused. */
  readonly order?: Maybe<Order>
  /** The event `order.deleted`; null if the mutation was refused or the order was already deleted. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** A wait between two attempts, drawn at random between two bounds. */
export type RetryWaitInput = {
  /** The minimum wait in milliseconds, an integer from 1,000 (1 s) to 604,800,000 (7 days). */
  readonly minMs: Scalars['Float']['input']
  /** The maximum wait in milliseconds, an integer from `minMs` to 604,800,000 (7 days). */
  readonly maxMs: Scalars['Float']['input']
}

/** The retry schedule after failed attempts. */
export type RetryScheduleInput = {
  /** The waits after the first failure, the second failure, and so on; 0 to 20 waits. */
  readonly waits: ReadonlyArray<RetryWaitInput>
  /**
   * How long after the event attempts may start, in milliseconds, 1,000 (1 s) to 604,800,000 (7 days). The last wait
   * repeats until the window ends. If absent or null, the schedule ends after its last wait.
   */
  readonly windowMs?: InputMaybe<Scalars['Float']['input']>
}

/**
 * A rule that disables a webhook, with the parameters of that rule and no others: `count` for CONSECUTIVE_FAILURES;
 * `share`, `windowMs`, `minVolume` and optionally `minPeriodMs` for FAILURE_SHARE; `days` for FAILING_DAYS; `windowMs`
 * for FAILING_FOR; none for GONE. A missing parameter is refused with REQUIRED, a parameter of another rule
 * with INVALID.
 */
export type DisableRuleInput = {
  /** The name of the rule. Each rule can be given once. */
  readonly rule: DisableRuleName
  /** The number of consecutive failures allowed, 1 to 1,000. One more disables the webhook. */
  readonly count?: InputMaybe<Scalars['Int']['input']>
  /** The allowed share of failed attempts, at least 0 and below 1. A greater share disables the webhook. */
  readonly share?: InputMaybe<Scalars['Float']['input']>
  /**
   * For FAILURE_SHARE: the length of the trailing window in milliseconds, 600,000 (10 min) to 1,814,400,000 (21 days).
   * The window begins up to ten minutes earlier, because attempts are counted in buckets of ten minutes. For
   * FAILING_FOR: the time without a success in milliseconds, 1,000 (1 s) to 1,814,400,000 (21 days).
   */
  readonly windowMs?: InputMaybe<Scalars['Float']['input']>
  /**
   * The number of consecutive UTC days with failures and no success that disables the webhook, 1 to 30. The current day
   * counts as soon as it has a failure and no success. Days without attempts neither count nor interrupt the sequence.
   * Days are counted for the last 35 days.
   */
  readonly days?: InputMaybe<Scalars['Int']['input']>
  /** The minimum number of attempts in the window for the rule to apply, 1 to 10,000. */
  readonly minVolume?: InputMaybe<Scalars['Int']['input']>
  /**
   * The minimum period of attempts for the rule to apply, in milliseconds, 0 to `windowMs`. Default: `windowMs`, so that
   * a short outage does not disable the webhook. With 0, the rule applies from `minVolume` attempts on.
   *
   * The period starts at the first attempt in the window. If attempts were already running before the window, the period
   * starts at the last attempt before it. They count as running if the pause between these two attempts is at most a
   * sixth of the window (or 20 minutes, if that is longer); if all of these attempts failed, the pause may be as long as
   * the window. Enabling the webhook starts a new period.
   */
  readonly minPeriodMs?: InputMaybe<Scalars['Float']['input']>
}

/** Overrides of the preset's policy. A rule that is absent or null is the preset's. */
export type PolicyInput = {
  /** The responses that count as success. */
  readonly success?: InputMaybe<SuccessRule>
  /** The time limit of one attempt in milliseconds, 1,000 (1 s) to 30,000 (30 s). */
  readonly timeoutMs?: InputMaybe<Scalars['Float']['input']>
  /** If true, plain http is refused. If false, plain http is allowed if the installation allows it (SEND_ALLOW_HTTP). */
  readonly httpsOnly?: InputMaybe<Scalars['Boolean']['input']>
  /** Whether the dialect's test request must succeed before the webhook is saved, both on creation and on every change. */
  readonly saveCheck?: InputMaybe<Scalars['Boolean']['input']>
  /** The retry schedule after failed attempts. It replaces the whole schedule of the preset. */
  readonly retry?: InputMaybe<RetryScheduleInput>
  /**
   * Whether a `Retry-After` header of a 429 or 503 response lengthens the wait before the next attempt. If false, the
   * header is ignored.
   */
  readonly honourRetryAfter?: InputMaybe<Scalars['Boolean']['input']>
  /**
   * The rules that disable the webhook, up to 5, each once. They replace all rules of the preset. With an empty list, the
   * webhook is disabled only on request.
   */
  readonly disable?: InputMaybe<ReadonlyArray<DisableRuleInput>>
  /** How the webhook is enabled again after one of these rules has disabled it. */
  readonly recovery?: InputMaybe<Recovery>
}

/** Input of `eventPublish`. */
export type EventPublishInput = {
  /** The name of a topic from `topics`, except those of `order.*`. */
  readonly topic: Scalars['String']['input']
  /**
   * The data of the event: a JSON object that matches the topic's schema. At most 262,144 bytes as compact JSON in UTF-8
   * (TOO_LONG), with at most 64 levels of nested objects and lists. Request bodies contain it byte for byte as stored.
   */
  readonly data: Scalars['JSON']['input']
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `eventPublish`. */
export type EventPublishPayload = {
  /** The new event; null if the mutation was refused. */
  readonly event?: Maybe<Event>
  /**
   * The reasons why the mutation was refused; empty if it succeeded. If the data does not match the schema, the first
   * ten mismatches.
   */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `topicCreate`. */
export type TopicCreateInput = {
  /**
   * The name, `resource.event`. Each part has 1 to 64 characters of a to z, 0 to 9 and _, and begins with a letter. The
   * resource cannot be `order` (INVALID); other built-in resources are allowed. Refused with CONFLICT if a topic of this
   * name exists.
   */
  readonly name: Scalars['String']['input']
  /** Human-readable explanation of when events of the topic are created, 1 to 500 characters. */
  readonly description: Scalars['String']['input']
  /**
   * The JSON Schema that the data of its events must match: draft 2020-12, or draft 07 if its `$schema` says so.
   * Default: `{"type": "object"}`. At most 65,536 bytes as compact JSON, 300 objects in total and 64 levels of nesting.
   *
   * `$ref` can refer only to the schema itself. `pattern` uses the syntax of RE2, without back references and
   * lookaround. `format` is not checked. A schema, an example or data whose check takes more than 250 ms is refused.
   */
  readonly schema?: InputMaybe<Scalars['JSON']['input']>
  /**
   * An example of the data of such an event: a JSON object that matches the schema, at most 16,384 bytes as compact
   * JSON.
   */
  readonly example: Scalars['JSON']['input']
  /**
   * Makes retries safe: a repeated request with the same key and the same input returns the first result and changes
   * nothing. The same key with another input is refused with IDEMPOTENCY_KEY_REUSED. 1 to 255 characters. Keys are
   * stored for `RETENTION_DAYS` (default 30).
   */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** Result of `topicCreate`. */
export type TopicCreatePayload = {
  /** The new topic; null if the mutation was refused. */
  readonly topic?: Maybe<Topic>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/**
 * Conditions that an order must meet after the change for its events to be delivered. A list that is absent, null or
 * empty sets no condition.
 */
export type WebhookFiltersInput = {
  /** Only orders of these sites; up to 100 ids without duplicates. */
  readonly siteIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Only orders in these states after the change; no duplicates. */
  readonly orderStates?: InputMaybe<ReadonlyArray<OrderState>>
  /** Only orders whose customer is in one of these states after the change; no duplicates. */
  readonly customerStates?: InputMaybe<ReadonlyArray<CustomerState>>
  /** Only orders from these sources, compared exactly; up to 100 names as in `orderCreate`, no duplicates. */
  readonly sources?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
}

/**
 * A header sent in addition to those of the dialect. These are refused with INVALID: host, content-length, content-type,
 * transfer-encoding, connection, te, upgrade, expect, trailer, keep-alive, accept-encoding, content-encoding,
 * user-agent, proxy-*, webhook-*, x-fe-webhook-*, and headers that the dialect itself sends.
 */
export type HeaderInput = {
  /** The name: 1 to 256 letters, digits and !#$%&'*+-.^_`|~; unique within the webhook, regardless of case. */
  readonly name: Scalars['String']['input']
  /**
   * The value: visible Latin-1 characters, with spaces and tabs allowed inside, 0 to 8,192 bytes. The names and values
   * of all headers have at most 16,384 bytes in total.
   *
   * If the name contains auth, cookie, token, secret, key, pass, pwd, credential, session, bearer, jwt, hmac or
   * signature, the value is shown as `[masked]`. The input `[masked]` keeps the current value.
   */
  readonly value: Scalars['String']['input']
}

/** Input of `webhookCreate`. */
export type WebhookCreateInput = {
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /**
   * The URL to send requests to: https, up to 2,048 characters, without user name or password. Plain http is allowed
   * only if the installation allows it (SEND_ALLOW_HTTP) and the policy does not require https.
   */
  readonly url: Scalars['String']['input']
  /**
   * The selected topics: 1 to 100 names from `topics`, or `resource.*` for all topics of a resource. Each must select a
   * topic that the dialect has a request format for. FLYBUY requests cannot express a deletion: `order.deleted` is sent
   * only if it is named, as in `["order.*", "order.deleted"]`.
   *
   * Only a STANDARD webhook can select notices: `webhook.failing`, `webhook.disabled`, `webhook.enabled` and
   * `delivery.exhausted`, which Orderbell makes in the transaction of the fact. A webhook receives no notice about itself, and
   * a partner's webhook only those about webhooks of the same partner. A failed attempt of a notice causes neither
   * `webhook.failing` nor `delivery.exhausted`, so that two webhooks do not notify each other without end.
   */
  readonly topics: ReadonlyArray<Scalars['String']['input']>
  /** Conditions that an order must meet for its events to be delivered. Default: none. */
  readonly filters?: InputMaybe<WebhookFiltersInput>
  /**
   * The preset, which follows one sender's document. Default: STANDARD. A project has at most one FLYBUY webhook,
   * because FlyBuy's document allows one, and at most 1,000 webhooks in total; beyond that LIMIT_REACHED.
   */
  readonly preset?: InputMaybe<Preset>
  /** The format of the webhook's requests, which cannot be changed later. Default: the preset's dialect. */
  readonly dialect?: InputMaybe<Dialect>
  /** Overrides of the preset's policy. */
  readonly policy?: InputMaybe<PolicyInput>
  /** Headers sent in addition to those of the dialect, up to 20. */
  readonly headers?: InputMaybe<ReadonlyArray<HeaderInput>>
  /**
   * The secret that signs requests, 24 to 64 bytes in the format of the dialect. Generated if absent. Refused with
   * INVALID if the dialect does not sign.
   */
  readonly secret?: InputMaybe<Scalars['String']['input']>
  /**
   * The token that requests carry, 1 to 255 printable ASCII characters without quotes. If absent, a token is generated
   * for FOODY, and FLYBUY requests carry none. Refused with INVALID if the dialect has no token.
   */
  readonly token?: InputMaybe<Scalars['String']['input']>
  /**
   * The maximum number of concurrent requests, 1 to 50, over all processes. Default: no limit of its own; one process
   * sends at most 50 concurrent requests to any webhook.
   */
  readonly maxConcurrency?: InputMaybe<Scalars['Int']['input']>
  /** The maximum number of requests started per second, 1 to 1,000, over all processes. Default: no limit of its own. */
  readonly ratePerSecond?: InputMaybe<Scalars['Int']['input']>
  /** Whether the deliveries of one order wait for each other. Default: NONE. */
  readonly ordering?: InputMaybe<WebhookOrdering>
  /**
   * The deadline of deliveries, in milliseconds after their event: 1,000 to 604,800,000 (7 days). A delivery that was not
   * delivered by then ends as EXPIRED, within a minute, also while the webhook is disabled or paused. No request starts
   * after the deadline, except for a retry that a client requests; a delivery whose next retry would be after the deadline
   * is EXPIRED at once. Default: no deadline.
   */
  readonly expireAfterMs?: InputMaybe<Scalars['Int']['input']>
  /**
   * The partner that owns the webhook. Default: none, the platform owns it. A webhook created by a PARTNER is always its
   * own; the id of another partner is refused with NOT_FOUND.
   */
  readonly partnerId?: InputMaybe<Scalars['ID']['input']>
  /** Default: true. If false, the webhook is registered as disabled, until `webhookEnable`. */
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>
}

/** Result of `webhookCreate`. */
export type WebhookCreatePayload = {
  /** The new webhook; null if the mutation was refused. */
  readonly webhook?: Maybe<Webhook>
  /**
   * The secret that signs requests, generated or as given. It is shown only in this response. Null if the dialect does
   * not sign.
   */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** The token that requests carry, generated or as given. It is shown only in this response. Null if there is none. */
  readonly token?: Maybe<Scalars['String']['output']>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `webhookUpdate`. An absent field is left unchanged. */
export type WebhookUpdateInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
  /** Display name, 1 to 200 characters. Null leaves it unchanged. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** The URL to send requests to, as in `webhookCreate`. Null leaves it unchanged. */
  readonly url?: InputMaybe<Scalars['String']['input']>
  /**
   * The selected topics: 1 to 100 names from `topics`, or `resource.*`, as in `webhookCreate`. Null leaves them
   * unchanged.
   */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /**
   * Conditions that an order must meet for its events to be delivered. They replace all current conditions. Null removes
   * all conditions.
   */
  readonly filters?: InputMaybe<WebhookFiltersInput>
  /** Overrides of the preset's policy. They replace all current overrides. Null restores the preset's policy. */
  readonly policy?: InputMaybe<PolicyInput>
  /** Headers sent in addition to those of the dialect, up to 20. They replace all current ones. Null removes them. */
  readonly headers?: InputMaybe<ReadonlyArray<HeaderInput>>
  /**
   * The new secret that signs requests, as in `webhookCreate`. The old secret is no longer used; there is no overlap.
   * Null is refused with REQUIRED if the dialect signs.
   */
  readonly secret?: InputMaybe<Scalars['String']['input']>
  /**
   * The new token that requests carry, as in `webhookCreate`. Null removes the token. If the dialect requires a token
   * (FOODY), null is refused with REQUIRED.
   */
  readonly token?: InputMaybe<Scalars['String']['input']>
  /**
   * The maximum number of concurrent requests, 1 to 50, over all processes. Null: no limit of its own; one process sends
   * at most 50 concurrent requests to any webhook.
   */
  readonly maxConcurrency?: InputMaybe<Scalars['Int']['input']>
  /** The maximum number of requests started per second, 1 to 1,000, over all processes. Null: no limit of its own. */
  readonly ratePerSecond?: InputMaybe<Scalars['Int']['input']>
  /**
   * Whether the deliveries of one order wait for each other. A change also applies to deliveries that are PENDING; requests
   * that are running are not affected.
   */
  readonly ordering?: InputMaybe<WebhookOrdering>
  /**
   * The deadline of deliveries, in milliseconds after their event: 1,000 to 604,800,000 (7 days). A change also applies to
   * deliveries that are PENDING; those that are EXPIRED stay so. Null: no deadline.
   */
  readonly expireAfterMs?: InputMaybe<Scalars['Int']['input']>
  /**
   * The partner that owns the webhook. The webhook's deliveries change owner with it. Null makes it the platform's own;
   * for a PARTNER, null is refused with INVALID.
   */
  readonly partnerId?: InputMaybe<Scalars['ID']['input']>
  /**
   * False disables the webhook as `webhookDisable` does. True enables it as `webhookEnable` does, with `skipped: KEEP`.
   * Null leaves it unchanged.
   */
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>
  /** The version that the webhook must have. If it has another one, the change is refused with VERSION_CONFLICT. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
}

/** Result of `webhookUpdate`. */
export type WebhookUpdatePayload = {
  /** The changed webhook; null if the mutation was refused. */
  readonly webhook?: Maybe<Webhook>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `webhookDisable`. */
export type WebhookDisableInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
}

/** Result of `webhookDisable`. */
export type WebhookDisablePayload = {
  /**
   * The disabled webhook; null if the mutation was refused. A webhook that is already disabled on request is returned
   * unchanged. One that a rule has disabled stays disabled since then, with the reason REQUESTED, and is not probed any more.
   */
  readonly webhook?: Maybe<Webhook>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `webhookPause`. */
export type WebhookPauseInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
  /**
   * The time at which the pause ends by itself, in the future and at most five years ahead. Default: the pause ends only by
   * `webhookResume`.
   */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>
  /** The version of the webhook that the caller has read. If it differs, VERSION_CONFLICT. Default: any version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
}

/** Result of `webhookPause`. */
export type WebhookPausePayload = {
  /** The paused webhook; null if the mutation was refused. */
  readonly webhook?: Maybe<Webhook>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `webhookResume`. */
export type WebhookResumeInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
  /** The version of the webhook that the caller has read. If it differs, VERSION_CONFLICT. Default: any version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
}

/** Result of `webhookResume`. */
export type WebhookResumePayload = {
  /** The webhook; null if the mutation was refused. */
  readonly webhook?: Maybe<Webhook>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What happens to the deliveries that were skipped while a webhook was disabled. */
export type SkippedDeliveries =
  /**
   * They are delivered, in the order of their events and before newer ones. Every delivery that is `SKIPPED:
   * WEBHOOK_DISABLED` since the webhook was last disabled becomes PENDING: the first 20,000 at once, the others within
   * moments. Their retry window begins now. Deliveries skipped in an earlier period stay SKIPPED.
   */
  | 'REPLAY'
  /** They stay SKIPPED. */
  | 'KEEP'

/** Input of `webhookEnable`. */
export type WebhookEnableInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
  /** What happens to the deliveries that were skipped since the webhook was last disabled. Default: KEEP. */
  readonly skipped?: InputMaybe<SkippedDeliveries>
}

/** Result of `webhookEnable`. */
export type WebhookEnablePayload = {
  /** The enabled webhook; null if the mutation was refused. A webhook that is already enabled is returned unchanged. */
  readonly webhook?: Maybe<Webhook>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `webhookDelete`. */
export type WebhookDeleteInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
}

/** Result of `webhookDelete`. */
export type WebhookDeletePayload = {
  /** The id of the deleted webhook; null if the mutation was refused. */
  readonly deletedId?: Maybe<Scalars['ID']['output']>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `webhookSecretRotate`. */
export type WebhookSecretRotateInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
  /**
   * The new secret, 24 to 64 bytes in the format of the dialect. Generated if absent. Refused with INVALID if the
   * dialect does not sign.
   */
  readonly secret?: InputMaybe<Scalars['String']['input']>
  /**
   * The new token, 1 to 255 printable ASCII characters without quotes. Generated if absent, also for a webhook that had
   * none. Refused with INVALID if the dialect has no token.
   */
  readonly token?: InputMaybe<Scalars['String']['input']>
  /**
   * How long the old secret also signs, in milliseconds, 0 to 604,800,000 (7 days). Default: 86,400,000 (24 hours). At
   * most two secrets sign: another rotation within the overlap ends the older one. Without effect if requests of the
   * dialect carry only one signature.
   */
  readonly overlapMs?: InputMaybe<Scalars['Float']['input']>
  /** The version that the webhook must have. If it has another one, the change is refused with VERSION_CONFLICT. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
}

/** Result of `webhookSecretRotate`. */
export type WebhookSecretRotatePayload = {
  /** The webhook; null if the mutation was refused. */
  readonly webhook?: Maybe<Webhook>
  /** The new secret, generated or as given. It is shown only in this response. Null if the dialect does not sign. */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** The new token, generated or as given. It is shown only in this response. Null if the dialect has no token. */
  readonly token?: Maybe<Scalars['String']['output']>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `webhookTest`. */
export type WebhookTestInput = {
  /** The id of the webhook, `whk_...`. */
  readonly id: Scalars['ID']['input']
  /**
   * A topic: the request for its example event is sent. If absent, the test request of the dialect is sent. A topic that
   * does not exist, or that the webhook's dialect has no form for, is UNKNOWN_TOPIC.
   */
  readonly topic?: InputMaybe<Scalars['String']['input']>
  /**
   * The data of the event instead of the topic's example: a JSON object of up to 256 KiB that matches the topic's schema
   * (SCHEMA_MISMATCH). Requires `topic`.
   */
  readonly data?: InputMaybe<Scalars['JSON']['input']>
}

/** Result of `webhookTest`. */
export type WebhookTestPayload = {
  /** The attempt, with trigger TEST; null if the mutation was refused. */
  readonly attempt?: Maybe<DeliveryAttempt>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `deliveryRetry`. */
export type DeliveryRetryInput = {
  /** The id of the delivery, `dlv_...`. The delivery can be in any state. */
  readonly id: Scalars['ID']['input']
  /**
   * Whether the delivery gets its whole retry schedule again, with this attempt as the first. The retry window begins now.
   * Refused with CONFLICT while an attempt is running. Default: false.
   */
  readonly restartSchedule?: InputMaybe<Scalars['Boolean']['input']>
}

/** Input of `deliveriesRetry`. */
export type DeliveriesRetryInput = {
  /**
   * The deliveries to retry. The filter must contain at least one condition (REQUIRED). Without `states`, it selects
   * deliveries that are EXHAUSTED or EXPIRED. `states` may have EXHAUSTED, CANCELLED, SKIPPED and EXPIRED; any other is
   * INVALID. A webhook, partner, order or event that does not exist is NOT_FOUND. Lists have up to 100 members (TOO_MANY).
   */
  readonly filter: DeliveryFilter
  /** The number of deliveries that are made due per second, 1 to 1,000. Default: 20. */
  readonly ratePerSecond?: InputMaybe<Scalars['Int']['input']>
  /**
   * Whether each delivery gets its whole retry schedule again, with the MANUAL attempt as the first. Otherwise it is attempted
   * once, and returns to its former state if that fails. Default: false.
   */
  readonly restartSchedule?: InputMaybe<Scalars['Boolean']['input']>
  /** If true, deliveries are only counted: the bulk retry is DONE at once and retries nothing. Default: false. */
  readonly dryRun?: InputMaybe<Scalars['Boolean']['input']>
}

/** Result of `deliveriesRetry`. */
export type DeliveriesRetryPayload = {
  /** The new bulk retry; null if the mutation was refused. */
  readonly bulkRetry?: Maybe<BulkRetry>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `bulkRetryPause`. */
export type BulkRetryPauseInput = {
  /** The id of the bulk retry, `brt_...`. */
  readonly id: Scalars['ID']['input']
}

/** Result of `bulkRetryPause`. */
export type BulkRetryPausePayload = {
  /** The bulk retry; null if the mutation was refused. */
  readonly bulkRetry?: Maybe<BulkRetry>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `bulkRetryResume`. */
export type BulkRetryResumeInput = {
  /** The id of the bulk retry, `brt_...`. */
  readonly id: Scalars['ID']['input']
}

/** Result of `bulkRetryResume`. */
export type BulkRetryResumePayload = {
  /** The bulk retry; null if the mutation was refused. */
  readonly bulkRetry?: Maybe<BulkRetry>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `bulkRetryCancel`. */
export type BulkRetryCancelInput = {
  /** The id of the bulk retry, `brt_...`. */
  readonly id: Scalars['ID']['input']
}

/** Result of `bulkRetryCancel`. */
export type BulkRetryCancelPayload = {
  /** The bulk retry; null if the mutation was refused. */
  readonly bulkRetry?: Maybe<BulkRetry>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Result of `deliveryRetry`. */
export type DeliveryRetryPayload = {
  /** The delivery, PENDING until the attempt ends; null if the mutation was refused. */
  readonly delivery?: Maybe<Delivery>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `deliveryCancel`. */
export type DeliveryCancelInput = {
  /** The id of the delivery, `dlv_...`. The delivery must be PENDING or CANCELLED. */
  readonly id: Scalars['ID']['input']
}

/** Result of `deliveryCancel`. */
export type DeliveryCancelPayload = {
  /** The delivery, CANCELLED or in the final state it had before `deliveryRetry`; null if the mutation was refused. */
  readonly delivery?: Maybe<Delivery>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `projectCreate`. */
export type ProjectCreateInput = {
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /**
   * The minutes before the ETA of an order at which there is an event `order.arriving`, once for each order and number of
   * minutes, a few seconds late. None by default.
   * There is none for an order that is final, deleted or has no ETA, whose customer has arrived, or whose ETA has passed when
   * it is set. When an ETA is set that is nearer than these minutes, the event comes at once. An ETA that moves moves the
   * event. Up to 5 different numbers of 1 to 180 minutes.
   */
  readonly arrivingMinutes?: InputMaybe<ReadonlyArray<Scalars['Int']['input']>>
}

/** Result of `projectCreate`. */
export type ProjectCreatePayload = {
  /** The new project; null if the mutation was refused. */
  readonly project?: Maybe<Project>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `projectUpdate`. An absent field is left unchanged. */
export type ProjectUpdateInput = {
  /** Display name, 1 to 200 characters. Null is refused with REQUIRED. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /**
   * The minutes before the ETA of an order at which there is an event `order.arriving`, once for each order and number of
   * minutes, a few seconds late. Open orders of the last 7 days with a future ETA follow a change; an empty list removes all minutes.
   * There is none for an order that is final, deleted or has no ETA, whose customer has arrived, or whose ETA has passed when
   * it is set. When an ETA is set that is nearer than these minutes, the event comes at once. An ETA that moves moves the
   * event. Up to 5 different numbers of 1 to 180 minutes.
   */
  readonly arrivingMinutes?: InputMaybe<ReadonlyArray<Scalars['Int']['input']>>
}

/** Result of `projectUpdate`. */
export type ProjectUpdatePayload = {
  /** The changed project; null if the mutation was refused. */
  readonly project?: Maybe<Project>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `partnerCreate`. */
export type PartnerCreateInput = {
  /** Display name, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /** The person or team to write to. Default: none. */
  readonly contact?: InputMaybe<PartnerContactInput>
}

/** The contact of a partner. */
export type PartnerContactInput = {
  /** The name of a person or team, 1 to 200 characters. Default: none. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** The e-mail address, up to 254 characters. A text that is no address is refused with INVALID. */
  readonly email: Scalars['String']['input']
}

/** Result of `partnerCreate`. */
export type PartnerCreatePayload = {
  /** The new partner; null if the mutation was refused. */
  readonly partner?: Maybe<Partner>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `partnerUpdate`. A field that is left out is not changed. */
export type PartnerUpdateInput = {
  /** The id of the partner, `ptn_...`. */
  readonly id: Scalars['ID']['input']
  /** Display name, 1 to 200 characters. Null is refused with REQUIRED. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** The contact, which replaces the former one completely. Null removes it. */
  readonly contact?: InputMaybe<PartnerContactInput>
}

/** Result of `partnerUpdate`. */
export type PartnerUpdatePayload = {
  /** The changed partner; null if the mutation was refused. */
  readonly partner?: Maybe<Partner>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `partnerDelete`. */
export type PartnerDeleteInput = {
  /** The id of the partner, `ptn_...`. */
  readonly id: Scalars['ID']['input']
}

/** Result of `partnerDelete`. */
export type PartnerDeletePayload = {
  /** The id of the deleted partner; null if the mutation was refused. */
  readonly deletedId?: Maybe<Scalars['ID']['output']>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `keyCreate`. */
export type KeyCreateInput = {
  /** The role, which says what the key may do. */
  readonly role: KeyRole
  /** The partner that the key belongs to. Required for role PARTNER (REQUIRED), refused for other roles (INVALID). */
  readonly partnerId?: InputMaybe<Scalars['ID']['input']>
  /** Display name, 1 to 200 characters. Default: none. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** The time from which the key is refused. It must be in the future (INVALID). Default: the key does not expire. */
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>
}

/** Result of `keyCreate`. */
export type KeyCreatePayload = {
  /** The new key without its secret; null if the mutation was refused. */
  readonly key?: Maybe<Key>
  /** The key itself, to be sent with requests. It is shown only in this response. Null if the mutation was refused. */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `keyRevoke`. */
export type KeyRevokeInput = {
  /** The id of the key, `key_...`. An OPERATOR can also give the id of an OPERATOR key. */
  readonly id: Scalars['ID']['input']
}

/** Result of `keyRevoke`. */
export type KeyRevokePayload = {
  /** The revoked key; null if the mutation was refused. */
  readonly key?: Maybe<Key>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `customerErase`. */
export type CustomerEraseInput = {
  /** The id of the customer, `cus_...`. */
  readonly id: Scalars['ID']['input']
}

/** Result of `customerErase`. */
export type CustomerErasePayload = {
  /** The customer without personal data; null if the mutation was refused. */
  readonly customer?: Maybe<Customer>
  /** The event `customer.deleted`; null if the mutation was refused, or the customer was erased before. */
  readonly event?: Maybe<Event>
  /** The reasons why the mutation was refused; empty if it succeeded. */
  readonly userErrors: ReadonlyArray<UserError>
}

export type ResolverTypeWrapper<T> = Promise<T> | T

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>
}
export type Resolver<
  TResult,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => Promise<TResult> | TResult

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => TResult | Promise<TResult>

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>

export type SubscriptionResolver<
  TResult,
  TKey extends string,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>

export type TypeResolveFn<
  TTypes,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
> = (parent: TParent, context: TContext, info: GraphQLResolveInfo) => Maybe<TTypes> | Promise<Maybe<TTypes>>

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  obj: T,
  context: TContext,
  info: GraphQLResolveInfo,
) => boolean | Promise<boolean>

export type NextResolverFn<T> = () => Promise<T>

export type DirectiveResolverFn<
  TResult = Record<PropertyKey, never>,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => TResult | Promise<TResult>

/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | KeyModel
    | PartnerModel
    | AuditEntryModel
    | ProjectModel
    | SiteModel
    | CustomerModel
    | OrderModel
    | EventModel
    | WebhookModel
    | DeliveryModel
    | AttemptModel
    | BulkRetryModel
}

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>
  JSON: ResolverTypeWrapper<Scalars['JSON']['output']>
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>
  ID: ResolverTypeWrapper<Scalars['ID']['output']>
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>
  Int: ResolverTypeWrapper<Scalars['Int']['output']>
  String: ResolverTypeWrapper<Scalars['String']['output']>
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>
  DeliveryAttemptEvent: ResolverTypeWrapper<AttemptEventModel>
  LiveEvent: ResolverTypeWrapper<LiveEventModel>
  WebhookChangeEvent: ResolverTypeWrapper<WebhookChangeEventModel>
  WebhookChange: ResolverTypeWrapper<WebhookChangeModel>
  WebhookChangeKind: WebhookChangeKind
  Viewer: ResolverTypeWrapper<ViewerModel>
  Key: ResolverTypeWrapper<KeyModel>
  KeyRole: KeyRole
  Partner: ResolverTypeWrapper<PartnerModel>
  PartnerContact: ResolverTypeWrapper<PartnerContact>
  AuditEntry: ResolverTypeWrapper<AuditEntryModel>
  Project: ResolverTypeWrapper<ProjectModel>
  Site: ResolverTypeWrapper<SiteModel>
  Customer: ResolverTypeWrapper<CustomerModel>
  CustomerMarketing: ResolverTypeWrapper<CustomerMarketing>
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>
  OrderState: OrderState
  CustomerState: CustomerState
  PickupWindow: ResolverTypeWrapper<PickupWindow>
  Order: ResolverTypeWrapper<OrderModel>
  Event: ResolverTypeWrapper<EventModel>
  Topic: ResolverTypeWrapper<TopicModel>
  Preset: Preset
  Dialect: Dialect
  PresetInfo: ResolverTypeWrapper<PresetInfoModel>
  PresetSample: ResolverTypeWrapper<PresetSample>
  PresetRule: ResolverTypeWrapper<PresetRule>
  PresetRuleName: PresetRuleName
  RuleOrigin: RuleOrigin
  Webhook: ResolverTypeWrapper<WebhookModel>
  StatsWindow: StatsWindow
  WebhookSeriesBucket: ResolverTypeWrapper<SeriesBucketModel>
  WebhookStats: ResolverTypeWrapper<AttemptCountsModel>
  Float: ResolverTypeWrapper<Scalars['Float']['output']>
  WebhookFilters: ResolverTypeWrapper<OrderConditionsModel>
  WebhookPaused: ResolverTypeWrapper<WebhookPaused>
  WebhookDisabled: ResolverTypeWrapper<WebhookDisabled>
  WebhookDisabledReason: WebhookDisabledReason
  Policy: ResolverTypeWrapper<
    Omit<Policy, 'disable'> & { disable: ReadonlyArray<ResolversTypes['DisableRule']> }
  >
  Recovery: Recovery
  SuccessRule: SuccessRule
  RetrySchedule: ResolverTypeWrapper<RetrySchedule>
  RetryWait: ResolverTypeWrapper<RetryWait>
  DisableRule: ResolverTypeWrapper<DisableRuleModel>
  DisableRuleName: DisableRuleName
  DeliveryState: DeliveryState
  WebhookOrdering: WebhookOrdering
  SkipReason: SkipReason
  Delivery: ResolverTypeWrapper<DeliveryModel>
  AttemptTrigger: AttemptTrigger
  AttemptOutcome: AttemptOutcome
  AttemptNextStep: AttemptNextStep
  DeliveryAttempt: ResolverTypeWrapper<AttemptModel>
  AttemptPhases: ResolverTypeWrapper<AttemptPhases>
  Header: ResolverTypeWrapper<Header>
  AttemptRequest: ResolverTypeWrapper<AttemptRequest>
  DeliveryPreview: ResolverTypeWrapper<DeliveryPreview>
  AttemptResponse: ResolverTypeWrapper<AttemptResponse>
  PageInfo: ResolverTypeWrapper<PageInfo>
  ProjectConnection: ResolverTypeWrapper<
    Omit<ProjectConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['ProjectEdge']>
      nodes: ReadonlyArray<ResolversTypes['Project']>
    }
  >
  ProjectEdge: ResolverTypeWrapper<Omit<ProjectEdge, 'node'> & { node: ResolversTypes['Project'] }>
  BulkRetry: ResolverTypeWrapper<BulkRetryModel>
  BulkRetryLeftAlone: ResolverTypeWrapper<BulkRetryLeftAlone>
  BulkRetryState: BulkRetryState
  BulkRetryConnection: ResolverTypeWrapper<
    Omit<BulkRetryConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['BulkRetryEdge']>
      nodes: ReadonlyArray<ResolversTypes['BulkRetry']>
    }
  >
  BulkRetryEdge: ResolverTypeWrapper<Omit<BulkRetryEdge, 'node'> & { node: ResolversTypes['BulkRetry'] }>
  Installation: ResolverTypeWrapper<InstallationModel>
  InstallationProjectConnection: ResolverTypeWrapper<
    Omit<InstallationProjectConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['InstallationProjectEdge']>
      nodes: ReadonlyArray<ResolversTypes['InstallationProject']>
    }
  >
  InstallationProjectEdge: ResolverTypeWrapper<
    Omit<InstallationProjectEdge, 'node'> & { node: ResolversTypes['InstallationProject'] }
  >
  InstallationProject: ResolverTypeWrapper<ProjectStatusModel>
  ServerProcess: ResolverTypeWrapper<RunningProcessModel>
  PartnerConnection: ResolverTypeWrapper<
    Omit<PartnerConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['PartnerEdge']>
      nodes: ReadonlyArray<ResolversTypes['Partner']>
    }
  >
  PartnerEdge: ResolverTypeWrapper<Omit<PartnerEdge, 'node'> & { node: ResolversTypes['Partner'] }>
  KeyConnection: ResolverTypeWrapper<
    Omit<KeyConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['KeyEdge']>
      nodes: ReadonlyArray<ResolversTypes['Key']>
    }
  >
  KeyEdge: ResolverTypeWrapper<Omit<KeyEdge, 'node'> & { node: ResolversTypes['Key'] }>
  AuditEntryConnection: ResolverTypeWrapper<
    Omit<AuditEntryConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['AuditEntryEdge']>
      nodes: ReadonlyArray<ResolversTypes['AuditEntry']>
    }
  >
  AuditEntryEdge: ResolverTypeWrapper<Omit<AuditEntryEdge, 'node'> & { node: ResolversTypes['AuditEntry'] }>
  SiteConnection: ResolverTypeWrapper<
    Omit<SiteConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['SiteEdge']>
      nodes: ReadonlyArray<ResolversTypes['Site']>
    }
  >
  SiteEdge: ResolverTypeWrapper<Omit<SiteEdge, 'node'> & { node: ResolversTypes['Site'] }>
  CustomerConnection: ResolverTypeWrapper<
    Omit<CustomerConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['CustomerEdge']>
      nodes: ReadonlyArray<ResolversTypes['Customer']>
    }
  >
  CustomerEdge: ResolverTypeWrapper<Omit<CustomerEdge, 'node'> & { node: ResolversTypes['Customer'] }>
  Count: ResolverTypeWrapper<Count>
  OrderConnection: ResolverTypeWrapper<OrderPageModel>
  OrderEdge: ResolverTypeWrapper<Omit<OrderEdge, 'node'> & { node: ResolversTypes['Order'] }>
  EventConnection: ResolverTypeWrapper<
    Omit<EventConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['EventEdge']>
      nodes: ReadonlyArray<ResolversTypes['Event']>
    }
  >
  EventEdge: ResolverTypeWrapper<Omit<EventEdge, 'node'> & { node: ResolversTypes['Event'] }>
  WebhookConnection: ResolverTypeWrapper<WebhookPageModel>
  WebhookEdge: ResolverTypeWrapper<Omit<WebhookEdge, 'node'> & { node: ResolversTypes['Webhook'] }>
  DeliveryConnection: ResolverTypeWrapper<DeliveryPageModel>
  DeliveryEdge: ResolverTypeWrapper<Omit<DeliveryEdge, 'node'> & { node: ResolversTypes['Delivery'] }>
  DeliveryAttemptConnection: ResolverTypeWrapper<
    Omit<DeliveryAttemptConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['DeliveryAttemptEdge']>
      nodes: ReadonlyArray<ResolversTypes['DeliveryAttempt']>
    }
  >
  DeliveryAttemptEdge: ResolverTypeWrapper<
    Omit<DeliveryAttemptEdge, 'node'> & { node: ResolversTypes['DeliveryAttempt'] }
  >
  TimeRange: TimeRange
  SiteFilter: SiteFilter
  CustomerFilter: CustomerFilter
  OrderFilter: OrderFilter
  EventFilter: EventFilter
  AuditLogFilter: AuditLogFilter
  WebhookFilter: WebhookFilter
  DeliveryFilter: DeliveryFilter
  DeliveryAttemptFilter: DeliveryAttemptFilter
  WebhookChangeFilter: WebhookChangeFilter
  StatusClass: StatusClass
  UserError: ResolverTypeWrapper<UserError>
  UserErrorCode: UserErrorCode
  SiteCreateInput: SiteCreateInput
  SiteCreatePayload: ResolverTypeWrapper<
    Omit<SiteCreatePayload, 'site'> & { site?: Maybe<ResolversTypes['Site']> }
  >
  SiteUpdateInput: SiteUpdateInput
  SiteUpdatePayload: ResolverTypeWrapper<
    Omit<SiteUpdatePayload, 'site'> & { site?: Maybe<ResolversTypes['Site']> }
  >
  CustomerCreateInput: CustomerCreateInput
  CustomerCreatePayload: ResolverTypeWrapper<CustomerPayloadModel>
  CustomerUpdateInput: CustomerUpdateInput
  CustomerMarketingInput: CustomerMarketingInput
  CustomerUpdatePayload: ResolverTypeWrapper<CustomerPayloadModel>
  PickupWindowInput: PickupWindowInput
  OrderCustomerInput: OrderCustomerInput
  OrderCreateInput: OrderCreateInput
  OrderCreatePayload: ResolverTypeWrapper<OrderPayloadModel>
  OrderUpdateInput: OrderUpdateInput
  OrderUpdatePayload: ResolverTypeWrapper<OrderPayloadModel>
  OrderStateChangeInput: OrderStateChangeInput
  OrderStateChangePayload: ResolverTypeWrapper<OrderPayloadModel>
  CustomerStateChangeInput: CustomerStateChangeInput
  CustomerStateChangePayload: ResolverTypeWrapper<OrderPayloadModel>
  OrderDeleteInput: OrderDeleteInput
  OrderDeletePayload: ResolverTypeWrapper<OrderDeletePayloadModel>
  RetryWaitInput: RetryWaitInput
  RetryScheduleInput: RetryScheduleInput
  DisableRuleInput: DisableRuleInput
  PolicyInput: PolicyInput
  EventPublishInput: EventPublishInput
  EventPublishPayload: ResolverTypeWrapper<EventPublishPayloadModel>
  TopicCreateInput: TopicCreateInput
  TopicCreatePayload: ResolverTypeWrapper<
    Omit<TopicCreatePayload, 'topic'> & { topic?: Maybe<ResolversTypes['Topic']> }
  >
  WebhookFiltersInput: WebhookFiltersInput
  HeaderInput: HeaderInput
  WebhookCreateInput: WebhookCreateInput
  WebhookCreatePayload: ResolverTypeWrapper<
    Omit<WebhookCreatePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }
  >
  WebhookUpdateInput: WebhookUpdateInput
  WebhookUpdatePayload: ResolverTypeWrapper<
    Omit<WebhookUpdatePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }
  >
  WebhookDisableInput: WebhookDisableInput
  WebhookDisablePayload: ResolverTypeWrapper<
    Omit<WebhookDisablePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }
  >
  WebhookPauseInput: WebhookPauseInput
  WebhookPausePayload: ResolverTypeWrapper<
    Omit<WebhookPausePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }
  >
  WebhookResumeInput: WebhookResumeInput
  WebhookResumePayload: ResolverTypeWrapper<
    Omit<WebhookResumePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }
  >
  SkippedDeliveries: SkippedDeliveries
  WebhookEnableInput: WebhookEnableInput
  WebhookEnablePayload: ResolverTypeWrapper<
    Omit<WebhookEnablePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }
  >
  WebhookDeleteInput: WebhookDeleteInput
  WebhookDeletePayload: ResolverTypeWrapper<WebhookDeletePayload>
  WebhookSecretRotateInput: WebhookSecretRotateInput
  WebhookSecretRotatePayload: ResolverTypeWrapper<
    Omit<WebhookSecretRotatePayload, 'webhook'> & { webhook?: Maybe<ResolversTypes['Webhook']> }
  >
  WebhookTestInput: WebhookTestInput
  WebhookTestPayload: ResolverTypeWrapper<
    Omit<WebhookTestPayload, 'attempt'> & { attempt?: Maybe<ResolversTypes['DeliveryAttempt']> }
  >
  DeliveryRetryInput: DeliveryRetryInput
  DeliveriesRetryInput: DeliveriesRetryInput
  DeliveriesRetryPayload: ResolverTypeWrapper<
    Omit<DeliveriesRetryPayload, 'bulkRetry'> & { bulkRetry?: Maybe<ResolversTypes['BulkRetry']> }
  >
  BulkRetryPauseInput: BulkRetryPauseInput
  BulkRetryPausePayload: ResolverTypeWrapper<
    Omit<BulkRetryPausePayload, 'bulkRetry'> & { bulkRetry?: Maybe<ResolversTypes['BulkRetry']> }
  >
  BulkRetryResumeInput: BulkRetryResumeInput
  BulkRetryResumePayload: ResolverTypeWrapper<
    Omit<BulkRetryResumePayload, 'bulkRetry'> & { bulkRetry?: Maybe<ResolversTypes['BulkRetry']> }
  >
  BulkRetryCancelInput: BulkRetryCancelInput
  BulkRetryCancelPayload: ResolverTypeWrapper<
    Omit<BulkRetryCancelPayload, 'bulkRetry'> & { bulkRetry?: Maybe<ResolversTypes['BulkRetry']> }
  >
  DeliveryRetryPayload: ResolverTypeWrapper<
    Omit<DeliveryRetryPayload, 'delivery'> & { delivery?: Maybe<ResolversTypes['Delivery']> }
  >
  DeliveryCancelInput: DeliveryCancelInput
  DeliveryCancelPayload: ResolverTypeWrapper<
    Omit<DeliveryCancelPayload, 'delivery'> & { delivery?: Maybe<ResolversTypes['Delivery']> }
  >
  ProjectCreateInput: ProjectCreateInput
  ProjectCreatePayload: ResolverTypeWrapper<
    Omit<ProjectCreatePayload, 'project'> & { project?: Maybe<ResolversTypes['Project']> }
  >
  ProjectUpdateInput: ProjectUpdateInput
  ProjectUpdatePayload: ResolverTypeWrapper<
    Omit<ProjectUpdatePayload, 'project'> & { project?: Maybe<ResolversTypes['Project']> }
  >
  PartnerCreateInput: PartnerCreateInput
  PartnerContactInput: PartnerContactInput
  PartnerCreatePayload: ResolverTypeWrapper<
    Omit<PartnerCreatePayload, 'partner'> & { partner?: Maybe<ResolversTypes['Partner']> }
  >
  PartnerUpdateInput: PartnerUpdateInput
  PartnerUpdatePayload: ResolverTypeWrapper<
    Omit<PartnerUpdatePayload, 'partner'> & { partner?: Maybe<ResolversTypes['Partner']> }
  >
  PartnerDeleteInput: PartnerDeleteInput
  PartnerDeletePayload: ResolverTypeWrapper<PartnerDeletePayload>
  KeyCreateInput: KeyCreateInput
  KeyCreatePayload: ResolverTypeWrapper<
    Omit<KeyCreatePayload, 'key'> & { key?: Maybe<ResolversTypes['Key']> }
  >
  KeyRevokeInput: KeyRevokeInput
  KeyRevokePayload: ResolverTypeWrapper<
    Omit<KeyRevokePayload, 'key'> & { key?: Maybe<ResolversTypes['Key']> }
  >
  CustomerEraseInput: CustomerEraseInput
  CustomerErasePayload: ResolverTypeWrapper<CustomerPayloadModel>
}

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output']
  JSON: Scalars['JSON']['output']
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node']
  ID: Scalars['ID']['output']
  Query: Record<PropertyKey, never>
  Int: Scalars['Int']['output']
  String: Scalars['String']['output']
  Mutation: Record<PropertyKey, never>
  Subscription: Record<PropertyKey, never>
  DeliveryAttemptEvent: AttemptEventModel
  LiveEvent: LiveEventModel
  WebhookChangeEvent: WebhookChangeEventModel
  WebhookChange: WebhookChangeModel
  Viewer: ViewerModel
  Key: KeyModel
  Partner: PartnerModel
  PartnerContact: PartnerContact
  AuditEntry: AuditEntryModel
  Project: ProjectModel
  Site: SiteModel
  Customer: CustomerModel
  CustomerMarketing: CustomerMarketing
  Boolean: Scalars['Boolean']['output']
  PickupWindow: PickupWindow
  Order: OrderModel
  Event: EventModel
  Topic: TopicModel
  PresetInfo: PresetInfoModel
  PresetSample: PresetSample
  PresetRule: PresetRule
  Webhook: WebhookModel
  WebhookSeriesBucket: SeriesBucketModel
  WebhookStats: AttemptCountsModel
  Float: Scalars['Float']['output']
  WebhookFilters: OrderConditionsModel
  WebhookPaused: WebhookPaused
  WebhookDisabled: WebhookDisabled
  Policy: Omit<Policy, 'disable'> & { disable: ReadonlyArray<ResolversParentTypes['DisableRule']> }
  RetrySchedule: RetrySchedule
  RetryWait: RetryWait
  DisableRule: DisableRuleModel
  Delivery: DeliveryModel
  DeliveryAttempt: AttemptModel
  AttemptPhases: AttemptPhases
  Header: Header
  AttemptRequest: AttemptRequest
  DeliveryPreview: DeliveryPreview
  AttemptResponse: AttemptResponse
  PageInfo: PageInfo
  ProjectConnection: Omit<ProjectConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['ProjectEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Project']>
  }
  ProjectEdge: Omit<ProjectEdge, 'node'> & { node: ResolversParentTypes['Project'] }
  BulkRetry: BulkRetryModel
  BulkRetryLeftAlone: BulkRetryLeftAlone
  BulkRetryConnection: Omit<BulkRetryConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['BulkRetryEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['BulkRetry']>
  }
  BulkRetryEdge: Omit<BulkRetryEdge, 'node'> & { node: ResolversParentTypes['BulkRetry'] }
  Installation: InstallationModel
  InstallationProjectConnection: Omit<InstallationProjectConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['InstallationProjectEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['InstallationProject']>
  }
  InstallationProjectEdge: Omit<InstallationProjectEdge, 'node'> & {
    node: ResolversParentTypes['InstallationProject']
  }
  InstallationProject: ProjectStatusModel
  ServerProcess: RunningProcessModel
  PartnerConnection: Omit<PartnerConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['PartnerEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Partner']>
  }
  PartnerEdge: Omit<PartnerEdge, 'node'> & { node: ResolversParentTypes['Partner'] }
  KeyConnection: Omit<KeyConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['KeyEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Key']>
  }
  KeyEdge: Omit<KeyEdge, 'node'> & { node: ResolversParentTypes['Key'] }
  AuditEntryConnection: Omit<AuditEntryConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['AuditEntryEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['AuditEntry']>
  }
  AuditEntryEdge: Omit<AuditEntryEdge, 'node'> & { node: ResolversParentTypes['AuditEntry'] }
  SiteConnection: Omit<SiteConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['SiteEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Site']>
  }
  SiteEdge: Omit<SiteEdge, 'node'> & { node: ResolversParentTypes['Site'] }
  CustomerConnection: Omit<CustomerConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['CustomerEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Customer']>
  }
  CustomerEdge: Omit<CustomerEdge, 'node'> & { node: ResolversParentTypes['Customer'] }
  Count: Count
  OrderConnection: OrderPageModel
  OrderEdge: Omit<OrderEdge, 'node'> & { node: ResolversParentTypes['Order'] }
  EventConnection: Omit<EventConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['EventEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Event']>
  }
  EventEdge: Omit<EventEdge, 'node'> & { node: ResolversParentTypes['Event'] }
  WebhookConnection: WebhookPageModel
  WebhookEdge: Omit<WebhookEdge, 'node'> & { node: ResolversParentTypes['Webhook'] }
  DeliveryConnection: DeliveryPageModel
  DeliveryEdge: Omit<DeliveryEdge, 'node'> & { node: ResolversParentTypes['Delivery'] }
  DeliveryAttemptConnection: Omit<DeliveryAttemptConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['DeliveryAttemptEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['DeliveryAttempt']>
  }
  DeliveryAttemptEdge: Omit<DeliveryAttemptEdge, 'node'> & { node: ResolversParentTypes['DeliveryAttempt'] }
  TimeRange: TimeRange
  SiteFilter: SiteFilter
  CustomerFilter: CustomerFilter
  OrderFilter: OrderFilter
  EventFilter: EventFilter
  AuditLogFilter: AuditLogFilter
  WebhookFilter: WebhookFilter
  DeliveryFilter: DeliveryFilter
  DeliveryAttemptFilter: DeliveryAttemptFilter
  WebhookChangeFilter: WebhookChangeFilter
  UserError: UserError
  SiteCreateInput: SiteCreateInput
  SiteCreatePayload: Omit<SiteCreatePayload, 'site'> & { site?: Maybe<ResolversParentTypes['Site']> }
  SiteUpdateInput: SiteUpdateInput
  SiteUpdatePayload: Omit<SiteUpdatePayload, 'site'> & { site?: Maybe<ResolversParentTypes['Site']> }
  CustomerCreateInput: CustomerCreateInput
  CustomerCreatePayload: CustomerPayloadModel
  CustomerUpdateInput: CustomerUpdateInput
  CustomerMarketingInput: CustomerMarketingInput
  CustomerUpdatePayload: CustomerPayloadModel
  PickupWindowInput: PickupWindowInput
  OrderCustomerInput: OrderCustomerInput
  OrderCreateInput: OrderCreateInput
  OrderCreatePayload: OrderPayloadModel
  OrderUpdateInput: OrderUpdateInput
  OrderUpdatePayload: OrderPayloadModel
  OrderStateChangeInput: OrderStateChangeInput
  OrderStateChangePayload: OrderPayloadModel
  CustomerStateChangeInput: CustomerStateChangeInput
  CustomerStateChangePayload: OrderPayloadModel
  OrderDeleteInput: OrderDeleteInput
  OrderDeletePayload: OrderDeletePayloadModel
  RetryWaitInput: RetryWaitInput
  RetryScheduleInput: RetryScheduleInput
  DisableRuleInput: DisableRuleInput
  PolicyInput: PolicyInput
  EventPublishInput: EventPublishInput
  EventPublishPayload: EventPublishPayloadModel
  TopicCreateInput: TopicCreateInput
  TopicCreatePayload: Omit<TopicCreatePayload, 'topic'> & { topic?: Maybe<ResolversParentTypes['Topic']> }
  WebhookFiltersInput: WebhookFiltersInput
  HeaderInput: HeaderInput
  WebhookCreateInput: WebhookCreateInput
  WebhookCreatePayload: Omit<WebhookCreatePayload, 'webhook'> & {
    webhook?: Maybe<ResolversParentTypes['Webhook']>
  }
  WebhookUpdateInput: WebhookUpdateInput
  WebhookUpdatePayload: Omit<WebhookUpdatePayload, 'webhook'> & {
    webhook?: Maybe<ResolversParentTypes['Webhook']>
  }
  WebhookDisableInput: WebhookDisableInput
  WebhookDisablePayload: Omit<WebhookDisablePayload, 'webhook'> & {
    webhook?: Maybe<ResolversParentTypes['Webhook']>
  }
  WebhookPauseInput: WebhookPauseInput
  WebhookPausePayload: Omit<WebhookPausePayload, 'webhook'> & {
    webhook?: Maybe<ResolversParentTypes['Webhook']>
  }
  WebhookResumeInput: WebhookResumeInput
  WebhookResumePayload: Omit<WebhookResumePayload, 'webhook'> & {
    webhook?: Maybe<ResolversParentTypes['Webhook']>
  }
  WebhookEnableInput: WebhookEnableInput
  WebhookEnablePayload: Omit<WebhookEnablePayload, 'webhook'> & {
    webhook?: Maybe<ResolversParentTypes['Webhook']>
  }
  WebhookDeleteInput: WebhookDeleteInput
  WebhookDeletePayload: WebhookDeletePayload
  WebhookSecretRotateInput: WebhookSecretRotateInput
  WebhookSecretRotatePayload: Omit<WebhookSecretRotatePayload, 'webhook'> & {
    webhook?: Maybe<ResolversParentTypes['Webhook']>
  }
  WebhookTestInput: WebhookTestInput
  WebhookTestPayload: Omit<WebhookTestPayload, 'attempt'> & {
    attempt?: Maybe<ResolversParentTypes['DeliveryAttempt']>
  }
  DeliveryRetryInput: DeliveryRetryInput
  DeliveriesRetryInput: DeliveriesRetryInput
  DeliveriesRetryPayload: Omit<DeliveriesRetryPayload, 'bulkRetry'> & {
    bulkRetry?: Maybe<ResolversParentTypes['BulkRetry']>
  }
  BulkRetryPauseInput: BulkRetryPauseInput
  BulkRetryPausePayload: Omit<BulkRetryPausePayload, 'bulkRetry'> & {
    bulkRetry?: Maybe<ResolversParentTypes['BulkRetry']>
  }
  BulkRetryResumeInput: BulkRetryResumeInput
  BulkRetryResumePayload: Omit<BulkRetryResumePayload, 'bulkRetry'> & {
    bulkRetry?: Maybe<ResolversParentTypes['BulkRetry']>
  }
  BulkRetryCancelInput: BulkRetryCancelInput
  BulkRetryCancelPayload: Omit<BulkRetryCancelPayload, 'bulkRetry'> & {
    bulkRetry?: Maybe<ResolversParentTypes['BulkRetry']>
  }
  DeliveryRetryPayload: Omit<DeliveryRetryPayload, 'delivery'> & {
    delivery?: Maybe<ResolversParentTypes['Delivery']>
  }
  DeliveryCancelInput: DeliveryCancelInput
  DeliveryCancelPayload: Omit<DeliveryCancelPayload, 'delivery'> & {
    delivery?: Maybe<ResolversParentTypes['Delivery']>
  }
  ProjectCreateInput: ProjectCreateInput
  ProjectCreatePayload: Omit<ProjectCreatePayload, 'project'> & {
    project?: Maybe<ResolversParentTypes['Project']>
  }
  ProjectUpdateInput: ProjectUpdateInput
  ProjectUpdatePayload: Omit<ProjectUpdatePayload, 'project'> & {
    project?: Maybe<ResolversParentTypes['Project']>
  }
  PartnerCreateInput: PartnerCreateInput
  PartnerContactInput: PartnerContactInput
  PartnerCreatePayload: Omit<PartnerCreatePayload, 'partner'> & {
    partner?: Maybe<ResolversParentTypes['Partner']>
  }
  PartnerUpdateInput: PartnerUpdateInput
  PartnerUpdatePayload: Omit<PartnerUpdatePayload, 'partner'> & {
    partner?: Maybe<ResolversParentTypes['Partner']>
  }
  PartnerDeleteInput: PartnerDeleteInput
  PartnerDeletePayload: PartnerDeletePayload
  KeyCreateInput: KeyCreateInput
  KeyCreatePayload: Omit<KeyCreatePayload, 'key'> & { key?: Maybe<ResolversParentTypes['Key']> }
  KeyRevokeInput: KeyRevokeInput
  KeyRevokePayload: Omit<KeyRevokePayload, 'key'> & { key?: Maybe<ResolversParentTypes['Key']> }
  CustomerEraseInput: CustomerEraseInput
  CustomerErasePayload: CustomerPayloadModel
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime'
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON'
}

export type NodeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node'],
> = {
  __resolveType: TypeResolveFn<
    | 'Key'
    | 'Partner'
    | 'AuditEntry'
    | 'Project'
    | 'Site'
    | 'Customer'
    | 'Order'
    | 'Event'
    | 'Webhook'
    | 'Delivery'
    | 'DeliveryAttempt'
    | 'BulkRetry',
    ParentType,
    ContextType
  >
}

export type QueryResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query'],
> = {
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, Context>
  project?: Resolver<ResolversTypes['Project'], ParentType, ContextType>
  projects?: Resolver<ResolversTypes['ProjectConnection'], ParentType, Context, Partial<QueryProjectsArgs>>
  installation?: Resolver<ResolversTypes['Installation'], ParentType, Context>
  partner?: Resolver<
    Maybe<ResolversTypes['Partner']>,
    ParentType,
    ContextType,
    RequireFields<QueryPartnerArgs, 'id'>
  >
  partners?: Resolver<
    ResolversTypes['PartnerConnection'],
    ParentType,
    ContextType,
    Partial<QueryPartnersArgs>
  >
  keys?: Resolver<ResolversTypes['KeyConnection'], ParentType, Context, Partial<QueryKeysArgs>>
  auditLog?: Resolver<ResolversTypes['AuditEntryConnection'], ParentType, Context, Partial<QueryAuditLogArgs>>
  node?: Resolver<Maybe<ResolversTypes['Node']>, ParentType, ContextType, RequireFields<QueryNodeArgs, 'id'>>
  nodes?: Resolver<
    ReadonlyArray<Maybe<ResolversTypes['Node']>>,
    ParentType,
    ContextType,
    RequireFields<QueryNodesArgs, 'ids'>
  >
  site?: Resolver<Maybe<ResolversTypes['Site']>, ParentType, ContextType, Partial<QuerySiteArgs>>
  sites?: Resolver<ResolversTypes['SiteConnection'], ParentType, ContextType, Partial<QuerySitesArgs>>
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType, Partial<QueryCustomerArgs>>
  customers?: Resolver<
    ResolversTypes['CustomerConnection'],
    ParentType,
    ContextType,
    Partial<QueryCustomersArgs>
  >
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType, Partial<QueryOrderArgs>>
  orders?: Resolver<ResolversTypes['OrderConnection'], ParentType, ContextType, Partial<QueryOrdersArgs>>
  event?: Resolver<
    Maybe<ResolversTypes['Event']>,
    ParentType,
    ContextType,
    RequireFields<QueryEventArgs, 'id'>
  >
  events?: Resolver<ResolversTypes['EventConnection'], ParentType, ContextType, Partial<QueryEventsArgs>>
  webhook?: Resolver<
    Maybe<ResolversTypes['Webhook']>,
    ParentType,
    ContextType,
    RequireFields<QueryWebhookArgs, 'id'>
  >
  webhooks?: Resolver<
    ResolversTypes['WebhookConnection'],
    ParentType,
    ContextType,
    Partial<QueryWebhooksArgs>
  >
  delivery?: Resolver<
    Maybe<ResolversTypes['Delivery']>,
    ParentType,
    ContextType,
    RequireFields<QueryDeliveryArgs, 'id'>
  >
  bulkRetry?: Resolver<
    Maybe<ResolversTypes['BulkRetry']>,
    ParentType,
    ContextType,
    RequireFields<QueryBulkRetryArgs, 'id'>
  >
  bulkRetries?: Resolver<
    ResolversTypes['BulkRetryConnection'],
    ParentType,
    ContextType,
    Partial<QueryBulkRetriesArgs>
  >
  deliveryAttempt?: Resolver<
    Maybe<ResolversTypes['DeliveryAttempt']>,
    ParentType,
    ContextType,
    RequireFields<QueryDeliveryAttemptArgs, 'id'>
  >
  topics?: Resolver<ReadonlyArray<ResolversTypes['Topic']>, ParentType, ContextType>
  deliveries?: Resolver<
    ResolversTypes['DeliveryConnection'],
    ParentType,
    ContextType,
    Partial<QueryDeliveriesArgs>
  >
  deliveryPreview?: Resolver<
    Maybe<ResolversTypes['DeliveryPreview']>,
    ParentType,
    ContextType,
    RequireFields<QueryDeliveryPreviewArgs, 'webhookId'>
  >
  deliveryAttempts?: Resolver<
    ResolversTypes['DeliveryAttemptConnection'],
    ParentType,
    ContextType,
    Partial<QueryDeliveryAttemptsArgs>
  >
  deliveryAttemptsCursor?: Resolver<
    ResolversTypes['String'],
    ParentType,
    Context,
    Partial<QueryDeliveryAttemptsCursorArgs>
  >
  eventsCursor?: Resolver<ResolversTypes['String'], ParentType, ContextType, Partial<QueryEventsCursorArgs>>
  webhookChangesCursor?: Resolver<
    ResolversTypes['String'],
    ParentType,
    Context,
    Partial<QueryWebhookChangesCursorArgs>
  >
  presets?: Resolver<ReadonlyArray<ResolversTypes['PresetInfo']>, ParentType, Context>
}

export type MutationResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation'],
> = {
  siteCreate?: Resolver<
    Maybe<ResolversTypes['SiteCreatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationSiteCreateArgs, 'input'>
  >
  siteUpdate?: Resolver<
    Maybe<ResolversTypes['SiteUpdatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationSiteUpdateArgs, 'input'>
  >
  customerCreate?: Resolver<
    Maybe<ResolversTypes['CustomerCreatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationCustomerCreateArgs, 'input'>
  >
  customerUpdate?: Resolver<
    Maybe<ResolversTypes['CustomerUpdatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationCustomerUpdateArgs, 'input'>
  >
  orderCreate?: Resolver<
    Maybe<ResolversTypes['OrderCreatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationOrderCreateArgs, 'input'>
  >
  orderUpdate?: Resolver<
    Maybe<ResolversTypes['OrderUpdatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationOrderUpdateArgs, 'input'>
  >
  orderStateChange?: Resolver<
    Maybe<ResolversTypes['OrderStateChangePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationOrderStateChangeArgs, 'input'>
  >
  customerStateChange?: Resolver<
    Maybe<ResolversTypes['CustomerStateChangePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationCustomerStateChangeArgs, 'input'>
  >
  orderDelete?: Resolver<
    Maybe<ResolversTypes['OrderDeletePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationOrderDeleteArgs, 'input'>
  >
  eventPublish?: Resolver<
    Maybe<ResolversTypes['EventPublishPayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationEventPublishArgs, 'input'>
  >
  topicCreate?: Resolver<
    Maybe<ResolversTypes['TopicCreatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationTopicCreateArgs, 'input'>
  >
  webhookCreate?: Resolver<
    Maybe<ResolversTypes['WebhookCreatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookCreateArgs, 'input'>
  >
  webhookUpdate?: Resolver<
    Maybe<ResolversTypes['WebhookUpdatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookUpdateArgs, 'input'>
  >
  webhookDisable?: Resolver<
    Maybe<ResolversTypes['WebhookDisablePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookDisableArgs, 'input'>
  >
  webhookEnable?: Resolver<
    Maybe<ResolversTypes['WebhookEnablePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookEnableArgs, 'input'>
  >
  webhookPause?: Resolver<
    Maybe<ResolversTypes['WebhookPausePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookPauseArgs, 'input'>
  >
  webhookResume?: Resolver<
    Maybe<ResolversTypes['WebhookResumePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookResumeArgs, 'input'>
  >
  webhookDelete?: Resolver<
    Maybe<ResolversTypes['WebhookDeletePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookDeleteArgs, 'input'>
  >
  webhookSecretRotate?: Resolver<
    Maybe<ResolversTypes['WebhookSecretRotatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookSecretRotateArgs, 'input'>
  >
  webhookTest?: Resolver<
    Maybe<ResolversTypes['WebhookTestPayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationWebhookTestArgs, 'input'>
  >
  deliveryRetry?: Resolver<
    Maybe<ResolversTypes['DeliveryRetryPayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationDeliveryRetryArgs, 'input'>
  >
  deliveriesRetry?: Resolver<
    Maybe<ResolversTypes['DeliveriesRetryPayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationDeliveriesRetryArgs, 'input'>
  >
  bulkRetryPause?: Resolver<
    Maybe<ResolversTypes['BulkRetryPausePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationBulkRetryPauseArgs, 'input'>
  >
  bulkRetryResume?: Resolver<
    Maybe<ResolversTypes['BulkRetryResumePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationBulkRetryResumeArgs, 'input'>
  >
  bulkRetryCancel?: Resolver<
    Maybe<ResolversTypes['BulkRetryCancelPayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationBulkRetryCancelArgs, 'input'>
  >
  deliveryCancel?: Resolver<
    Maybe<ResolversTypes['DeliveryCancelPayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationDeliveryCancelArgs, 'input'>
  >
  projectCreate?: Resolver<
    Maybe<ResolversTypes['ProjectCreatePayload']>,
    ParentType,
    Context,
    RequireFields<MutationProjectCreateArgs, 'input'>
  >
  projectUpdate?: Resolver<
    Maybe<ResolversTypes['ProjectUpdatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationProjectUpdateArgs, 'input'>
  >
  partnerCreate?: Resolver<
    Maybe<ResolversTypes['PartnerCreatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationPartnerCreateArgs, 'input'>
  >
  partnerUpdate?: Resolver<
    Maybe<ResolversTypes['PartnerUpdatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationPartnerUpdateArgs, 'input'>
  >
  partnerDelete?: Resolver<
    Maybe<ResolversTypes['PartnerDeletePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationPartnerDeleteArgs, 'input'>
  >
  keyCreate?: Resolver<
    Maybe<ResolversTypes['KeyCreatePayload']>,
    ParentType,
    Context,
    RequireFields<MutationKeyCreateArgs, 'input'>
  >
  keyRevoke?: Resolver<
    Maybe<ResolversTypes['KeyRevokePayload']>,
    ParentType,
    Context,
    RequireFields<MutationKeyRevokeArgs, 'input'>
  >
  customerErase?: Resolver<
    Maybe<ResolversTypes['CustomerErasePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationCustomerEraseArgs, 'input'>
  >
}

export type SubscriptionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription'],
> = {
  deliveryAttempts?: SubscriptionResolver<
    ResolversTypes['DeliveryAttemptEvent'],
    'deliveryAttempts',
    ParentType,
    Context,
    Partial<SubscriptionDeliveryAttemptsArgs>
  >
  events?: SubscriptionResolver<
    ResolversTypes['LiveEvent'],
    'events',
    ParentType,
    ContextType,
    Partial<SubscriptionEventsArgs>
  >
  webhookChanges?: SubscriptionResolver<
    ResolversTypes['WebhookChangeEvent'],
    'webhookChanges',
    ParentType,
    Context,
    Partial<SubscriptionWebhookChangesArgs>
  >
}

export type DeliveryAttemptEventResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryAttemptEvent'] =
    ResolversParentTypes['DeliveryAttemptEvent'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  attempt?: Resolver<ResolversTypes['DeliveryAttempt'], ParentType, ContextType>
  delivery?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>
  project?: Resolver<ResolversTypes['Project'], ParentType, ContextType>
}

export type LiveEventResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['LiveEvent'] = ResolversParentTypes['LiveEvent'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  event?: Resolver<ResolversTypes['Event'], ParentType, ContextType>
}

export type WebhookChangeEventResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookChangeEvent'] = ResolversParentTypes['WebhookChangeEvent'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  change?: Resolver<ResolversTypes['WebhookChange'], ParentType, ContextType>
  webhook?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType>
  project?: Resolver<ResolversTypes['Project'], ParentType, ContextType>
}

export type WebhookChangeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookChange'] = ResolversParentTypes['WebhookChange'],
> = {
  kind?: Resolver<ResolversTypes['WebhookChangeKind'], ParentType, ContextType>
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  reason?: Resolver<Maybe<ResolversTypes['WebhookDisabledReason']>, ParentType, ContextType>
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type ViewerResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer'],
> = {
  key?: Resolver<ResolversTypes['Key'], ParentType, ContextType>
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, Context>
  project?: Resolver<Maybe<ResolversTypes['Project']>, ParentType, Context>
}

export type KeyResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Key'] = ResolversParentTypes['Key'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  role?: Resolver<ResolversTypes['KeyRole'], ParentType, ContextType>
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, Context>
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type PartnerResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Partner'] = ResolversParentTypes['Partner'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  contact?: Resolver<Maybe<ResolversTypes['PartnerContact']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  deletedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type PartnerContactResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PartnerContact'] = ResolversParentTypes['PartnerContact'],
> = {
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  email?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type AuditEntryResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['AuditEntry'] = ResolversParentTypes['AuditEntry'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  key?: Resolver<Maybe<ResolversTypes['Key']>, ParentType, Context>
  operation?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  objectId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  before?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, Context>
  after?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, Context>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type ProjectResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Project'] = ResolversParentTypes['Project'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  arrivingMinutes?: Resolver<ReadonlyArray<ResolversTypes['Int']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type SiteResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Site'] = ResolversParentTypes['Site'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  partnerIdentifier?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type CustomerResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Customer'] = ResolversParentTypes['Customer'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  carType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  carColor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  licensePlate?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  marketing?: Resolver<Maybe<ResolversTypes['CustomerMarketing']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type CustomerMarketingResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['CustomerMarketing'] = ResolversParentTypes['CustomerMarketing'],
> = {
  email?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  sms?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
}

export type PickupWindowResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PickupWindow'] = ResolversParentTypes['PickupWindow'],
> = {
  startsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  endsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
}

export type OrderResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Order'] = ResolversParentTypes['Order'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  uid?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  state?: Resolver<ResolversTypes['OrderState'], ParentType, ContextType>
  customerState?: Resolver<ResolversTypes['CustomerState'], ParentType, ContextType>
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  site?: Resolver<Maybe<ResolversTypes['Site']>, ParentType, ContextType>
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType>
  partnerIdentifier?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  redemptionCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  areaName?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  source?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  pickupWindow?: Resolver<Maybe<ResolversTypes['PickupWindow']>, ParentType, ContextType>
  etaAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  arrivedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  deletedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  events?: Resolver<ResolversTypes['EventConnection'], ParentType, ContextType, Partial<OrderEventsArgs>>
  deliveries?: Resolver<
    ResolversTypes['DeliveryConnection'],
    ParentType,
    ContextType,
    Partial<OrderDeliveriesArgs>
  >
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type EventResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Event'] = ResolversParentTypes['Event'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  topic?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  sequence?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  data?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  deliveries?: Resolver<
    ResolversTypes['DeliveryConnection'],
    ParentType,
    ContextType,
    Partial<EventDeliveriesArgs>
  >
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type TopicResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Topic'] = ResolversParentTypes['Topic'],
> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  description?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  schema?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>
  example?: Resolver<ResolversTypes['JSON'], ParentType, ContextType>
  builtIn?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  createdAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
}

export type PresetInfoResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PresetInfo'] = ResolversParentTypes['PresetInfo'],
> = {
  name?: Resolver<ResolversTypes['Preset'], ParentType, ContextType>
  dialect?: Resolver<ResolversTypes['Dialect'], ParentType, ContextType>
  policy?: Resolver<ResolversTypes['Policy'], ParentType, ContextType>
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  carries?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  onlyByName?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  rules?: Resolver<ReadonlyArray<ResolversTypes['PresetRule']>, ParentType, ContextType>
  samples?: Resolver<ReadonlyArray<ResolversTypes['PresetSample']>, ParentType, ContextType>
}

export type PresetSampleResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PresetSample'] = ResolversParentTypes['PresetSample'],
> = {
  topic?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  method?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  headers?: Resolver<ReadonlyArray<ResolversTypes['Header']>, ParentType, ContextType>
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type PresetRuleResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PresetRule'] = ResolversParentTypes['PresetRule'],
> = {
  name?: Resolver<ResolversTypes['PresetRuleName'], ParentType, ContextType>
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  origin?: Resolver<ResolversTypes['RuleOrigin'], ParentType, ContextType>
  quote?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
}

export type WebhookResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Webhook'] = ResolversParentTypes['Webhook'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  topics?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  filters?: Resolver<ResolversTypes['WebhookFilters'], ParentType, ContextType>
  preset?: Resolver<ResolversTypes['Preset'], ParentType, ContextType>
  dialect?: Resolver<ResolversTypes['Dialect'], ParentType, ContextType>
  policy?: Resolver<ResolversTypes['Policy'], ParentType, ContextType>
  headers?: Resolver<ReadonlyArray<ResolversTypes['Header']>, ParentType, ContextType>
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  previousSecretUntil?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  token?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  maxConcurrency?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  ratePerSecond?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  ordering?: Resolver<ResolversTypes['WebhookOrdering'], ParentType, ContextType>
  expireAfterMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  disabled?: Resolver<Maybe<ResolversTypes['WebhookDisabled']>, ParentType, ContextType>
  paused?: Resolver<Maybe<ResolversTypes['WebhookPaused']>, ParentType, ContextType>
  consecutiveFailures?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  pendingCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  nextDueAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  stats?: Resolver<
    ResolversTypes['WebhookStats'],
    ParentType,
    ContextType,
    RequireFields<WebhookStatsArgs, 'window'>
  >
  series?: Resolver<
    ReadonlyArray<ResolversTypes['WebhookSeriesBucket']>,
    ParentType,
    ContextType,
    RequireFields<WebhookSeriesArgs, 'window'>
  >
  latestAttempt?: Resolver<Maybe<ResolversTypes['DeliveryAttempt']>, ParentType, ContextType>
  version?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  deletedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  deliveries?: Resolver<
    ResolversTypes['DeliveryConnection'],
    ParentType,
    ContextType,
    Partial<WebhookDeliveriesArgs>
  >
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type WebhookSeriesBucketResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookSeriesBucket'] =
    ResolversParentTypes['WebhookSeriesBucket'],
> = {
  from?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  succeeded?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  failed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  latencyP50Ms?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  latencyP95Ms?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
}

export type WebhookStatsResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookStats'] = ResolversParentTypes['WebhookStats'],
> = {
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  succeeded?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  failed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  successShare?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>
}

export type WebhookFiltersResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookFilters'] = ResolversParentTypes['WebhookFilters'],
> = {
  siteIds?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>
  orderStates?: Resolver<ReadonlyArray<ResolversTypes['OrderState']>, ParentType, ContextType>
  customerStates?: Resolver<ReadonlyArray<ResolversTypes['CustomerState']>, ParentType, ContextType>
  sources?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
}

export type WebhookPausedResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookPaused'] = ResolversParentTypes['WebhookPaused'],
> = {
  since?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  until?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
}

export type WebhookDisabledResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookDisabled'] = ResolversParentTypes['WebhookDisabled'],
> = {
  reason?: Resolver<ResolversTypes['WebhookDisabledReason'], ParentType, ContextType>
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
}

export type PolicyResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Policy'] = ResolversParentTypes['Policy'],
> = {
  success?: Resolver<ResolversTypes['SuccessRule'], ParentType, ContextType>
  timeoutMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  httpsOnly?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  saveCheck?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  retry?: Resolver<ResolversTypes['RetrySchedule'], ParentType, ContextType>
  honourRetryAfter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  disable?: Resolver<ReadonlyArray<ResolversTypes['DisableRule']>, ParentType, ContextType>
  recovery?: Resolver<ResolversTypes['Recovery'], ParentType, ContextType>
}

export type RetryScheduleResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['RetrySchedule'] = ResolversParentTypes['RetrySchedule'],
> = {
  waits?: Resolver<ReadonlyArray<ResolversTypes['RetryWait']>, ParentType, ContextType>
  windowMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
}

export type RetryWaitResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['RetryWait'] = ResolversParentTypes['RetryWait'],
> = {
  minMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  maxMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
}

export type DisableRuleResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DisableRule'] = ResolversParentTypes['DisableRule'],
> = {
  rule?: Resolver<ResolversTypes['DisableRuleName'], ParentType, ContextType>
  count?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  share?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>
  windowMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  days?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  minVolume?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  minPeriodMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
}

export type DeliveryResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Delivery'] = ResolversParentTypes['Delivery'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  state?: Resolver<ResolversTypes['DeliveryState'], ParentType, ContextType>
  skipReason?: Resolver<Maybe<ResolversTypes['SkipReason']>, ParentType, ContextType>
  attemptCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  event?: Resolver<ResolversTypes['Event'], ParentType, ContextType>
  webhook?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType>
  attempts?: Resolver<
    ResolversTypes['DeliveryAttemptConnection'],
    ParentType,
    ContextType,
    Partial<DeliveryAttemptsArgs>
  >
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type DeliveryAttemptResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryAttempt'] = ResolversParentTypes['DeliveryAttempt'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  trigger?: Resolver<ResolversTypes['AttemptTrigger'], ParentType, ContextType>
  outcome?: Resolver<ResolversTypes['AttemptOutcome'], ParentType, ContextType>
  detail?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  statusCode?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  durationMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  phases?: Resolver<Maybe<ResolversTypes['AttemptPhases']>, ParentType, ContextType>
  resolvedAddress?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  resentOnNewConnection?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  nextStep?: Resolver<ResolversTypes['AttemptNextStep'], ParentType, ContextType>
  nextStepReason?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  nextAttemptAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  request?: Resolver<Maybe<ResolversTypes['AttemptRequest']>, ParentType, ContextType>
  response?: Resolver<Maybe<ResolversTypes['AttemptResponse']>, ParentType, ContextType>
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>
  webhook?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type AttemptPhasesResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['AttemptPhases'] = ResolversParentTypes['AttemptPhases'],
> = {
  dnsMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  connectMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  tlsMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  firstByteMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  totalMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
}

export type HeaderResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Header'] = ResolversParentTypes['Header'],
> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type AttemptRequestResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['AttemptRequest'] = ResolversParentTypes['AttemptRequest'],
> = {
  method?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  headers?: Resolver<ReadonlyArray<ResolversTypes['Header']>, ParentType, ContextType>
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type DeliveryPreviewResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryPreview'] = ResolversParentTypes['DeliveryPreview'],
> = {
  wouldDeliver?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  request?: Resolver<Maybe<ResolversTypes['AttemptRequest']>, ParentType, ContextType>
}

export type AttemptResponseResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['AttemptResponse'] = ResolversParentTypes['AttemptResponse'],
> = {
  statusCode?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  headers?: Resolver<ReadonlyArray<ResolversTypes['Header']>, ParentType, ContextType>
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  bodyBase64?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  bodySize?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>
  truncated?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  decompressed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  malformed?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
}

export type PageInfoResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo'],
> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
}

export type ProjectConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['ProjectConnection'] = ResolversParentTypes['ProjectConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ProjectEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Project']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type ProjectEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['ProjectEdge'] = ResolversParentTypes['ProjectEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Project'], ParentType, ContextType>
}

export type BulkRetryResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['BulkRetry'] = ResolversParentTypes['BulkRetry'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  state?: Resolver<ResolversTypes['BulkRetryState'], ParentType, ContextType>
  total?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  done?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  delivered?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  failed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  leftAlone?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  leftAloneReasons?: Resolver<ResolversTypes['BulkRetryLeftAlone'], ParentType, ContextType>
  ratePerSecond?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  restartSchedule?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  dryRun?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  finishedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  key?: Resolver<Maybe<ResolversTypes['Key']>, ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type BulkRetryLeftAloneResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['BulkRetryLeftAlone'] = ResolversParentTypes['BulkRetryLeftAlone'],
> = {
  delivered?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  pending?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  webhookDisabled?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  unavailable?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
}

export type BulkRetryConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['BulkRetryConnection'] =
    ResolversParentTypes['BulkRetryConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['BulkRetryEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['BulkRetry']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type BulkRetryEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['BulkRetryEdge'] = ResolversParentTypes['BulkRetryEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['BulkRetry'], ParentType, ContextType>
}

export type InstallationResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Installation'] = ResolversParentTypes['Installation'],
> = {
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  projects?: Resolver<
    ResolversTypes['InstallationProjectConnection'],
    ParentType,
    Context,
    Partial<InstallationProjectsArgs>
  >
  processes?: Resolver<ReadonlyArray<ResolversTypes['ServerProcess']>, ParentType, Context>
}

export type InstallationProjectConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['InstallationProjectConnection'] =
    ResolversParentTypes['InstallationProjectConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['InstallationProjectEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['InstallationProject']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type InstallationProjectEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['InstallationProjectEdge'] =
    ResolversParentTypes['InstallationProjectEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['InstallationProject'], ParentType, ContextType>
}

export type InstallationProjectResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['InstallationProject'] =
    ResolversParentTypes['InstallationProject'],
> = {
  project?: Resolver<ResolversTypes['Project'], ParentType, ContextType>
  attemptsLastMinute?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  successShare?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>
  pendingCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  oldestDueAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  disabledWebhooks?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
}

export type ServerProcessResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['ServerProcess'] = ResolversParentTypes['ServerProcess'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  roles?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
}

export type PartnerConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PartnerConnection'] = ResolversParentTypes['PartnerConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['PartnerEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Partner']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type PartnerEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PartnerEdge'] = ResolversParentTypes['PartnerEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Partner'], ParentType, ContextType>
}

export type KeyConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['KeyConnection'] = ResolversParentTypes['KeyConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['KeyEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Key']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type KeyEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['KeyEdge'] = ResolversParentTypes['KeyEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Key'], ParentType, ContextType>
}

export type AuditEntryConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['AuditEntryConnection'] =
    ResolversParentTypes['AuditEntryConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuditEntryEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['AuditEntry']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type AuditEntryEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['AuditEntryEdge'] = ResolversParentTypes['AuditEntryEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['AuditEntry'], ParentType, ContextType>
}

export type SiteConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['SiteConnection'] = ResolversParentTypes['SiteConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['SiteEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Site']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type SiteEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['SiteEdge'] = ResolversParentTypes['SiteEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Site'], ParentType, ContextType>
}

export type CustomerConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['CustomerConnection'] = ResolversParentTypes['CustomerConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['CustomerEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Customer']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type CustomerEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['CustomerEdge'] = ResolversParentTypes['CustomerEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Customer'], ParentType, ContextType>
}

export type CountResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['Count'] = ResolversParentTypes['Count'],
> = {
  value?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  isExact?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
}

export type OrderConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['OrderConnection'] = ResolversParentTypes['OrderConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['OrderEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Order']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
  count?: Resolver<ResolversTypes['Count'], ParentType, ContextType>
}

export type OrderEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['OrderEdge'] = ResolversParentTypes['OrderEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Order'], ParentType, ContextType>
}

export type EventConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['EventConnection'] = ResolversParentTypes['EventConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EventEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Event']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type EventEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['EventEdge'] = ResolversParentTypes['EventEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Event'], ParentType, ContextType>
}

export type WebhookConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookConnection'] = ResolversParentTypes['WebhookConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['WebhookEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Webhook']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
  count?: Resolver<ResolversTypes['Count'], ParentType, ContextType>
}

export type WebhookEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookEdge'] = ResolversParentTypes['WebhookEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType>
}

export type DeliveryConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryConnection'] = ResolversParentTypes['DeliveryConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DeliveryEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Delivery']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
  count?: Resolver<ResolversTypes['Count'], ParentType, ContextType>
}

export type DeliveryEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryEdge'] = ResolversParentTypes['DeliveryEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>
}

export type DeliveryAttemptConnectionResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryAttemptConnection'] =
    ResolversParentTypes['DeliveryAttemptConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DeliveryAttemptEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DeliveryAttempt']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type DeliveryAttemptEdgeResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryAttemptEdge'] =
    ResolversParentTypes['DeliveryAttemptEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['DeliveryAttempt'], ParentType, ContextType>
}

export type UserErrorResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError'],
> = {
  code?: Resolver<ResolversTypes['UserErrorCode'], ParentType, ContextType>
  field?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type SiteCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['SiteCreatePayload'] = ResolversParentTypes['SiteCreatePayload'],
> = {
  site?: Resolver<Maybe<ResolversTypes['Site']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type SiteUpdatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['SiteUpdatePayload'] = ResolversParentTypes['SiteUpdatePayload'],
> = {
  site?: Resolver<Maybe<ResolversTypes['Site']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['CustomerCreatePayload'] =
    ResolversParentTypes['CustomerCreatePayload'],
> = {
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerUpdatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['CustomerUpdatePayload'] =
    ResolversParentTypes['CustomerUpdatePayload'],
> = {
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['OrderCreatePayload'] = ResolversParentTypes['OrderCreatePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderUpdatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['OrderUpdatePayload'] = ResolversParentTypes['OrderUpdatePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderStateChangePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['OrderStateChangePayload'] =
    ResolversParentTypes['OrderStateChangePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerStateChangePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['CustomerStateChangePayload'] =
    ResolversParentTypes['CustomerStateChangePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderDeletePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['OrderDeletePayload'] = ResolversParentTypes['OrderDeletePayload'],
> = {
  deletedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type EventPublishPayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['EventPublishPayload'] =
    ResolversParentTypes['EventPublishPayload'],
> = {
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type TopicCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['TopicCreatePayload'] = ResolversParentTypes['TopicCreatePayload'],
> = {
  topic?: Resolver<Maybe<ResolversTypes['Topic']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookCreatePayload'] =
    ResolversParentTypes['WebhookCreatePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  token?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookUpdatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookUpdatePayload'] =
    ResolversParentTypes['WebhookUpdatePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookDisablePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookDisablePayload'] =
    ResolversParentTypes['WebhookDisablePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookPausePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookPausePayload'] =
    ResolversParentTypes['WebhookPausePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookResumePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookResumePayload'] =
    ResolversParentTypes['WebhookResumePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookEnablePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookEnablePayload'] =
    ResolversParentTypes['WebhookEnablePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookDeletePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookDeletePayload'] =
    ResolversParentTypes['WebhookDeletePayload'],
> = {
  deletedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookSecretRotatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookSecretRotatePayload'] =
    ResolversParentTypes['WebhookSecretRotatePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  token?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookTestPayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['WebhookTestPayload'] = ResolversParentTypes['WebhookTestPayload'],
> = {
  attempt?: Resolver<Maybe<ResolversTypes['DeliveryAttempt']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type DeliveriesRetryPayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveriesRetryPayload'] =
    ResolversParentTypes['DeliveriesRetryPayload'],
> = {
  bulkRetry?: Resolver<Maybe<ResolversTypes['BulkRetry']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type BulkRetryPausePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['BulkRetryPausePayload'] =
    ResolversParentTypes['BulkRetryPausePayload'],
> = {
  bulkRetry?: Resolver<Maybe<ResolversTypes['BulkRetry']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type BulkRetryResumePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['BulkRetryResumePayload'] =
    ResolversParentTypes['BulkRetryResumePayload'],
> = {
  bulkRetry?: Resolver<Maybe<ResolversTypes['BulkRetry']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type BulkRetryCancelPayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['BulkRetryCancelPayload'] =
    ResolversParentTypes['BulkRetryCancelPayload'],
> = {
  bulkRetry?: Resolver<Maybe<ResolversTypes['BulkRetry']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type DeliveryRetryPayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryRetryPayload'] =
    ResolversParentTypes['DeliveryRetryPayload'],
> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type DeliveryCancelPayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['DeliveryCancelPayload'] =
    ResolversParentTypes['DeliveryCancelPayload'],
> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type ProjectCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['ProjectCreatePayload'] =
    ResolversParentTypes['ProjectCreatePayload'],
> = {
  project?: Resolver<Maybe<ResolversTypes['Project']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type ProjectUpdatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['ProjectUpdatePayload'] =
    ResolversParentTypes['ProjectUpdatePayload'],
> = {
  project?: Resolver<Maybe<ResolversTypes['Project']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type PartnerCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PartnerCreatePayload'] =
    ResolversParentTypes['PartnerCreatePayload'],
> = {
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type PartnerUpdatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PartnerUpdatePayload'] =
    ResolversParentTypes['PartnerUpdatePayload'],
> = {
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type PartnerDeletePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['PartnerDeletePayload'] =
    ResolversParentTypes['PartnerDeletePayload'],
> = {
  deletedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type KeyCreatePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['KeyCreatePayload'] = ResolversParentTypes['KeyCreatePayload'],
> = {
  key?: Resolver<Maybe<ResolversTypes['Key']>, ParentType, ContextType>
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type KeyRevokePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['KeyRevokePayload'] = ResolversParentTypes['KeyRevokePayload'],
> = {
  key?: Resolver<Maybe<ResolversTypes['Key']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerErasePayloadResolvers<
  ContextType = ProjectContext,
  ParentType extends ResolversParentTypes['CustomerErasePayload'] =
    ResolversParentTypes['CustomerErasePayload'],
> = {
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type Resolvers<ContextType = ProjectContext> = {
  DateTime?: GraphQLScalarType
  JSON?: GraphQLScalarType
  Node?: NodeResolvers<ContextType>
  Query?: QueryResolvers<ContextType>
  Mutation?: MutationResolvers<ContextType>
  Subscription?: SubscriptionResolvers<ContextType>
  DeliveryAttemptEvent?: DeliveryAttemptEventResolvers<ContextType>
  LiveEvent?: LiveEventResolvers<ContextType>
  WebhookChangeEvent?: WebhookChangeEventResolvers<ContextType>
  WebhookChange?: WebhookChangeResolvers<ContextType>
  Viewer?: ViewerResolvers<ContextType>
  Key?: KeyResolvers<ContextType>
  Partner?: PartnerResolvers<ContextType>
  PartnerContact?: PartnerContactResolvers<ContextType>
  AuditEntry?: AuditEntryResolvers<ContextType>
  Project?: ProjectResolvers<ContextType>
  Site?: SiteResolvers<ContextType>
  Customer?: CustomerResolvers<ContextType>
  CustomerMarketing?: CustomerMarketingResolvers<ContextType>
  PickupWindow?: PickupWindowResolvers<ContextType>
  Order?: OrderResolvers<ContextType>
  Event?: EventResolvers<ContextType>
  Topic?: TopicResolvers<ContextType>
  PresetInfo?: PresetInfoResolvers<ContextType>
  PresetSample?: PresetSampleResolvers<ContextType>
  PresetRule?: PresetRuleResolvers<ContextType>
  Webhook?: WebhookResolvers<ContextType>
  WebhookSeriesBucket?: WebhookSeriesBucketResolvers<ContextType>
  WebhookStats?: WebhookStatsResolvers<ContextType>
  WebhookFilters?: WebhookFiltersResolvers<ContextType>
  WebhookPaused?: WebhookPausedResolvers<ContextType>
  WebhookDisabled?: WebhookDisabledResolvers<ContextType>
  Policy?: PolicyResolvers<ContextType>
  RetrySchedule?: RetryScheduleResolvers<ContextType>
  RetryWait?: RetryWaitResolvers<ContextType>
  DisableRule?: DisableRuleResolvers<ContextType>
  Delivery?: DeliveryResolvers<ContextType>
  DeliveryAttempt?: DeliveryAttemptResolvers<ContextType>
  AttemptPhases?: AttemptPhasesResolvers<ContextType>
  Header?: HeaderResolvers<ContextType>
  AttemptRequest?: AttemptRequestResolvers<ContextType>
  DeliveryPreview?: DeliveryPreviewResolvers<ContextType>
  AttemptResponse?: AttemptResponseResolvers<ContextType>
  PageInfo?: PageInfoResolvers<ContextType>
  ProjectConnection?: ProjectConnectionResolvers<ContextType>
  ProjectEdge?: ProjectEdgeResolvers<ContextType>
  BulkRetry?: BulkRetryResolvers<ContextType>
  BulkRetryLeftAlone?: BulkRetryLeftAloneResolvers<ContextType>
  BulkRetryConnection?: BulkRetryConnectionResolvers<ContextType>
  BulkRetryEdge?: BulkRetryEdgeResolvers<ContextType>
  Installation?: InstallationResolvers<ContextType>
  InstallationProjectConnection?: InstallationProjectConnectionResolvers<ContextType>
  InstallationProjectEdge?: InstallationProjectEdgeResolvers<ContextType>
  InstallationProject?: InstallationProjectResolvers<ContextType>
  ServerProcess?: ServerProcessResolvers<ContextType>
  PartnerConnection?: PartnerConnectionResolvers<ContextType>
  PartnerEdge?: PartnerEdgeResolvers<ContextType>
  KeyConnection?: KeyConnectionResolvers<ContextType>
  KeyEdge?: KeyEdgeResolvers<ContextType>
  AuditEntryConnection?: AuditEntryConnectionResolvers<ContextType>
  AuditEntryEdge?: AuditEntryEdgeResolvers<ContextType>
  SiteConnection?: SiteConnectionResolvers<ContextType>
  SiteEdge?: SiteEdgeResolvers<ContextType>
  CustomerConnection?: CustomerConnectionResolvers<ContextType>
  CustomerEdge?: CustomerEdgeResolvers<ContextType>
  Count?: CountResolvers<ContextType>
  OrderConnection?: OrderConnectionResolvers<ContextType>
  OrderEdge?: OrderEdgeResolvers<ContextType>
  EventConnection?: EventConnectionResolvers<ContextType>
  EventEdge?: EventEdgeResolvers<ContextType>
  WebhookConnection?: WebhookConnectionResolvers<ContextType>
  WebhookEdge?: WebhookEdgeResolvers<ContextType>
  DeliveryConnection?: DeliveryConnectionResolvers<ContextType>
  DeliveryEdge?: DeliveryEdgeResolvers<ContextType>
  DeliveryAttemptConnection?: DeliveryAttemptConnectionResolvers<ContextType>
  DeliveryAttemptEdge?: DeliveryAttemptEdgeResolvers<ContextType>
  UserError?: UserErrorResolvers<ContextType>
  SiteCreatePayload?: SiteCreatePayloadResolvers<ContextType>
  SiteUpdatePayload?: SiteUpdatePayloadResolvers<ContextType>
  CustomerCreatePayload?: CustomerCreatePayloadResolvers<ContextType>
  CustomerUpdatePayload?: CustomerUpdatePayloadResolvers<ContextType>
  OrderCreatePayload?: OrderCreatePayloadResolvers<ContextType>
  OrderUpdatePayload?: OrderUpdatePayloadResolvers<ContextType>
  OrderStateChangePayload?: OrderStateChangePayloadResolvers<ContextType>
  CustomerStateChangePayload?: CustomerStateChangePayloadResolvers<ContextType>
  OrderDeletePayload?: OrderDeletePayloadResolvers<ContextType>
  EventPublishPayload?: EventPublishPayloadResolvers<ContextType>
  TopicCreatePayload?: TopicCreatePayloadResolvers<ContextType>
  WebhookCreatePayload?: WebhookCreatePayloadResolvers<ContextType>
  WebhookUpdatePayload?: WebhookUpdatePayloadResolvers<ContextType>
  WebhookDisablePayload?: WebhookDisablePayloadResolvers<ContextType>
  WebhookPausePayload?: WebhookPausePayloadResolvers<ContextType>
  WebhookResumePayload?: WebhookResumePayloadResolvers<ContextType>
  WebhookEnablePayload?: WebhookEnablePayloadResolvers<ContextType>
  WebhookDeletePayload?: WebhookDeletePayloadResolvers<ContextType>
  WebhookSecretRotatePayload?: WebhookSecretRotatePayloadResolvers<ContextType>
  WebhookTestPayload?: WebhookTestPayloadResolvers<ContextType>
  DeliveriesRetryPayload?: DeliveriesRetryPayloadResolvers<ContextType>
  BulkRetryPausePayload?: BulkRetryPausePayloadResolvers<ContextType>
  BulkRetryResumePayload?: BulkRetryResumePayloadResolvers<ContextType>
  BulkRetryCancelPayload?: BulkRetryCancelPayloadResolvers<ContextType>
  DeliveryRetryPayload?: DeliveryRetryPayloadResolvers<ContextType>
  DeliveryCancelPayload?: DeliveryCancelPayloadResolvers<ContextType>
  ProjectCreatePayload?: ProjectCreatePayloadResolvers<ContextType>
  ProjectUpdatePayload?: ProjectUpdatePayloadResolvers<ContextType>
  PartnerCreatePayload?: PartnerCreatePayloadResolvers<ContextType>
  PartnerUpdatePayload?: PartnerUpdatePayloadResolvers<ContextType>
  PartnerDeletePayload?: PartnerDeletePayloadResolvers<ContextType>
  KeyCreatePayload?: KeyCreatePayloadResolvers<ContextType>
  KeyRevokePayload?: KeyRevokePayloadResolvers<ContextType>
  CustomerErasePayload?: CustomerErasePayloadResolvers<ContextType>
}
