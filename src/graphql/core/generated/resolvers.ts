// Written by `npm run generate` from schema.graphql.
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql'
import type { Site as SiteModel, Customer as CustomerModel } from '../../../domain/orders/order.ts'
import type { ShownOrder as OrderModel } from '../../../domain/access/partner-view.ts'
import type {
  ShownEvent as EventModel,
  ShownEntry as AuditEntryModel,
  ShownTopic as TopicModel,
  OrderPayload as OrderPayloadModel,
  OrderDeletePayload as OrderDeletePayloadModel,
  EventPublishPayload as EventPublishPayloadModel,
  AttemptEvent as AttemptEventModel,
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
import type { Key as KeyModel } from '../../../domain/access/key.ts'
import type { Partner as PartnerModel } from '../../../domain/access/partner.ts'
import type { DisableRule as DisableRuleModel } from '../../../domain/policies/disable-rule.ts'
import type { AttemptCounts as AttemptCountsModel } from '../../../domain/policies/attempt-counts.ts'
import type { Project as ProjectModel } from '../../../domain/access/project.ts'
import type { Viewer as ViewerModel, Context } from '../context.ts'
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
   * An instant in UTC, RFC 3339 with milliseconds and `Z`: `2026-02-26T17:15:33.645Z`.
   * Input may carry any offset; it is turned into UTC. Years 1970 to 9999.
   */
  DateTime: { input: Date; output: Date }
  /**
   * Any JSON value. Numbers are doubles: as output, whole numbers beyond 2^53 lose digits here, which bodies, being
   * texts, keep; as input, those and numbers beyond 1.8e308 are refused. Input is kept as compact JSON: keys in the order
   * given, those that are whole numbers before the others, as JavaScript has them; the last of two that are alike; texts as
   * they are; numbers in their shortest form.
   */
  JSON: { input: unknown; output: unknown }
}

/** Anything with an id of its own, to be fetched again by it. */
export type Node = {
  /** Opaque, typed by its prefix, ordered by time of creation. */
  readonly id: Scalars['ID']['output']
}

/** What can be read. Each field is of the project that the key acts in. */
export type Query = {
  /** Who the key of this request is, and the project it acts in. */
  readonly viewer: Viewer
  /** The project that the key acts in. */
  readonly project: Project
  /** Projects of the installation, newest first. For OPERATOR; it needs no `x-project`. */
  readonly projects: ProjectConnection
  /** The partner with this id; null when there is none in the project. Not for PARTNER. */
  readonly partner?: Maybe<Partner>
  /** Partners of the project, newest first. Not for PARTNER. */
  readonly partners: PartnerConnection
  /**
   * Keys of the project, newest first, expired and revoked ones included; to an OPERATOR without `x-project` the keys of
   * OPERATORs, which are of no project. For OPERATOR and PLATFORM.
   */
  readonly keys: KeyConnection
  /**
   * Who changed what in the project, newest first; to an OPERATOR without `x-project` what was done to the keys of
   * OPERATORs. For OPERATOR and PLATFORM.
   */
  readonly auditLog: AuditEntryConnection
  /** Whatever has this id; null when nothing in the project has, or when it was deleted. */
  readonly node?: Maybe<Node>
  /** Whatever has these ids, in their order; null in the place of one that nothing in the project has, or that was deleted. */
  readonly nodes: ReadonlyArray<Maybe<Node>>
  /** The site with this id or number; null when there is none in the project. */
  readonly site?: Maybe<Site>
  /** Sites of the project, newest first. */
  readonly sites: SiteConnection
  /** The customer with this id or number; null when there is none in the project. */
  readonly customer?: Maybe<Customer>
  /** Customers of the project, newest first. */
  readonly customers: CustomerConnection
  /** The order with this id, number, UUID or partner identifier; null when there is none in the project, or when it was deleted. */
  readonly order?: Maybe<Order>
  /** Orders of the project, newest first; without deleted ones. */
  readonly orders: OrderConnection
  /** The event with this id; null when there is none in the project. */
  readonly event?: Maybe<Event>
  /** Events of the project, newest first. */
  readonly events: EventConnection
  /** The webhook with this id; null when there is none in the project, or when it was deleted. */
  readonly webhook?: Maybe<Webhook>
  /** Webhooks of the project, newest first; without deleted ones. */
  readonly webhooks: WebhookConnection
  /** The delivery with this id; null when there is none in the project. */
  readonly delivery?: Maybe<Delivery>
  /** The attempt with this id, those of `webhookTest` included; null when there is none in the project. */
  readonly deliveryAttempt?: Maybe<DeliveryAttempt>
  /** What can happen, and what its events say: the 20 built-in topics, then the project's own by name, at most 200. */
  readonly topics: ReadonlyArray<Topic>
  /** Deliveries of the project, newest first. */
  readonly deliveries: DeliveryConnection
  /**
   * The exact request that a webhook's receiver would get for an event, and whether it would get it, were the event
   * to happen now; nothing is sent. Null when the project has no such webhook or event; to a PARTNER also when the request
   * would tell more of the event than those that its webhooks were owed.
   */
  readonly deliveryPreview?: Maybe<DeliveryPreview>
  /** Attempts of the project's deliveries, newest first. Attempts of `webhookTest` belong to no delivery and are not listed. */
  readonly deliveryAttempts: DeliveryAttemptConnection
  /**
   * Where the feed of `deliveryAttempts` stands now: subscribe with it as `after`, and with the same filter, and every
   * attempt that is recorded from here on is brought. What else the same query asks for is read after it, so that a page of
   * `deliveryAttempts` and the feed have no gap between them; an attempt of that very moment may be in both.
   */
  readonly deliveryAttemptsCursor: Scalars['String']['output']
  /** Where the feed of `webhookChanges` stands now. As `deliveryAttemptsCursor`. */
  readonly webhookChangesCursor: Scalars['String']['output']
  /** Every preset that a webhook can follow, with its rules and where they come from. */
  readonly presets: ReadonlyArray<PresetInfo>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryProjectsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryPartnerArgs = {
  id: Scalars['ID']['input']
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryPartnersArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryKeysArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryAuditLogArgs = {
  filter?: InputMaybe<AuditLogFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryNodeArgs = {
  id: Scalars['ID']['input']
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryNodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QuerySiteArgs = {
  id?: InputMaybe<Scalars['ID']['input']>
  number?: InputMaybe<Scalars['Int']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QuerySitesArgs = {
  filter?: InputMaybe<SiteFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryCustomerArgs = {
  id?: InputMaybe<Scalars['ID']['input']>
  number?: InputMaybe<Scalars['Int']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryCustomersArgs = {
  filter?: InputMaybe<CustomerFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryOrderArgs = {
  id?: InputMaybe<Scalars['ID']['input']>
  number?: InputMaybe<Scalars['Int']['input']>
  uid?: InputMaybe<Scalars['ID']['input']>
  partnerIdentifier?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryOrdersArgs = {
  filter?: InputMaybe<OrderFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryEventArgs = {
  id: Scalars['ID']['input']
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryEventsArgs = {
  filter?: InputMaybe<EventFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryWebhookArgs = {
  id: Scalars['ID']['input']
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryWebhooksArgs = {
  filter?: InputMaybe<WebhookFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryDeliveryArgs = {
  id: Scalars['ID']['input']
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryDeliveryAttemptArgs = {
  id: Scalars['ID']['input']
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryDeliveriesArgs = {
  filter?: InputMaybe<DeliveryFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryDeliveryPreviewArgs = {
  webhookId: Scalars['ID']['input']
  eventId?: InputMaybe<Scalars['ID']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryDeliveryAttemptsArgs = {
  filter?: InputMaybe<DeliveryAttemptFilter>
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryDeliveryAttemptsCursorArgs = {
  filter?: InputMaybe<DeliveryAttemptFilter>
}

/** What can be read. Each field is of the project that the key acts in. */
export type QueryWebhookChangesCursorArgs = {
  filter?: InputMaybe<WebhookChangeFilter>
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type Mutation = {
  /** Adds a site. No event is made: partners ask for orders. */
  readonly siteCreate?: Maybe<SiteCreatePayload>
  /** Changes a site. No event is made; the next events of its orders show it as changed. */
  readonly siteUpdate?: Maybe<SiteUpdatePayload>
  /** Adds a customer, to be named by the orders that follow. No event is made. */
  readonly customerCreate?: Maybe<CustomerCreatePayload>
  /** Changes a customer. No event is made; the next events of the customer's orders show it as changed. */
  readonly customerUpdate?: Maybe<CustomerUpdatePayload>
  /** Adds an order in state CREATED, its customer in state CREATED, and makes the event `order.created`. */
  readonly orderCreate?: Maybe<OrderCreatePayload>
  /**
   * Changes what is said of an order besides its states. Makes one event: `order.eta_changed` when
   * nothing but the ETA changed, else `order.updated`; none when nothing changed.
   */
  readonly orderUpdate?: Maybe<OrderUpdatePayload>
  /** Moves an order forward, or cancels it, and makes the event `order.state_changed`. */
  readonly orderStateChange?: Maybe<OrderStateChangePayload>
  /** Moves an order's customer and makes the event `order.customer_state_changed`. */
  readonly customerStateChange?: Maybe<CustomerStateChangePayload>
  /**
   * Deletes an order in whatever state it is and makes the event `order.deleted`, the order's last. What is pending
   * of its earlier events is still delivered. Deleting it again answers the same and makes no further event.
   */
  readonly orderDelete?: Maybe<OrderDeletePayload>
  /**
   * Makes an event of a topic that is not about orders, with data that matches the topic's JSON Schema, and rings the
   * webhooks that selected it. Events of `order.*` are not published: change the order, and they come of it.
   */
  readonly eventPublish?: Maybe<EventPublishPayload>
  /**
   * Adds a topic to those that the project publishes and its webhooks select; at most 200 (LIMIT_REACHED). A topic is
   * relied upon by its receivers: it is neither changed nor removed.
   */
  readonly topicCreate?: Maybe<TopicCreatePayload>
  /**
   * Registers a receiver. It is rung for events that follow, not for those that were. Where the policy has `saveCheck`,
   * the dialect's test request is sent first, and nothing is saved unless its answer satisfies the preset's success rule.
   */
  readonly webhookCreate?: Maybe<WebhookCreatePayload>
  /**
   * Changes a webhook. The next attempt of every delivery uses the new state, those that wait included. Where the policy
   * has `saveCheck`, the receiver is asked first, whatever is changed, as in `webhookCreate`.
   */
  readonly webhookUpdate?: Maybe<WebhookUpdatePayload>
  /** Stops a webhook. What is pending is held; new events are `SKIPPED: WEBHOOK_DISABLED`. */
  readonly webhookDisable?: Maybe<WebhookDisablePayload>
  /** Starts a webhook again. What was held is attempted as soon as it is due, what was skipped where `skipped` says so. */
  readonly webhookEnable?: Maybe<WebhookEnablePayload>
  /**
   * Deletes a webhook and cancels its pending deliveries; those beyond 20,000 are cancelled within moments after the
   * answer, and none of them is attempted any more. Deleting it again answers the same.
   */
  readonly webhookDelete?: Maybe<WebhookDeletePayload>
  /**
   * Gives a webhook a new secret, or, where its dialect carries a token, a new token, which is in force for the next
   * attempt. The old secret signs beside the new one until the overlap is over, where a request has room for several
   * signatures (STANDARD, FLIPDISH); elsewhere it ends at once. Three times a minute for a webhook; beyond that
   * RATE_LIMITED.
   */
  readonly webhookSecretRotate?: Maybe<WebhookSecretRotatePayload>
  /**
   * Sends an example to the webhook's receiver, once and now, also while the webhook is disabled, and
   * answers with what came back. A test belongs to no delivery, is in no delivery count, no health figure and not in the feed.
   * 20 times a minute for a webhook and 300 for a project; beyond that RATE_LIMITED.
   */
  readonly webhookTest?: Maybe<WebhookTestPayload>
  /**
   * Attempts a delivery once more, now, whatever its state is: it is PENDING for that attempt. Success makes it
   * DELIVERED; failure leaves it as it was, its retry schedule untouched, and is in no health figure. Asked again before
   * the attempt began, it is the same attempt; asked while one is under way, one follows unless that one succeeds.
   * Refused with `WEBHOOK_DISABLED` while the webhook is disabled, with `CONFLICT` once it was deleted.
   */
  readonly deliveryRetry?: Maybe<DeliveryRetryPayload>
  /**
   * Cancels a PENDING delivery. One that had ended and is pending only because of `deliveryRetry` ends as it had before.
   * An attempt under way is still recorded, and changes the state no more. A CANCELLED one is answered as it is, any
   * other state refused with `CONFLICT`.
   */
  readonly deliveryCancel?: Maybe<DeliveryCancelPayload>
  /** Adds a project, with secrets of its own. For OPERATOR; it needs no `x-project`. */
  readonly projectCreate?: Maybe<ProjectCreatePayload>
  /** Changes the project that the key acts in. For OPERATOR and PLATFORM. */
  readonly projectUpdate?: Maybe<ProjectUpdatePayload>
  /**
   * Adds a partner, whose keys and webhooks are then made. A project has 1,000 at most; beyond that LIMIT_REACHED. For
   * OPERATOR and PLATFORM.
   */
  readonly partnerCreate?: Maybe<PartnerCreatePayload>
  /**
   * Makes a key and shows it, this once. A project has 1,000 keys at most that open it; beyond that LIMIT_REACHED. For
   * OPERATOR and PLATFORM; a key of role OPERATOR is made by an OPERATOR, needs no `x-project` and is of no project: it
   * stands in `keys` and `auditLog` as they are answered without `x-project`.
   */
  readonly keyCreate?: Maybe<KeyCreatePayload>
  /**
   * Ends a key, also the one that asks: within 5 seconds it opens nothing any more in any process, and its sockets are
   * closed with 4403. Revoking it again answers the same. For OPERATOR and PLATFORM; a key of role OPERATOR is ended by an
   * OPERATOR, which needs no `x-project`.
   */
  readonly keyRevoke?: Maybe<KeyRevokePayload>
  /**
   * Removes what is known of a customer as a person: name, car and licence plate, also from the snapshots of events, and
   * the bodies of attempts that carried them. The customer, the orders, and their deliveries stay. What is
   * pending is delivered without them. Texts of other places, as an order's partner identifier and the data of published
   * events, are not known to be anybody's and stay. It cannot be undone; doing it again answers the same. For OPERATOR and
   * PLATFORM.
   */
  readonly customerErase?: Maybe<CustomerErasePayload>
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationSiteCreateArgs = {
  input: SiteCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationSiteUpdateArgs = {
  input: SiteUpdateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationCustomerCreateArgs = {
  input: CustomerCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationCustomerUpdateArgs = {
  input: CustomerUpdateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationOrderCreateArgs = {
  input: OrderCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationOrderUpdateArgs = {
  input: OrderUpdateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationOrderStateChangeArgs = {
  input: OrderStateChangeInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationCustomerStateChangeArgs = {
  input: CustomerStateChangeInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationOrderDeleteArgs = {
  input: OrderDeleteInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationEventPublishArgs = {
  input: EventPublishInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationTopicCreateArgs = {
  input: TopicCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationWebhookCreateArgs = {
  input: WebhookCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationWebhookUpdateArgs = {
  input: WebhookUpdateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationWebhookDisableArgs = {
  input: WebhookDisableInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationWebhookEnableArgs = {
  input: WebhookEnableInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationWebhookDeleteArgs = {
  input: WebhookDeleteInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationWebhookSecretRotateArgs = {
  input: WebhookSecretRotateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationWebhookTestArgs = {
  input: WebhookTestInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationDeliveryRetryArgs = {
  input: DeliveryRetryInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationDeliveryCancelArgs = {
  input: DeliveryCancelInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationProjectCreateArgs = {
  input: ProjectCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationProjectUpdateArgs = {
  input: ProjectUpdateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationPartnerCreateArgs = {
  input: PartnerCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationKeyCreateArgs = {
  input: KeyCreateInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationKeyRevokeArgs = {
  input: KeyRevokeInput
}

/**
 * What can be changed. Each field takes one `input`, and answers what was changed or why nothing was.
 *
 * Texts lose the white space around them (URLs, topics and idempotency keys, too), and the invisible characters around
 * them. Within names and other free texts a tab or a line end becomes one space, and other control characters are taken
 * out. Zero-width spaces, overrides of the reading order and halves of surrogate pairs are taken out of all that is said
 * of a customer or an order, and of partner identifiers; in other texts they are refused with INVALID. Lengths are counted
 * after that. Secrets, tokens and headers are not changed: white space around them is refused with INVALID. An idempotency
 * key with a control character in it is INVALID. JSON, such as the data of an event, is kept as it is.
 *
 * Two inputs with the same `idempotencyKey` are the same when their values are, after that: in whatever order their members
 * are written, in whatever notation their numbers and instants. Null is the same as left out, except where it clears: for a
 * detail in `orderUpdate`, and within JSON.
 */
export type MutationCustomerEraseArgs = {
  input: CustomerEraseInput
}

/** What can be followed, over a WebSocket at the same path. */
export type Subscription = {
  /**
   * Attempts of the project's deliveries as they are recorded, in the order of their cursors, each once; to a PARTNER
   * those of its own webhooks. Over `graphql-transport-ws` only.
   */
  readonly deliveryAttempts: DeliveryAttemptEvent
  /**
   * What happens to the project's webhooks that their owners should know at once: that one was made, that it fails, that
   * it is off and why, that it is on again. In the order of their cursors, each once; to a PARTNER those of its own
   * webhooks. Over `graphql-transport-ws` only.
   */
  readonly webhookChanges: WebhookChangeEvent
}

/** What can be followed, over a WebSocket at the same path. */
export type SubscriptionDeliveryAttemptsArgs = {
  filter?: InputMaybe<DeliveryAttemptFilter>
  after?: InputMaybe<Scalars['String']['input']>
}

/** What can be followed, over a WebSocket at the same path. */
export type SubscriptionWebhookChangesArgs = {
  filter?: InputMaybe<WebhookChangeFilter>
  after?: InputMaybe<Scalars['String']['input']>
}

/** One attempt as the feed brings it. */
export type DeliveryAttemptEvent = {
  /** Where the feed can be taken up again after this attempt. */
  readonly cursor: Scalars['String']['output']
  /** The attempt. */
  readonly attempt: DeliveryAttempt
  /** The delivery it belongs to, as it stands now. */
  readonly delivery: Delivery
}

/** One change of a webhook as its feed brings it. */
export type WebhookChangeEvent = {
  /** Where the feed can be taken up again after this change. */
  readonly cursor: Scalars['String']['output']
  /** What happened. */
  readonly change: WebhookChange
  /** The webhook, as it stands now. */
  readonly webhook: Webhook
}

/** What happened to a webhook. */
export type WebhookChange = {
  /** What it was. */
  readonly kind: WebhookChangeKind
  /** When it happened. */
  readonly at: Scalars['DateTime']['output']
  /** Why it is off; null unless `DISABLED`. */
  readonly reason?: Maybe<WebhookDisabledReason>
  /** For people: what happened, with figures, and what may come next. */
  readonly message: Scalars['String']['output']
}

/** What owners of webhooks are told. */
export type WebhookChangeKind =
  /** It was registered. */
  | 'CREATED'
  /**
   * An attempt of the schedule failed. Told once of a row of failures, however long, and of one row a minute: one that
   * begins within a minute of another is told at its first failure after that minute, or right before it is stopped for
   * it. `message` says how far the webhook is from being stopped by each of its disable rules.
   */
  | 'FAILING'
  /** It was stopped, by a rule or by somebody: nothing is sent to it until it is enabled. */
  | 'DISABLED'
  /** It was enabled again. */
  | 'ENABLED'

/** The key of this request and the project it acts in. */
export type Viewer = {
  /** The key that was sent. */
  readonly key: Key
  /** The partner whose key it is; null but for PARTNER. */
  readonly partner?: Maybe<Partner>
  /** The project that the key acts in; null for an OPERATOR that has named none by `x-project`. */
  readonly project?: Maybe<Project>
}

/** An API key. Its text is shown once, when it is made. */
export type Key = Node & {
  /** Opaque, `key_...`; not the key itself. */
  readonly id: Scalars['ID']['output']
  /** What the key may do. */
  readonly role: KeyRole
  /** Whose key it is; null but for PARTNER. */
  readonly partner?: Maybe<Partner>
  /** What the key was named when it was made; null when it was not. */
  readonly name?: Maybe<Scalars['String']['output']>
  /** When the key was made. */
  readonly createdAt: Scalars['DateTime']['output']
  /** From when on it opens nothing; null when it does not expire. */
  readonly expiresAt?: Maybe<Scalars['DateTime']['output']>
  /** Since when it opens nothing; null when it was not revoked. */
  readonly revokedAt?: Maybe<Scalars['DateTime']['output']>
  /** When it was last used, to the minute; null when it was not used yet. */
  readonly lastUsedAt?: Maybe<Scalars['DateTime']['output']>
}

/** What a key may do. */
export type KeyRole =
  /** Reads and changes everything of every project of the installation. Each request names its project by the header `x-project`, a socket by the connection parameter of this name. */
  | 'OPERATOR'
  /** Reads and changes everything of one project. */
  | 'PLATFORM'
  /**
   * Reads and changes the webhooks of one partner and their deliveries; of an order it sees what those webhooks were
   * sent of it.
   */
  | 'PARTNER'
  /** Reads one project, but not its keys and its audit log. */
  | 'READER'

/** An integrator inside a project: it owns webhooks, and manages them by keys of its own. */
export type Partner = Node & {
  /** Opaque, `ptn_...`. */
  readonly id: Scalars['ID']['output']
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['output']
  /** When the partner was added. */
  readonly createdAt: Scalars['DateTime']['output']
}

/** One change that was asked for, and what came of it. Secrets are in none. */
export type AuditEntry = Node & {
  /** Opaque, `aud_...`. */
  readonly id: Scalars['ID']['output']
  /** When it was done. */
  readonly at: Scalars['DateTime']['output']
  /** Whose request it was; null when it was a command of the installation's operator. */
  readonly key?: Maybe<Key>
  /** The mutation's name. */
  readonly operation: Scalars['String']['output']
  /** The id of what was changed. */
  readonly objectId: Scalars['ID']['output']
  /** What of it was different before; null when there was nothing. Of a customer that was erased nothing personal is left. */
  readonly before?: Maybe<Scalars['JSON']['output']>
  /** What of it is different after; null when there is nothing any more. */
  readonly after?: Maybe<Scalars['JSON']['output']>
}

/** A platform account: everything belongs to one project, and no project sees another's. */
export type Project = Node & {
  /** Opaque, `prj_...`. */
  readonly id: Scalars['ID']['output']
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['output']
  /** When the project was made. */
  readonly createdAt: Scalars['DateTime']['output']
}

/** A place where orders are made and picked up. */
export type Site = Node & {
  /** Opaque, `sit_...`. */
  readonly id: Scalars['ID']['output']
  /** Counts the project's sites, from 1; what foreign wires call the site's id. */
  readonly number: Scalars['Int']['output']
  /** For people, 1 to 200 characters; empty to a PARTNER whose payloads do not carry it. */
  readonly name: Scalars['String']['output']
  /** What the partner calls the site; null when it has no name for it. */
  readonly partnerIdentifier?: Maybe<Scalars['String']['output']>
  /** When the site was added. */
  readonly createdAt: Scalars['DateTime']['output']
  /** When the site was last changed; to a PARTNER, when the order was that tells of it. */
  readonly updatedAt: Scalars['DateTime']['output']
}

/** Who picks an order up or receives it. */
export type Customer = Node & {
  /** Opaque, `cus_...`. */
  readonly id: Scalars['ID']['output']
  /** Counts the project's customers, from 1; what foreign wires call the customer's id. */
  readonly number: Scalars['Int']['output']
  /** For people, 1 to 200 characters; `[erased]` after `customerErase`. */
  readonly name: Scalars['String']['output']
  /** Make and model of the car; null when not known. */
  readonly carType?: Maybe<Scalars['String']['output']>
  /** Colour of the car; null when not known. */
  readonly carColor?: Maybe<Scalars['String']['output']>
  /** Licence plate of the car; null when not known. */
  readonly licensePlate?: Maybe<Scalars['String']['output']>
  /** When the customer was added. */
  readonly createdAt: Scalars['DateTime']['output']
  /** When the customer was last changed; to a PARTNER, when the order was that tells of it. */
  readonly updatedAt: Scalars['DateTime']['output']
}

/**
 * Where an order stands. An order goes forward along this list, steps may be skipped; CANCELLED is reached
 * from any state that is not final. COMPLETED and CANCELLED are final.
 */
export type OrderState =
  /** It exists. */
  | 'CREATED'
  /** The site will make it. */
  | 'ACCEPTED'
  /** It is being made. */
  | 'PREPARING'
  /** It can be picked up. */
  | 'READY'
  /** It is on its way. */
  | 'DISPATCHED'
  /** The customer has it. */
  | 'DELIVERED'
  /** Nothing more will happen. Final. */
  | 'COMPLETED'
  /** It will not be made or handed over. Final. */
  | 'CANCELLED'

/**
 * Where the customer of an order is. Moves between any two, whatever the order's state is, but never back to
 * CREATED nor out of COMPLETED.
 */
export type CustomerState =
  /** Nothing is known yet. */
  | 'CREATED'
  /** On the way. */
  | 'EN_ROUTE'
  /** Close to the site. */
  | 'NEARBY'
  /** At the site. */
  | 'ARRIVED'
  /** At the site, waiting to be served. */
  | 'WAITING'
  /** Served and gone. Final. */
  | 'COMPLETED'

/** When an order may be picked up. */
export type PickupWindow = {
  /** The first instant. */
  readonly startsAt: Scalars['DateTime']['output']
  /** The last instant; after `startsAt`. */
  readonly endsAt: Scalars['DateTime']['output']
}

/**
 * An order, as it stands now. What it was at an earlier event stands in that event.
 *
 * To a PARTNER an order is what the payloads of its webhooks carry of it: it is found once one of them was owed an event of
 * it, and shown as the latest such events tell. Ids, numbers of the order, `uid`, states, version and times are always shown;
 * what no payload carried is null (FOODY's carry nothing else, FLYBUY's all but the site's name, the others everything).
 */
export type Order = Node & {
  /** Opaque, `ord_...`. */
  readonly id: Scalars['ID']['output']
  /** Counts the project's orders, from 1; what foreign wires call the order's id. */
  readonly number: Scalars['Int']['output']
  /** A UUID for partners that want one. */
  readonly uid: Scalars['ID']['output']
  /** Where the order stands. */
  readonly state: OrderState
  /** Where its customer is. */
  readonly customerState: CustomerState
  /** Counts the order's changes, from 1; what `expectedVersion` is compared with. */
  readonly version: Scalars['Int']['output']
  /** Where it is made and picked up. Null only to a PARTNER whose payloads do not carry it. */
  readonly site?: Maybe<Site>
  /** Who receives it; null when nobody was named. */
  readonly customer?: Maybe<Customer>
  /** What the partner calls the order; null when it has no name for it. */
  readonly partnerIdentifier?: Maybe<Scalars['String']['output']>
  /** What the customer shows at pickup; null when there is none. */
  readonly redemptionCode?: Maybe<Scalars['String']['output']>
  /** The area of the site where the customer waits; null when not known. */
  readonly areaName?: Maybe<Scalars['String']['output']>
  /** When it may be picked up; null when at any time. */
  readonly pickupWindow?: Maybe<PickupWindow>
  /** When the customer is expected; null when not known. */
  readonly etaAt?: Maybe<Scalars['DateTime']['output']>
  /** When the customer arrived; null before that. */
  readonly arrivedAt?: Maybe<Scalars['DateTime']['output']>
  /** When the order was created. */
  readonly createdAt: Scalars['DateTime']['output']
  /** When the order was last changed. */
  readonly updatedAt: Scalars['DateTime']['output']
  /** When the order was deleted; null while it exists, and to a PARTNER that was not told. Its events still show it. */
  readonly deletedAt?: Maybe<Scalars['DateTime']['output']>
  /** What happened to it, newest first. */
  readonly events: EventConnection
  /** What is and was owed of its events, newest first. */
  readonly deliveries: DeliveryConnection
}

/**
 * An order, as it stands now. What it was at an earlier event stands in that event.
 *
 * To a PARTNER an order is what the payloads of its webhooks carry of it: it is found once one of them was owed an event of
 * it, and shown as the latest such events tell. Ids, numbers of the order, `uid`, states, version and times are always shown;
 * what no payload carried is null (FOODY's carry nothing else, FLYBUY's all but the site's name, the others everything).
 */
export type OrderEventsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * An order, as it stands now. What it was at an earlier event stands in that event.
 *
 * To a PARTNER an order is what the payloads of its webhooks carry of it: it is found once one of them was owed an event of
 * it, and shown as the latest such events tell. Ids, numbers of the order, `uid`, states, version and times are always shown;
 * what no payload carried is null (FOODY's carry nothing else, FLYBUY's all but the site's name, the others everything).
 */
export type OrderDeliveriesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/**
 * An immutable fact, and the snapshot of what it is about. A PARTNER finds those that one of its webhooks is or was owed;
 * of one that they only SKIPPED, the delivery shows id, topic and time.
 */
export type Event = Node & {
  /** Opaque, `evt_...`. */
  readonly id: Scalars['ID']['output']
  /** What happened, as `resource.event`: `order.state_changed`. */
  readonly topic: Scalars['String']['output']
  /** The order it is about, as it stands now, also when it was deleted; null when the event is about none, and to a PARTNER that was owed none of its events. */
  readonly order?: Maybe<Order>
  /** Counts the events of one order, from 1 and without gaps; null when the event is about no order. */
  readonly sequence?: Maybe<Scalars['Int']['output']>
  /**
   * The snapshot that was taken as it happened, which every dialect writes its body from. To a PARTNER, what the payloads
   * carry that its webhooks were owed: of an order, members that are in none of them are left out. `{}` where they SKIPPED it.
   */
  readonly data: Scalars['JSON']['output']
  /** When it happened. */
  readonly createdAt: Scalars['DateTime']['output']
  /** To whom it is and was owed, newest first. */
  readonly deliveries: DeliveryConnection
}

/**
 * An immutable fact, and the snapshot of what it is about. A PARTNER finds those that one of its webhooks is or was owed;
 * of one that they only SKIPPED, the delivery shows id, topic and time.
 */
export type EventDeliveriesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What can happen, and what the events of it say. */
export type Topic = {
  /** Its name, `resource.event`. */
  readonly name: Scalars['String']['output']
  /** When its events are made, for people. */
  readonly description: Scalars['String']['output']
  /** The JSON Schema that the data of its events match. */
  readonly schema: Scalars['JSON']['output']
  /** Data of such an event, made up. */
  readonly example: Scalars['JSON']['output']
  /** Whether every project has it; the others are of this project alone. */
  readonly builtIn: Scalars['Boolean']['output']
  /** When it was added; null when it is built in. */
  readonly createdAt?: Maybe<Scalars['DateTime']['output']>
}

/** A named pair of dialect and policy: which sender's document the webhook follows. */
export type Preset =
  /** Standard Webhooks: https://www.standardwebhooks.com. */
  | 'STANDARD'
  /** FlyBuy, curbside pickup: 2xx acknowledges, off after consecutive days without one. */
  | 'FLYBUY'
  /** Flipdish, ordering: 2xx acknowledges, tried for 24 hours, off when over half fail in 72 hours. */
  | 'FLIPDISH'
  /** Foody Delivery, couriers: exactly 200, one more try, checked on save, off after more than 10 errors in a row. */
  | 'FOODY'
  /** Fast Events, tickets: https only, exactly 200, answered at once. */
  | 'FAST_EVENTS'

/** What a request looks like: body, headers, signature. */
export type Dialect =
  /** Body `{type, timestamp, data}`; headers webhook-id, webhook-timestamp, webhook-signature (HMAC-SHA256). */
  | 'STANDARD'
  /** Body `{"data": {...}}`, a flat order; header Authorization with a token where one is set. Orders only. */
  | 'FLYBUY'
  /** As STANDARD. */
  | 'FLIPDISH'
  /** Body `{uid, updateDate, event, token, status}`, the token in the body. Orders created and changing state only. */
  | 'FOODY'
  /** Body the resource as JSON; headers X-FE-Webhook-..., signature base64 HMAC-SHA256 of the body. */
  | 'FAST_EVENTS'

/** A preset as the catalogue shows it. */
export type PresetInfo = {
  /** What `webhookCreate` calls it. */
  readonly name: Preset
  /** What its requests look like. */
  readonly dialect: Dialect
  /** The rules that a webhook of this preset has unless it overrides them. */
  readonly policy: Policy
  /** The title of the sender's document, or where it stands. */
  readonly source: Scalars['String']['output']
  /** The built-in topics that its dialect has a form for. A selection is met by these only. */
  readonly carries: ReadonlyArray<Scalars['String']['output']>
  /**
   * Those of `carries` that a webhook receives only where its `topics` name them, and not by `resource.*`: the dialect has no
   * field that says what happened, and a receiver would take the request for another event.
   */
  readonly onlyByName: ReadonlyArray<Scalars['String']['output']>
  /** What the document says, rule by rule, and what was chosen where it is silent. A rule may have several lines. */
  readonly rules: ReadonlyArray<PresetRule>
}

/** One line about a rule of a preset. */
export type PresetRule = {
  /** What it is about. */
  readonly name: PresetRuleName
  /** What holds, for people. */
  readonly value: Scalars['String']['output']
  /** Who says so. */
  readonly origin: RuleOrigin
  /** The document's own words, in its own language; null for a choice of ours. */
  readonly quote?: Maybe<Scalars['String']['output']>
}

/** What can be said of a preset. */
export type PresetRuleName =
  /** Which topics it tells of, and under which names. */
  | 'CARRIES'
  /** What is in the body. */
  | 'BODY'
  /** How a receiver knows who sent it. */
  | 'PROOF'
  /** Which headers it has. */
  | 'HEADERS'
  /** Which answers count as success. */
  | 'SUCCESS'
  /** How long a receiver may take. */
  | 'TIME_LIMIT'
  /** Whether plain http is refused. */
  | 'HTTPS_ONLY'
  /** What must succeed before a webhook is saved. */
  | 'SAVE_CHECK'
  /** When a failed attempt is followed by another. */
  | 'RETRY'
  /** Whether a `Retry-After` header makes the wait for the next attempt longer. */
  | 'RETRY_AFTER'
  /** What stops a webhook. */
  | 'DISABLE'
  /** What `webhookTest` sends. */
  | 'TEST'
  /** How many such webhooks a project may have. */
  | 'LIMIT'

/** Who says that a rule of a preset is so. */
export type RuleOrigin =
  /** The sender's document. */
  | 'DOCUMENT'
  /** Orderbell, where the document is silent. */
  | 'OUR_CHOICE'

/** A registered receiver: where it is, what it wants, and by which rules it is rung. */
export type Webhook = Node & {
  /** Opaque, `whk_...`. */
  readonly id: Scalars['ID']['output']
  /** The partner who owns it; null when it is the platform's own. */
  readonly partner?: Maybe<Partner>
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['output']
  /** Where requests are sent, in canonical form. */
  readonly url: Scalars['String']['output']
  /** What it is rung for: names of `topics`, or `resource.*`, which does not include the `onlyByName` of its dialect's preset. */
  readonly topics: ReadonlyArray<Scalars['String']['output']>
  /** What must hold of an order for its events to be delivered; empty lists ask for nothing. */
  readonly filters: WebhookFilters
  /** Which sender's document it follows. */
  readonly preset: Preset
  /** What its requests look like. */
  readonly dialect: Dialect
  /** The rules in force: the preset's, with this webhook's overrides. */
  readonly policy: Policy
  /** What its requests carry besides the dialect's headers, in the order sent; 0 to 20. What may be a credential is shown as `[masked]`. */
  readonly headers: ReadonlyArray<Header>
  /** The secret that signs its requests: `[masked]` where there is one; null where the dialect does not sign. */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** Until when the secret before the last rotation signs too; null when only one signs. */
  readonly previousSecretUntil?: Maybe<Scalars['DateTime']['output']>
  /** The token that its requests carry: `[masked]` where one is set, else null. */
  readonly token?: Maybe<Scalars['String']['output']>
  /** Requests under way at once, 1 to 50; null: as many as Orderbell sends to any webhook. */
  readonly maxConcurrency?: Maybe<Scalars['Int']['output']>
  /** Requests begun in a second, 1 to 1,000; null: no limit of its own. */
  readonly ratePerSecond?: Maybe<Scalars['Int']['output']>
  /** False while it is stopped, by a person or by a rule. */
  readonly enabled: Scalars['Boolean']['output']
  /** Why and since when it is stopped; null while it is enabled. */
  readonly disabled?: Maybe<WebhookDisabled>
  /** Failed attempts of the schedule since the last success. */
  readonly consecutiveFailures: Scalars['Int']['output']
  /** Deliveries that are PENDING: waiting, under way, or held while it is disabled. */
  readonly pendingCount: Scalars['Int']['output']
  /**
   * When the next attempt of what is pending is due, or was due where it is under way; null when nothing is pending,
   * while it is disabled and once it is deleted: then nothing is attempted.
   */
  readonly nextDueAt?: Maybe<Scalars['DateTime']['output']>
  /**
   * How its attempts of the schedule went, in a window up to now. Attempts that a person asked for and tests are not
   * counted. Counted by ten minutes: the window begins up to so much earlier. What was before a webhook was enabled
   * again is counted here, and no more by its disable rules.
   */
  readonly stats: WebhookStats
  /** The attempt that began last, tests not included; null when there was none, or once it was removed. */
  readonly latestAttempt?: Maybe<DeliveryAttempt>
  /** Counts people's changes of the webhook, from 1; what `expectedVersion` is compared with. A rule that stops it is none. */
  readonly version: Scalars['Int']['output']
  /** When the webhook was registered. */
  readonly createdAt: Scalars['DateTime']['output']
  /** When a person last changed the webhook; when a rule stopped it is in `disabled`. */
  readonly updatedAt: Scalars['DateTime']['output']
  /** When the webhook was deleted; null while it exists. Old deliveries still show it. */
  readonly deletedAt?: Maybe<Scalars['DateTime']['output']>
  /** What is and was owed to it, newest first. */
  readonly deliveries: DeliveryConnection
}

/** A registered receiver: where it is, what it wants, and by which rules it is rung. */
export type WebhookStatsArgs = {
  window?: StatsWindow
}

/** A registered receiver: where it is, what it wants, and by which rules it is rung. */
export type WebhookDeliveriesArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** A time up to now. */
export type StatsWindow =
  /** One hour. */
  | 'H1'
  /** 24 hours. */
  | 'H24'
  /** Seven days. */
  | 'D7'
  /** 30 days. */
  | 'D30'

/** How a webhook's attempts of the schedule went. */
export type WebhookStats = {
  /** All that ended with an outcome; one that was interrupted by us is none, but the fifth in a row is a failed one. */
  readonly attempts: Scalars['Int']['output']
  /** Those whose answer satisfied the success rule. */
  readonly succeeded: Scalars['Int']['output']
  /** The others: bad answers, and none at all. */
  readonly failed: Scalars['Int']['output']
  /** The share of those that succeeded, 0 to 1; null when there were no attempts. */
  readonly successShare?: Maybe<Scalars['Float']['output']>
}

/**
 * What must hold of an order, as it is after the change, for its events to be delivered: all three lists must take it.
 * An empty list takes every order. Events about no order are not judged.
 */
export type WebhookFilters = {
  /** Sites of which the order must be one's. */
  readonly siteIds: ReadonlyArray<Scalars['ID']['output']>
  /** States of which the order must be in one. */
  readonly orderStates: ReadonlyArray<OrderState>
  /** States of which the order's customer must be in one. */
  readonly customerStates: ReadonlyArray<CustomerState>
}

/** Why a webhook is stopped. */
export type WebhookDisabled = {
  /** The rule that stopped it, or that a person did. */
  readonly reason: WebhookDisabledReason
  /** For people: what happened, with figures, and how to come back. */
  readonly message: Scalars['String']['output']
  /** Since when. */
  readonly at: Scalars['DateTime']['output']
}

/** Why a webhook is stopped. */
export type WebhookDisabledReason =
  /** Somebody asked for it, by `webhookDisable`. */
  | 'REQUESTED'
  /** More attempts in a row failed than the rule bears. */
  | 'CONSECUTIVE_FAILURES'
  /** A greater share of attempts failed, in the trailing window, than the rule bears. */
  | 'FAILURE_SHARE'
  /** There were failures and no success on as many days in a row as the rule bears. */
  | 'FAILING_DAYS'
  /** There was no success for a given time while attempts failed. */
  | 'FAILING_FOR'
  /** The receiver answered 410 Gone. */
  | 'GONE'

/** The rules by which a webhook is rung. */
export type Policy = {
  /** Which answers count as success. Any other status, 3xx included, is a failure; redirects are never followed. */
  readonly success: SuccessRule
  /** Total time for one attempt in milliseconds, from name look-up to the end of the answer. */
  readonly timeoutMs: Scalars['Int']['output']
  /** Whether plain http is refused. */
  readonly httpsOnly: Scalars['Boolean']['output']
  /** Whether the dialect's test request must succeed before the webhook is saved, when it is created and when it is changed. */
  readonly saveCheck: Scalars['Boolean']['output']
  /** When a failed attempt is followed by another. */
  readonly retry: RetrySchedule
  /**
   * Whether a `Retry-After` header of a 429 or 503 response makes the wait for the next attempt longer: up to 6 hours, and
   * not beyond the retry window. False ignores the header.
   */
  readonly honourRetryAfter: Scalars['Boolean']['output']
  /** What stops the webhook; each rule is enough. */
  readonly disable: ReadonlyArray<DisableRule>
}

/** Which answers count as success. */
export type SuccessRule =
  /** Any status from 200 to 299. */
  | 'ANY_2XX'
  /** Status 200 and no other. */
  | 'EXACTLY_200'

/** When a failed attempt is followed by another. */
export type RetrySchedule = {
  /** The wait after the first failure, after the second, and so on. None: there is one attempt. */
  readonly waits: ReadonlyArray<RetryWait>
  /**
   * How long after the event, or after its replay, attempts may still start, in milliseconds. The last wait repeats
   * until it is over.
   * Null: the schedule ends with its last wait.
   */
  readonly windowMs?: Maybe<Scalars['Int']['output']>
}

/** A wait is drawn at random between its bounds, so that receivers do not get all at once. */
export type RetryWait = {
  /** The shortest wait in milliseconds. An attempt is never earlier. */
  readonly minMs: Scalars['Int']['output']
  /** The longest wait in milliseconds. */
  readonly maxMs: Scalars['Int']['output']
}

/** A rule that stops a webhook. */
export type DisableRule = {
  /** What is watched. */
  readonly rule: DisableRuleName
  /** For CONSECUTIVE_FAILURES: how many failures in a row are borne; one more stops it. Null for other rules. */
  readonly count?: Maybe<Scalars['Int']['output']>
  /** For FAILURE_SHARE: the share of failed attempts that is borne, 0 to below 1; a greater one stops it. Null for other rules. */
  readonly share?: Maybe<Scalars['Float']['output']>
  /** For FAILURE_SHARE the trailing window, for FAILING_FOR the time without a success, in milliseconds. Null for other rules. */
  readonly windowMs?: Maybe<Scalars['Int']['output']>
  /** For FAILING_DAYS: so many UTC days in a row with failures and no success stop it; days without attempts neither count nor break the row. Null for other rules. */
  readonly days?: Maybe<Scalars['Int']['output']>
  /** For FAILURE_SHARE: from so many attempts in the window on. Null for other rules. */
  readonly minVolume?: Maybe<Scalars['Int']['output']>
  /** For FAILURE_SHARE: judged once the attempts span so many milliseconds. Null for other rules. */
  readonly minPeriodMs?: Maybe<Scalars['Int']['output']>
}

/** What a rule that stops a webhook watches. */
export type DisableRuleName =
  /** More than `count` failed attempts in a row. */
  | 'CONSECUTIVE_FAILURES'
  /** More than `share` of the attempts in the trailing `windowMs` failed, from `minVolume` attempts on that span `minPeriodMs`. */
  | 'FAILURE_SHARE'
  /** `days` UTC days in a row with failures and no success. */
  | 'FAILING_DAYS'
  /** No success for `windowMs` while attempts failed. */
  | 'FAILING_FOR'
  /** The receiver answered 410 Gone: stopped at once. */
  | 'GONE'
  /** Nothing: it is stopped by people only. */
  | 'NEVER'

/** Where a delivery stands. */
export type DeliveryState =
  /** Owed: an attempt is due, under way, or held while the webhook is disabled. */
  | 'PENDING'
  /** The receiver took it. */
  | 'DELIVERED'
  /** The retry schedule ended without success. */
  | 'EXHAUSTED'
  /** It was called off, or its webhook was deleted. */
  | 'CANCELLED'
  /** It was never attempted; `skipReason` says why. */
  | 'SKIPPED'
  /** It was not delivered before it lost its worth. */
  | 'EXPIRED'

/** Why a delivery was never attempted. */
export type SkipReason =
  /** The webhook was disabled when the event happened. */
  | 'WEBHOOK_DISABLED'
  /** A later state of the same order made it pointless. */
  | 'SUPERSEDED'

/** One event owed to one webhook. */
export type Delivery = Node & {
  /** Opaque, `dlv_...`; what the STANDARD dialect sends as webhook-id, the same on every attempt. */
  readonly id: Scalars['ID']['output']
  /** Where it stands. */
  readonly state: DeliveryState
  /** Why its schedule never attempted it; null unless SKIPPED. */
  readonly skipReason?: Maybe<SkipReason>
  /** Attempts recorded so far, interrupted ones included. */
  readonly attemptCount: Scalars['Int']['output']
  /** When the next attempt is due, or was due where it is under way or held; null when none will follow. */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>
  /** When it came to be owed: when its event happened. */
  readonly createdAt: Scalars['DateTime']['output']
  /** When it last reached a state other than PENDING; null while it is PENDING. */
  readonly finishedAt?: Maybe<Scalars['DateTime']['output']>
  /** What is owed. */
  readonly event: Event
  /** Who it is owed to. A deleted webhook is still shown here. */
  readonly webhook: Webhook
  /** Its attempts, oldest first. Those of days that retention removed (`RETENTION_DAYS`) are missing here, and still counted in `attemptCount`. */
  readonly attempts: DeliveryAttemptConnection
}

/** One event owed to one webhook. */
export type DeliveryAttemptsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>
  after?: InputMaybe<Scalars['String']['input']>
  last?: InputMaybe<Scalars['Int']['input']>
  before?: InputMaybe<Scalars['String']['input']>
}

/** What made an attempt happen. */
export type AttemptTrigger =
  /** The retry schedule; the first attempt included. */
  | 'SCHEDULE'
  /** A person asked for one more. */
  | 'PERSON'
  /** `webhookTest`. */
  | 'TEST'

/** What came of an attempt. */
export type AttemptOutcome =
  /** The answer satisfied the webhook's success rule. */
  | 'SUCCEEDED'
  /** An answer came, and it did not satisfy the success rule. 3xx is such an answer. */
  | 'HTTP_ERROR'
  /** No answer within the time limit. */
  | 'TIMED_OUT'
  /** The name could not be resolved. */
  | 'DNS_FAILED'
  /** No connection, or it broke before an answer came. */
  | 'CONNECTION_FAILED'
  /** No trusted TLS connection: certificate, name or handshake. */
  | 'TLS_FAILED'
  /** What came back cannot be read as HTTP/1.1; `response` holds its first bytes. */
  | 'PROTOCOL_ERROR'
  /** The destination is not allowed; nothing was sent. */
  | 'BLOCKED'
  /**
   * We stopped in the middle: whether the receiver saw the request is not known, and it is sent again under
   * the same delivery. Uses up no retry.
   */
  | 'INTERRUPTED'

/** What follows an attempt. */
export type AttemptNextStep =
  /** Nothing: it was delivered, or there was nothing to deliver. */
  | 'NONE'
  /** Another attempt, at `nextAttemptAt`. */
  | 'RETRY'
  /** Nothing: the retry schedule has ended. */
  | 'EXHAUSTED'

/** One HTTP request for one delivery, and what came of it. */
export type DeliveryAttempt = Node & {
  /** Opaque, `att_...`. */
  readonly id: Scalars['ID']['output']
  /** Counts the attempts of one delivery, from 1; 1 for a test. */
  readonly number: Scalars['Int']['output']
  /** What made it happen. */
  readonly trigger: AttemptTrigger
  /** What came of it. */
  readonly outcome: AttemptOutcome
  /** For people: what went wrong, in a sentence; null when nothing did. */
  readonly detail?: Maybe<Scalars['String']['output']>
  /** The status that the receiver wrote; null when none could be read. A response that broke off or was refused may have had one: `outcome` says whether it was an answer. */
  readonly statusCode?: Maybe<Scalars['Int']['output']>
  /** When it began, on the database's clock. */
  readonly startedAt: Scalars['DateTime']['output']
  /** From its begin to its end in milliseconds; null when it was interrupted. */
  readonly durationMs?: Maybe<Scalars['Int']['output']>
  /** Where the time went; null when it was interrupted. */
  readonly phases?: Maybe<AttemptPhases>
  /** The address that was connected to; null when none was, or when it was refused. */
  readonly resolvedAddress?: Maybe<Scalars['String']['output']>
  /**
   * Whether the request was sent twice within this attempt: a connection kept from an earlier request ended before any
   * byte of an answer came, so the request was sent once more, at once, on a new connection and within the same time
   * limit. The receiver may have seen both.
   */
  readonly resentOnNewConnection: Scalars['Boolean']['output']
  /** What follows it. */
  readonly nextStep: AttemptNextStep
  /** For people: why that follows, with figures. */
  readonly nextStepReason: Scalars['String']['output']
  /** When the next attempt was due as this one ended; null when none followed. */
  readonly nextAttemptAt?: Maybe<Scalars['DateTime']['output']>
  /** What was sent; null when we were interrupted, or once it was removed. */
  readonly request?: Maybe<AttemptRequest>
  /** What came back, also where it could not be read as HTTP; null when nothing did, or once it was removed. */
  readonly response?: Maybe<AttemptResponse>
  /** The delivery it belongs to; null for a test, or once it was removed. */
  readonly delivery?: Maybe<Delivery>
  /** The webhook it was sent for. */
  readonly webhook: Webhook
}

/** Where an attempt's time went. A phase that a kept connection made needless, or that was not reached, is null. */
export type AttemptPhases = {
  /** Name look-up, in milliseconds. */
  readonly dnsMs?: Maybe<Scalars['Int']['output']>
  /** TCP connection, in milliseconds. */
  readonly connectMs?: Maybe<Scalars['Int']['output']>
  /** TLS handshake, in milliseconds. */
  readonly tlsMs?: Maybe<Scalars['Int']['output']>
  /** From the attempt's begin to the status line of the answer, in milliseconds; the phases above are part of it. */
  readonly firstByteMs?: Maybe<Scalars['Int']['output']>
  /** From the attempt's begin to its end, in milliseconds: the same as `durationMs`. */
  readonly totalMs: Scalars['Int']['output']
}

/** An HTTP header. */
export type Header = {
  /** Its name, as written on the wire. */
  readonly name: Scalars['String']['output']
  /** Its value; `[masked]` where it is a secret or proves one. */
  readonly value: Scalars['String']['output']
}

/** What was sent. */
export type AttemptRequest = {
  /** Always POST. */
  readonly method: Scalars['String']['output']
  /** Where to. */
  readonly url: Scalars['String']['output']
  /** In the order sent; secrets are masked. */
  readonly headers: ReadonlyArray<Header>
  /** The exact body; a secret inside is masked. `[erased]` when the customer that it told of was erased since. */
  readonly body: Scalars['String']['output']
}

/** What `deliveryPreview` answers. */
export type DeliveryPreview = {
  /** Whether the webhook would be sent the event, were it to happen now. */
  readonly wouldDeliver: Scalars['Boolean']['output']
  /** For people: why it would or would not, and the state of the delivery that there is. */
  readonly reason: Scalars['String']['output']
  /**
   * The request as it would go out now, secrets masked, by the id of the delivery that there is, else an example id.
   * Null where the webhook was deleted, or its dialect has no form for the topic.
   */
  readonly request?: Maybe<AttemptRequest>
}

/** What came back. Where a receiver answers with a secret of the webhook's, `[masked]` stands instead; ones of less than 6 characters are not looked for. */
export type AttemptResponse = {
  /** The status that the receiver wrote; null when none could be read. */
  readonly statusCode?: Maybe<Scalars['Int']['output']>
  /**
   * In the order received, the first 100 and 16 KiB of them; U+FFFD stands for control characters. A line without a colon
   * is a name without a value. None when the customer that the request told of was erased since.
   */
  readonly headers: ReadonlyArray<Header>
  /**
   * The first 16 KiB, decompressed where the receiver had compressed it, as text: in the charset of its `content-type`,
   * else UTF-8, with U+FFFD where it is not that. Where `malformed`, the first KiB of all that came. `[erased]` as the
   * request's.
   */
  readonly body: Scalars['String']['output']
  /** The same bytes in base64. */
  readonly bodyBase64: Scalars['String']['output']
  /** Size as sent, in bytes, compressed or not: counted, or declared where we stopped reading; null when neither is known. */
  readonly bodySize?: Maybe<Scalars['Float']['output']>
  /** Whether `body` is only a part. */
  readonly truncated: Scalars['Boolean']['output']
  /** Whether `body` was compressed as it came (gzip, deflate, br; zstd with Node 22.15 or later). False where it could not be decompressed: then it is shown as it came. */
  readonly decompressed: Scalars['Boolean']['output']
  /** Whether what came could not be read as an HTTP/1.1 response, or ended before its headers did. Then `body` holds its first bytes, status line and headers included. */
  readonly malformed: Scalars['Boolean']['output']
}

/** Where a page stands in its list. https://relay.dev/graphql/connections.htm */
export type PageInfo = {
  /** Whether more follows this page; on a page read backwards, whether something is known to follow. */
  readonly hasNextPage: Scalars['Boolean']['output']
  /** Whether more precedes this page; on a page read forwards, whether something is known to precede. */
  readonly hasPreviousPage: Scalars['Boolean']['output']
  /** The cursor of the first edge; null when the page is empty. */
  readonly startCursor?: Maybe<Scalars['String']['output']>
  /** The cursor of the last edge; null when the page is empty. */
  readonly endCursor?: Maybe<Scalars['String']['output']>
}

/** A page of projects. */
export type ProjectConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<ProjectEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Project>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** A project and where it stands in its list. */
export type ProjectEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The project. */
  readonly node: Project
}

/** A page of partners. */
export type PartnerConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<PartnerEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Partner>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** A partner and where it stands in its list. */
export type PartnerEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The partner. */
  readonly node: Partner
}

/** A page of keys. */
export type KeyConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<KeyEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Key>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** A key and where it stands in its list. */
export type KeyEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The key. */
  readonly node: Key
}

/** A page of entries of the audit log. */
export type AuditEntryConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<AuditEntryEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<AuditEntry>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** An entry and where it stands in its list. */
export type AuditEntryEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The entry. */
  readonly node: AuditEntry
}

/** A page of sites. */
export type SiteConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<SiteEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Site>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** A site and where it stands in its list. */
export type SiteEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The site. */
  readonly node: Site
}

/** A page of customers. */
export type CustomerConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<CustomerEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Customer>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** A customer and where it stands in its list. */
export type CustomerEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The customer. */
  readonly node: Customer
}

/** A page of orders. */
export type OrderConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<OrderEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Order>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** An order and where it stands in its list. */
export type OrderEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The order. */
  readonly node: Order
}

/** A page of events. */
export type EventConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<EventEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Event>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** An event and where it stands in its list. */
export type EventEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The event. */
  readonly node: Event
}

/** A page of webhooks. */
export type WebhookConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<WebhookEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Webhook>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** A webhook and where it stands in its list. */
export type WebhookEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The webhook. */
  readonly node: Webhook
}

/** A page of deliveries. */
export type DeliveryConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<DeliveryEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<Delivery>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** A delivery and where it stands in its list. */
export type DeliveryEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The delivery. */
  readonly node: Delivery
}

/** A page of attempts. */
export type DeliveryAttemptConnection = {
  /** With their cursors. */
  readonly edges: ReadonlyArray<DeliveryAttemptEdge>
  /** Without their cursors. */
  readonly nodes: ReadonlyArray<DeliveryAttempt>
  /** Where the page stands. */
  readonly pageInfo: PageInfo
}

/** An attempt and where it stands in its list. */
export type DeliveryAttemptEdge = {
  /** For `after` and `before`. */
  readonly cursor: Scalars['String']['output']
  /** The attempt. */
  readonly node: DeliveryAttempt
}

/** From when until when. Either end may be left open; BAD_USER_INPUT where `until` is not after `from`. */
export type TimeRange = {
  /** The first instant that belongs to it; open when absent. */
  readonly from?: InputMaybe<Scalars['DateTime']['input']>
  /** The first instant that no longer belongs to it; open when absent. */
  readonly until?: InputMaybe<Scalars['DateTime']['input']>
}

/** Which sites to list. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type SiteFilter = {
  /** Which a partner calls one of these; read as they are stored, without white space around them. */
  readonly partnerIdentifiers?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Added within this time. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/** Which customers to list. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type CustomerFilter = {
  /** Added within this time. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/** Which orders to list. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type OrderFilter = {
  /** Made at one of these sites. */
  readonly siteIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Of one of these customers. */
  readonly customerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** In one of these states. */
  readonly states?: InputMaybe<ReadonlyArray<OrderState>>
  /** With their customer in one of these states. */
  readonly customerStates?: InputMaybe<ReadonlyArray<CustomerState>>
  /** Which a partner calls one of these; read as they are stored, without white space around them. */
  readonly partnerIdentifiers?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Created within this time. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/** Which events to list. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type EventFilter = {
  /** About one of these orders. */
  readonly orderIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Of one of these topics; `resource.*` takes all of a resource. */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Happened within this time. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/** Which entries of the audit log to list. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type AuditLogFilter = {
  /** Of one of these mutations, by name: `orderCreate`. */
  readonly operations?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** Of one of these things. */
  readonly objectIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Asked for by one of these keys. */
  readonly keyIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Done within this time. */
  readonly at?: InputMaybe<TimeRange>
}

/** Which webhooks to list. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type WebhookFilter = {
  /** Only those that are enabled, or only those that are not; both when absent. */
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>
  /** Of one of these presets. */
  readonly presets?: InputMaybe<ReadonlyArray<Preset>>
  /** Of one of these partners; a PARTNER sees its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Registered within this time. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/** Which deliveries to list. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type DeliveryFilter = {
  /** Owed to one of these webhooks. */
  readonly webhookIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Owed to webhooks of one of these partners; a PARTNER sees its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** About one of these orders. */
  readonly orderIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Of one of these topics; `resource.*` takes all of a resource. */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** In one of these states. */
  readonly states?: InputMaybe<ReadonlyArray<DeliveryState>>
  /** Of one of these events. */
  readonly eventIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Whose latest attempt had one of these outcomes; those that were not attempted have none. */
  readonly outcomes?: InputMaybe<ReadonlyArray<AttemptOutcome>>
  /** Whose latest attempt was answered with a status code of one of these classes. */
  readonly statusClasses?: InputMaybe<ReadonlyArray<StatusClass>>
  /** With at least so many attempts, from 1. */
  readonly attemptNumberFrom?: InputMaybe<Scalars['Int']['input']>
  /** Owed to webhooks with one of these presets, as they are now. */
  readonly presets?: InputMaybe<ReadonlyArray<Preset>>
  /** True: only those that are finished, which no attempt of the schedule will follow. False does not filter. */
  readonly finalOnly?: InputMaybe<Scalars['Boolean']['input']>
  /** Whose latest attempt was made by one of these. `TEST` attempts belong to no delivery. */
  readonly triggers?: InputMaybe<ReadonlyArray<AttemptTrigger>>
  /** Owed since within this time: when the event happened. */
  readonly createdAt?: InputMaybe<TimeRange>
}

/**
 * Which attempts to list, and which of the feed to bring. What is given must all hold; an absent or empty list does not
 * filter. Lists take up to 100 members.
 */
export type DeliveryAttemptFilter = {
  /** Sent for one of these webhooks. */
  readonly webhookIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Sent for webhooks of one of these partners; a PARTNER sees its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** About one of these orders. */
  readonly orderIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Of one of these topics; `resource.*` takes all of a resource. */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** With one of these outcomes. */
  readonly outcomes?: InputMaybe<ReadonlyArray<AttemptOutcome>>
  /** Answered with a status code of one of these classes. */
  readonly statusClasses?: InputMaybe<ReadonlyArray<StatusClass>>
  /** With this number or a later one: 2 brings the repeated ones. From 1. */
  readonly attemptNumberFrom?: InputMaybe<Scalars['Int']['input']>
  /** Sent for webhooks with one of these presets, as they are now. */
  readonly presets?: InputMaybe<ReadonlyArray<Preset>>
  /** True: only those that ended their delivery, well or not: the schedule makes no other after them. False does not filter. */
  readonly finalOnly?: InputMaybe<Scalars['Boolean']['input']>
  /** Made by one of these. `TEST` attempts belong to no delivery: they are neither in the log nor in the feed. */
  readonly triggers?: InputMaybe<ReadonlyArray<AttemptTrigger>>
  /** Begun within this time. */
  readonly startedAt?: InputMaybe<TimeRange>
}

/** Which changes of webhooks to bring. What is given must all hold; an absent or empty list does not filter. Lists take up to 100 members. */
export type WebhookChangeFilter = {
  /** Of one of these webhooks. */
  readonly webhookIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Of webhooks of one of these partners; a PARTNER sees its own in any case. */
  readonly partnerIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** Of one of these kinds. */
  readonly kinds?: InputMaybe<ReadonlyArray<WebhookChangeKind>>
}

/** Classes of HTTP status codes, as RFC 9110, section 15, has them. */
export type StatusClass =
  /** 1xx. */
  | 'INFORMATIONAL'
  /** 2xx. */
  | 'SUCCESSFUL'
  /** 3xx; no redirect is followed. */
  | 'REDIRECTION'
  /** 4xx. */
  | 'CLIENT_ERROR'
  /** 5xx. */
  | 'SERVER_ERROR'

/** What the caller can mend. Nothing was written when a mutation answers with one. */
export type UserError = {
  /** Stable; compare this, not the message. */
  readonly code: UserErrorCode
  /** The path from `input` to the field at fault; empty when no single field is. */
  readonly field: ReadonlyArray<Scalars['String']['output']>
  /** For people: what is wrong and how to mend it. */
  readonly message: Scalars['String']['output']
}

/** Why a mutation was refused. New codes may come; none is renamed. */
export type UserErrorCode =
  /** A field that is needed is missing or empty. */
  | 'REQUIRED'
  /** A value is not of the form that its field asks for. */
  | 'INVALID'
  /** A text is longer than its field allows. */
  | 'TOO_LONG'
  /** A list has more members than its field allows. */
  | 'TOO_MANY'
  /** There is no such thing in the project. */
  | 'NOT_FOUND'
  /** The state cannot be reached from the present one. */
  | 'ILLEGAL_TRANSITION'
  /** `expectedVersion` is not the present version: somebody else was faster. */
  | 'VERSION_CONFLICT'
  /** The idempotency key was used before, with another input. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** Not a URL that a request can be sent to. */
  | 'URL_INVALID'
  /** Plain http, where https is asked for. */
  | 'URL_NOT_HTTPS'
  /** The URL leads to a name, port or address that this installation does not send to. */
  | 'DESTINATION_NOT_ALLOWED'
  /** There is no such topic, or the webhook's dialect has no form for it. */
  | 'UNKNOWN_TOPIC'
  /** A payload does not match its topic's JSON Schema. */
  | 'SCHEMA_MISMATCH'
  /** There are as many as there may be. */
  | 'LIMIT_REACHED'
  /** The receiver did not pass the check that its preset asks for on save. */
  | 'SAVE_CHECK_FAILED'
  /** The webhook is disabled. */
  | 'WEBHOOK_DISABLED'
  /** It does not go together with what is there. */
  | 'CONFLICT'

/** What a site is made from. */
export type SiteCreateInput = {
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /** What the partner calls the site, up to 200 characters; an empty text stays apart from null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The site, or why there is none. */
export type SiteCreatePayload = {
  /** The new site; null when it was refused. */
  readonly site?: Maybe<Site>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What to change of a site. A field that is left out stays; null clears it. */
export type SiteUpdateInput = {
  /** Which site. */
  readonly id: Scalars['ID']['input']
  /** For people, 1 to 200 characters. Cannot be cleared: REQUIRED. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** What the partner calls the site, up to 200 characters; an empty text stays apart from null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
}

/** The site as changed, or why it was not. */
export type SiteUpdatePayload = {
  /** The site; null when the change was refused. */
  readonly site?: Maybe<Site>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What a customer is made from. */
export type CustomerCreateInput = {
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /** Make and model of the car, up to 200 characters; an empty text stays apart from null. */
  readonly carType?: InputMaybe<Scalars['String']['input']>
  /** Colour of the car, up to 200 characters; an empty text stays apart from null. */
  readonly carColor?: InputMaybe<Scalars['String']['input']>
  /** Licence plate of the car, up to 200 characters; an empty text stays apart from null. */
  readonly licensePlate?: InputMaybe<Scalars['String']['input']>
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The customer, or why there is none. */
export type CustomerCreatePayload = {
  /** The new customer; null when it was refused. */
  readonly customer?: Maybe<Customer>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What to change of a customer. A field that is left out stays; null clears it. */
export type CustomerUpdateInput = {
  /** Which customer. */
  readonly id: Scalars['ID']['input']
  /** For people, 1 to 200 characters. Cannot be cleared: REQUIRED. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** Make and model of the car, up to 200 characters; an empty text stays apart from null. */
  readonly carType?: InputMaybe<Scalars['String']['input']>
  /** Colour of the car, up to 200 characters; an empty text stays apart from null. */
  readonly carColor?: InputMaybe<Scalars['String']['input']>
  /** Licence plate of the car, up to 200 characters; an empty text stays apart from null. */
  readonly licensePlate?: InputMaybe<Scalars['String']['input']>
}

/** The customer as changed, or why it was not. */
export type CustomerUpdatePayload = {
  /** The customer; null when the change was refused. */
  readonly customer?: Maybe<Customer>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** When an order may be picked up. */
export type PickupWindowInput = {
  /** The first instant. */
  readonly startsAt: Scalars['DateTime']['input']
  /** The last instant; after `startsAt`. */
  readonly endsAt: Scalars['DateTime']['input']
}

/** Who picks the order up or receives it; a new customer of the project. */
export type OrderCustomerInput = {
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /** Make and model of the car, up to 200 characters; an empty text stays apart from null. */
  readonly carType?: InputMaybe<Scalars['String']['input']>
  /** Colour of the car, up to 200 characters; an empty text stays apart from null. */
  readonly carColor?: InputMaybe<Scalars['String']['input']>
  /** Licence plate of the car, up to 200 characters; an empty text stays apart from null. */
  readonly licensePlate?: InputMaybe<Scalars['String']['input']>
}

/** What an order is made from. */
export type OrderCreateInput = {
  /** Where it is made and picked up. */
  readonly siteId: Scalars['ID']['input']
  /** What the partner calls the order, up to 200 characters; an empty text stays apart from null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
  /** What the customer shows at pickup, up to 200 characters; an empty text stays apart from null. */
  readonly redemptionCode?: InputMaybe<Scalars['String']['input']>
  /** The area of the site where the customer waits, up to 200 characters; an empty text stays apart from null. */
  readonly areaName?: InputMaybe<Scalars['String']['input']>
  /** When it may be picked up. */
  readonly pickupWindow?: InputMaybe<PickupWindowInput>
  /** When the customer is expected. */
  readonly etaAt?: InputMaybe<Scalars['DateTime']['input']>
  /** Who receives it, as a new customer. */
  readonly customer?: InputMaybe<OrderCustomerInput>
  /** Who receives it, of the customers that are there; not together with `customer`: CONFLICT. */
  readonly customerId?: InputMaybe<Scalars['ID']['input']>
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The order, or why there is none. */
export type OrderCreatePayload = {
  /** The new order; null when it was refused. */
  readonly order?: Maybe<Order>
  /** The event that was made; null when it was refused. */
  readonly event?: Maybe<Event>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What to change of an order. A field that is left out stays; null clears it. */
export type OrderUpdateInput = {
  /** Which order. */
  readonly orderId: Scalars['ID']['input']
  /** What the partner calls the order, up to 200 characters; an empty text stays apart from null. */
  readonly partnerIdentifier?: InputMaybe<Scalars['String']['input']>
  /** What the customer shows at pickup, up to 200 characters; an empty text stays apart from null. */
  readonly redemptionCode?: InputMaybe<Scalars['String']['input']>
  /** The area of the site where the customer waits, up to 200 characters; an empty text stays apart from null. */
  readonly areaName?: InputMaybe<Scalars['String']['input']>
  /** When it may be picked up. */
  readonly pickupWindow?: InputMaybe<PickupWindowInput>
  /** When the customer is expected. */
  readonly etaAt?: InputMaybe<Scalars['DateTime']['input']>
  /** Refuses the change with VERSION_CONFLICT unless the order has this version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The order as changed, or why it was not. */
export type OrderUpdatePayload = {
  /** The order; null when the change was refused. */
  readonly order?: Maybe<Order>
  /** The event that was made; null when the change was refused, or when nothing changed. */
  readonly event?: Maybe<Event>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Where to move an order. */
export type OrderStateChangeInput = {
  /** Which order. */
  readonly orderId: Scalars['ID']['input']
  /** The state to reach. */
  readonly state: OrderState
  /** Refuses the change with VERSION_CONFLICT unless the order has this version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The order as moved, or why it was not. */
export type OrderStateChangePayload = {
  /** The order; null when the move was refused. */
  readonly order?: Maybe<Order>
  /** The event that was made; null when the move was refused. */
  readonly event?: Maybe<Event>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Where to move an order's customer. */
export type CustomerStateChangeInput = {
  /** Which order. */
  readonly orderId: Scalars['ID']['input']
  /** The state to reach. ARRIVED and WAITING set `arrivedAt` where it is not set yet. */
  readonly customerState: CustomerState
  /** Refuses the change with VERSION_CONFLICT unless the order has this version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The order as changed, or why it was not. */
export type CustomerStateChangePayload = {
  /** The order; null when the move was refused. */
  readonly order?: Maybe<Order>
  /** The event that was made; null when the move was refused. */
  readonly event?: Maybe<Event>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Which order to delete. */
export type OrderDeleteInput = {
  /** Which order. */
  readonly orderId: Scalars['ID']['input']
  /** Refuses the deletion with VERSION_CONFLICT unless the order has this version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The order that is no more, or why it still is. */
export type OrderDeletePayload = {
  /** The id of the deleted order; null when it was refused. */
  readonly deletedId?: Maybe<Scalars['ID']['output']>
  /** The order as it was deleted; null when it was refused. */
  readonly order?: Maybe<Order>
  /** The event that was made; null when it was refused, or when the order had been deleted before. */
  readonly event?: Maybe<Event>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** A wait between two attempts. */
export type RetryWaitInput = {
  /** The shortest wait in whole milliseconds, 1,000 (1 s) to 604,800,000 (7 days). */
  readonly minMs: Scalars['Float']['input']
  /** The longest wait in whole milliseconds, `minMs` to 604,800,000 (7 days). */
  readonly maxMs: Scalars['Float']['input']
}

/** When a failed attempt is followed by another. */
export type RetryScheduleInput = {
  /** The wait after the first failure, after the second, and so on; 0 to 20 waits. */
  readonly waits: ReadonlyArray<RetryWaitInput>
  /** How long after the event attempts may still start, in milliseconds, 1,000 to 604,800,000 (7 days); the last wait repeats until it is over. */
  readonly windowMs?: InputMaybe<Scalars['Float']['input']>
}

/**
 * A rule that stops a webhook, with the members that belong to it and no others: CONSECUTIVE_FAILURES `count`;
 * FAILURE_SHARE `share`, `windowMs`, `minVolume` and, optionally, `minPeriodMs`; FAILING_DAYS `days`; FAILING_FOR `windowMs`; GONE and NEVER none.
 * A member that is missing is answered REQUIRED, one that belongs to another rule INVALID.
 */
export type DisableRuleInput = {
  /** What is watched. Each stands once; NEVER stands alone. */
  readonly rule: DisableRuleName
  /** How many failures in a row are borne, 1 to 1,000; one more stops the webhook. */
  readonly count?: InputMaybe<Scalars['Int']['input']>
  /** The share of failed attempts that is borne, 0 to below 1; a greater one stops the webhook. */
  readonly share?: InputMaybe<Scalars['Float']['input']>
  /**
   * In milliseconds: for FAILURE_SHARE the trailing window, 600,000 (10 min) to 1,814,400,000 (21 days), which begins up
   * to ten minutes earlier; for FAILING_FOR the time without a success, 1,000 (1 s) to 1,814,400,000 (21 days).
   */
  readonly windowMs?: InputMaybe<Scalars['Float']['input']>
  /**
   * So many UTC days in a row with failures and no success stop the webhook, 1 to 30; today counts as soon as it has a
   * failure and no success. Days without attempts neither count nor break the row, which is remembered for 35 days.
   */
  readonly days?: InputMaybe<Scalars['Int']['input']>
  /** From so many attempts in the window on, 1 to 10,000. */
  readonly minVolume?: InputMaybe<Scalars['Int']['input']>
  /**
   * The share is judged once the attempts span so many milliseconds, 0 to `windowMs`; `windowMs` when left out, so that a short
   * outage stops no webhook. 0 judges from `minVolume` attempts on. The period begins with the first attempt in the window, or
   * before it where attempts went on: without a pause longer than a sixth of the window, or where all failed, than the window.
   * It begins again when the webhook is enabled.
   */
  readonly minPeriodMs?: InputMaybe<Scalars['Float']['input']>
}

/** Overrides of the preset's policy. A rule that is left out or null is the preset's. */
export type PolicyInput = {
  /** Which answers count as success. */
  readonly success?: InputMaybe<SuccessRule>
  /** Total time for one attempt in milliseconds, 1,000 (1 s) to 30,000 (30 s). */
  readonly timeoutMs?: InputMaybe<Scalars['Float']['input']>
  /** True refuses plain http; false allows it where this installation does (SEND_ALLOW_HTTP). */
  readonly httpsOnly?: InputMaybe<Scalars['Boolean']['input']>
  /** Whether the dialect's test request must succeed before the webhook is saved, when it is created and when it is changed. */
  readonly saveCheck?: InputMaybe<Scalars['Boolean']['input']>
  /** When a failed attempt is followed by another; replaces the whole schedule. */
  readonly retry?: InputMaybe<RetryScheduleInput>
  /** Whether a `Retry-After` header of a 429 or 503 response makes the wait for the next attempt longer. False ignores the header. */
  readonly honourRetryAfter?: InputMaybe<Scalars['Boolean']['input']>
  /** What stops the webhook, up to 6 rules, each once; replaces all of the preset's. An empty list says the same as NEVER. */
  readonly disable?: InputMaybe<ReadonlyArray<DisableRuleInput>>
}

/** What an event is made from. */
export type EventPublishInput = {
  /** What happened: a name of `topics`, those of `order.*` excepted. */
  readonly topic: Scalars['String']['input']
  /**
   * What receivers are told: a JSON object that matches the topic's schema, as compact JSON at most 262,144 bytes of UTF-8
   * (TOO_LONG), at most 64 objects and lists within each other. Written into bodies byte for byte as it was kept.
   */
  readonly data: Scalars['JSON']['input']
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The event, or why there is none. */
export type EventPublishPayload = {
  /** The new event; null when it was refused. */
  readonly event?: Maybe<Event>
  /** Why it was refused; empty when it was not. Of data that does not match, the first ten places. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What a topic is made from. */
export type TopicCreateInput = {
  /**
   * `resource.event`, each part 1 to 64 characters of a to z, 0 to 9 and _, beginning with a letter. Not of `order.*`,
   * which is what happens to orders; other built-in resources may be added to. CONFLICT when there is one of this name.
   */
  readonly name: Scalars['String']['input']
  /** When its events are made, for people, 1 to 500 characters. */
  readonly description: Scalars['String']['input']
  /**
   * The JSON Schema that the data of its events must match, draft 2020-12, or draft 07 where its `$schema` says so;
   * `{"type": "object"}` when left out. At most 65,536 bytes as compact JSON, 300 objects in all, 64 within each other.
   * `$ref` leads to the schema itself and nowhere else. `pattern` is RE2's: no back references, no looking around.
   * `format` is a note for people, and not checked. What takes more than 250 ms to check is refused.
   */
  readonly schema?: InputMaybe<Scalars['JSON']['input']>
  /** Data of such an event: a JSON object that matches the schema, at most 16,384 bytes as compact JSON. */
  readonly example: Scalars['JSON']['input']
  /** Makes repeating safe: the same key and input answer the same, without doing it again. 1 to 255 characters; kept for `RETENTION_DAYS`, 30 by default. */
  readonly idempotencyKey?: InputMaybe<Scalars['String']['input']>
}

/** The topic, or why there is none. */
export type TopicCreatePayload = {
  /** The new topic; null when it was refused. */
  readonly topic?: Maybe<Topic>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What must hold of an order for its events to be delivered. A list that is left out, null or empty asks for nothing. */
export type WebhookFiltersInput = {
  /** Sites of which the order must be one's; up to 100, each named once. */
  readonly siteIds?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>
  /** States of which the order must be in one, after the change; each named once. */
  readonly orderStates?: InputMaybe<ReadonlyArray<OrderState>>
  /** States of which the order's customer must be in one, after the change; each named once. */
  readonly customerStates?: InputMaybe<ReadonlyArray<CustomerState>>
}

/**
 * A header that requests carry besides the dialect's. Refused are host, content-length, content-type, transfer-encoding,
 * connection, te, upgrade, expect, trailer, keep-alive, accept-encoding, content-encoding, user-agent, proxy-*, webhook-*,
 * x-fe-webhook-*, and what the dialect itself sends.
 */
export type HeaderInput = {
  /** 1 to 256 letters, digits and !#$%&'*+-.^_`|~; each once, whatever its case. */
  readonly name: Scalars['String']['input']
  /**
   * Visible latin-1, spaces and tabs within it included, 0 to 8,192 bytes; names and values of all headers together up
   * to 16,384 bytes. Where the name has auth, cookie, token, secret, key, pass, pwd, credential, session, bearer, jwt,
   * hmac or signature in it, the value is shown as `[masked]`, and `[masked]` keeps the value that is set.
   */
  readonly value: Scalars['String']['input']
}

/** What a webhook is made from. */
export type WebhookCreateInput = {
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
  /**
   * Where requests are sent: https, up to 2,048 characters, without user or password. Plain http only where this
   * installation allows it (SEND_ALLOW_HTTP) and the policy does not ask for https.
   */
  readonly url: Scalars['String']['input']
  /**
   * What it is rung for: 1 to 100 names of `topics`, or `resource.*` for all of a resource; each must be met by a topic that
   * the dialect carries. FLYBUY requests cannot show a deletion: `order.deleted` is sent only where it is named, as in
   * `["order.*", "order.deleted"]`.
   */
  readonly topics: ReadonlyArray<Scalars['String']['input']>
  /** What must hold of an order for its events to be delivered; nothing when left out. */
  readonly filters?: InputMaybe<WebhookFiltersInput>
  /** Which sender's document it follows; STANDARD when left out. A project has one FLYBUY webhook, and 1,000 in all. */
  readonly preset?: InputMaybe<Preset>
  /** What its requests look like, for good; the preset's when left out. */
  readonly dialect?: InputMaybe<Dialect>
  /** Overrides of the preset's policy. */
  readonly policy?: InputMaybe<PolicyInput>
  /** What its requests carry besides the dialect's headers, up to 20. */
  readonly headers?: InputMaybe<ReadonlyArray<HeaderInput>>
  /** The secret that signs its requests, 24 to 64 bytes in the dialect's form; made when left out. Refused where the dialect does not sign. */
  readonly secret?: InputMaybe<Scalars['String']['input']>
  /**
   * The token that its requests carry, 1 to 255 printable ASCII characters without quotes. Left out, FOODY
   * gets one made and FLYBUY carries none. Refused where the dialect carries none.
   */
  readonly token?: InputMaybe<Scalars['String']['input']>
  /** Requests under way at once, 1 to 50; as many as Orderbell sends to any webhook when left out. */
  readonly maxConcurrency?: InputMaybe<Scalars['Int']['input']>
  /** Requests begun in a second, 1 to 1,000; no limit of its own when left out. */
  readonly ratePerSecond?: InputMaybe<Scalars['Int']['input']>
  /** Whose webhook it is; the platform's own when left out. A PARTNER's is its own in any case, and names no other. */
  readonly partnerId?: InputMaybe<Scalars['ID']['input']>
  /** False registers it stopped, until `webhookEnable`; true when left out. */
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>
}

/** The webhook and its secrets, or why there is none. */
export type WebhookCreatePayload = {
  /** The new webhook; null when it was refused. */
  readonly webhook?: Maybe<Webhook>
  /** The secret that signs its requests, made or given; shown here once. Null where the dialect does not sign. */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** The token that its requests carry, made or given; shown here once. Null where there is none. */
  readonly token?: Maybe<Scalars['String']['output']>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What to change of a webhook. A field that is left out stays. */
export type WebhookUpdateInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input']
  /** For people, 1 to 200 characters; null: it stays. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** Where requests are sent; as in `webhookCreate`. Null: it stays. */
  readonly url?: InputMaybe<Scalars['String']['input']>
  /** What it is rung for: 1 to 100 names of `topics`, or `resource.*`; as in `webhookCreate`. Null: they stay. */
  readonly topics?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>
  /** What must hold of an order for its events to be delivered; replaces all earlier conditions. Null: nothing any more. */
  readonly filters?: InputMaybe<WebhookFiltersInput>
  /** Overrides of the preset's policy; replaces all earlier ones. Null: the preset's. */
  readonly policy?: InputMaybe<PolicyInput>
  /** What its requests carry besides the dialect's headers, up to 20; replaces all earlier ones. Null: none. */
  readonly headers?: InputMaybe<ReadonlyArray<HeaderInput>>
  /** The secret that signs its requests from now on, without an overlap; as in `webhookCreate`. It cannot be cleared. */
  readonly secret?: InputMaybe<Scalars['String']['input']>
  /** The token that its requests carry from now on; as in `webhookCreate`. Null: none any more, where the dialect can be without. */
  readonly token?: InputMaybe<Scalars['String']['input']>
  /** Requests under way at once, 1 to 50; null: as many as Orderbell sends to any webhook. */
  readonly maxConcurrency?: InputMaybe<Scalars['Int']['input']>
  /** Requests begun in a second, 1 to 1,000; null: no limit of its own. */
  readonly ratePerSecond?: InputMaybe<Scalars['Int']['input']>
  /** Whose webhook it is, with all that was owed to it. Null: the platform's own, which a PARTNER cannot make it. */
  readonly partnerId?: InputMaybe<Scalars['ID']['input']>
  /** False stops it as `webhookDisable` does, true starts it as `webhookEnable` does, without a replay; null: it stays as it is. */
  readonly enabled?: InputMaybe<Scalars['Boolean']['input']>
  /** Refuses the change with VERSION_CONFLICT unless the webhook has this version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
}

/** The webhook as changed, or why it was not. */
export type WebhookUpdatePayload = {
  /** The webhook; null when the change was refused. */
  readonly webhook?: Maybe<Webhook>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Which webhook to stop. */
export type WebhookDisableInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input']
}

/** The webhook as stopped, or why it was not. */
export type WebhookDisablePayload = {
  /** The webhook; null when it was refused. One that is stopped already is answered as it is. */
  readonly webhook?: Maybe<Webhook>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What becomes of what a webhook missed while it was stopped. */
export type SkippedDeliveries =
  /**
   * It is delivered, in the order of its events and before newer ones: what is `SKIPPED: WEBHOOK_DISABLED` since the
   * webhook was last stopped is PENDING again, the first 20,000 at once and the rest within moments. Its retry window
   * counts from now. What was left earlier stays left.
   */
  | 'REPLAY'
  /** It stays SKIPPED. */
  | 'KEEP'

/** Which webhook to start again. */
export type WebhookEnableInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input']
  /** What becomes of what was skipped since it was last stopped; KEEP when left out. */
  readonly skipped?: InputMaybe<SkippedDeliveries>
}

/** The webhook as started, or why it was not. */
export type WebhookEnablePayload = {
  /** The webhook; null when it was refused. One that is enabled already is answered as it is. */
  readonly webhook?: Maybe<Webhook>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Which webhook to delete. */
export type WebhookDeleteInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input']
}

/** The id that is no more, or why it still is. */
export type WebhookDeletePayload = {
  /** The id of the deleted webhook; null when it was refused. */
  readonly deletedId?: Maybe<Scalars['ID']['output']>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Which webhook gets a new secret or token. */
export type WebhookSecretRotateInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input']
  /** The new secret, 24 to 64 bytes in the dialect's form; made when left out. Refused where the dialect does not sign. */
  readonly secret?: InputMaybe<Scalars['String']['input']>
  /**
   * The new token, 1 to 255 printable ASCII characters without quotes; made when left out, also for a
   * webhook that had none. Refused where the dialect carries none.
   */
  readonly token?: InputMaybe<Scalars['String']['input']>
  /**
   * How long the old secret signs too, in milliseconds, 0 to 604,800,000 (7 days); 86,400,000 (24 hours) when left out.
   * At most two sign: rotating again within an overlap ends the older one. Without effect where only one signs.
   */
  readonly overlapMs?: InputMaybe<Scalars['Float']['input']>
  /** Refuses the change with VERSION_CONFLICT unless the webhook has this version. */
  readonly expectedVersion?: InputMaybe<Scalars['Int']['input']>
}

/** The webhook and its new secret or token, or why there is none. */
export type WebhookSecretRotatePayload = {
  /** The webhook; null when it was refused. */
  readonly webhook?: Maybe<Webhook>
  /** The new secret, made or given; shown here once. Null where the dialect does not sign. */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** The new token, made or given; shown here once. Null where the dialect carries none. */
  readonly token?: Maybe<Scalars['String']['output']>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Which webhook to test. */
export type WebhookTestInput = {
  /** Which webhook. */
  readonly id: Scalars['ID']['input']
}

/** What came of the test, or why there was none. */
export type WebhookTestPayload = {
  /** The attempt, trigger TEST; null when it was refused. */
  readonly attempt?: Maybe<DeliveryAttempt>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `deliveryRetry`. */
export type DeliveryRetryInput = {
  /** Which delivery, in any state. */
  readonly id: Scalars['ID']['input']
}

/** What `deliveryRetry` answers. */
export type DeliveryRetryPayload = {
  /** The delivery, PENDING for its attempt; null when it was refused. */
  readonly delivery?: Maybe<Delivery>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Input of `deliveryCancel`. */
export type DeliveryCancelInput = {
  /** Which delivery, PENDING or CANCELLED. */
  readonly id: Scalars['ID']['input']
}

/** What `deliveryCancel` answers. */
export type DeliveryCancelPayload = {
  /** The delivery, CANCELLED or as it had ended before somebody asked for a retry; null when it was refused. */
  readonly delivery?: Maybe<Delivery>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What a project is made from. */
export type ProjectCreateInput = {
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
}

/** The project, or why there is none. */
export type ProjectCreatePayload = {
  /** The new project; null when it was refused. */
  readonly project?: Maybe<Project>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What to change of the project that the key acts in. */
export type ProjectUpdateInput = {
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
}

/** The project, or why it stays as it was. */
export type ProjectUpdatePayload = {
  /** As it is now; null when the change was refused. */
  readonly project?: Maybe<Project>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What a partner is made from. */
export type PartnerCreateInput = {
  /** For people, 1 to 200 characters. */
  readonly name: Scalars['String']['input']
}

/** The partner, or why there is none. */
export type PartnerCreatePayload = {
  /** The new partner; null when it was refused. */
  readonly partner?: Maybe<Partner>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** What a key is made from. */
export type KeyCreateInput = {
  /** What the key may do. */
  readonly role: KeyRole
  /** Whose key it is: needed for PARTNER, refused for the other roles. */
  readonly partnerId?: InputMaybe<Scalars['ID']['input']>
  /** For people, 1 to 200 characters; null: none. */
  readonly name?: InputMaybe<Scalars['String']['input']>
  /** From when on it opens nothing, in the future; null: it does not expire. */
  readonly expiresAt?: InputMaybe<Scalars['DateTime']['input']>
}

/** The key, or why there is none. */
export type KeyCreatePayload = {
  /** What is known of the new key; null when it was refused. */
  readonly key?: Maybe<Key>
  /** What a request sends: the key itself, shown here once; null when it was refused. */
  readonly secret?: Maybe<Scalars['String']['output']>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Which key to end. */
export type KeyRevokeInput = {
  /** A key's id, `key_...`; an OPERATOR may name a key of no project too. */
  readonly id: Scalars['ID']['input']
}

/** The key, or why it stays as it was. */
export type KeyRevokePayload = {
  /** As it is now; null when there is none. */
  readonly key?: Maybe<Key>
  /** Why it was refused; empty when it was not. */
  readonly userErrors: ReadonlyArray<UserError>
}

/** Whose personal data to remove. */
export type CustomerEraseInput = {
  /** A customer's id, `cus_...`. */
  readonly id: Scalars['ID']['input']
}

/** The customer, or why nothing was removed. */
export type CustomerErasePayload = {
  /** Without personal data; null when there is none. */
  readonly customer?: Maybe<Customer>
  /** Why it was refused; empty when it was not. */
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
  WebhookChangeEvent: ResolverTypeWrapper<WebhookChangeEventModel>
  WebhookChange: ResolverTypeWrapper<WebhookChangeModel>
  WebhookChangeKind: WebhookChangeKind
  Viewer: ResolverTypeWrapper<ViewerModel>
  Key: ResolverTypeWrapper<KeyModel>
  KeyRole: KeyRole
  Partner: ResolverTypeWrapper<PartnerModel>
  AuditEntry: ResolverTypeWrapper<AuditEntryModel>
  Project: ResolverTypeWrapper<ProjectModel>
  Site: ResolverTypeWrapper<SiteModel>
  Customer: ResolverTypeWrapper<CustomerModel>
  OrderState: OrderState
  CustomerState: CustomerState
  PickupWindow: ResolverTypeWrapper<PickupWindow>
  Order: ResolverTypeWrapper<OrderModel>
  Event: ResolverTypeWrapper<EventModel>
  Topic: ResolverTypeWrapper<TopicModel>
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>
  Preset: Preset
  Dialect: Dialect
  PresetInfo: ResolverTypeWrapper<Omit<PresetInfo, 'policy'> & { policy: ResolversTypes['Policy'] }>
  PresetRule: ResolverTypeWrapper<PresetRule>
  PresetRuleName: PresetRuleName
  RuleOrigin: RuleOrigin
  Webhook: ResolverTypeWrapper<WebhookModel>
  StatsWindow: StatsWindow
  WebhookStats: ResolverTypeWrapper<AttemptCountsModel>
  Float: ResolverTypeWrapper<Scalars['Float']['output']>
  WebhookFilters: ResolverTypeWrapper<OrderConditionsModel>
  WebhookDisabled: ResolverTypeWrapper<WebhookDisabled>
  WebhookDisabledReason: WebhookDisabledReason
  Policy: ResolverTypeWrapper<
    Omit<Policy, 'disable'> & { disable: ReadonlyArray<ResolversTypes['DisableRule']> }
  >
  SuccessRule: SuccessRule
  RetrySchedule: ResolverTypeWrapper<RetrySchedule>
  RetryWait: ResolverTypeWrapper<RetryWait>
  DisableRule: ResolverTypeWrapper<DisableRuleModel>
  DisableRuleName: DisableRuleName
  DeliveryState: DeliveryState
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
  OrderConnection: ResolverTypeWrapper<
    Omit<OrderConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['OrderEdge']>
      nodes: ReadonlyArray<ResolversTypes['Order']>
    }
  >
  OrderEdge: ResolverTypeWrapper<Omit<OrderEdge, 'node'> & { node: ResolversTypes['Order'] }>
  EventConnection: ResolverTypeWrapper<
    Omit<EventConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['EventEdge']>
      nodes: ReadonlyArray<ResolversTypes['Event']>
    }
  >
  EventEdge: ResolverTypeWrapper<Omit<EventEdge, 'node'> & { node: ResolversTypes['Event'] }>
  WebhookConnection: ResolverTypeWrapper<
    Omit<WebhookConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['WebhookEdge']>
      nodes: ReadonlyArray<ResolversTypes['Webhook']>
    }
  >
  WebhookEdge: ResolverTypeWrapper<Omit<WebhookEdge, 'node'> & { node: ResolversTypes['Webhook'] }>
  DeliveryConnection: ResolverTypeWrapper<
    Omit<DeliveryConnection, 'edges' | 'nodes'> & {
      edges: ReadonlyArray<ResolversTypes['DeliveryEdge']>
      nodes: ReadonlyArray<ResolversTypes['Delivery']>
    }
  >
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
  CustomerCreatePayload: ResolverTypeWrapper<
    Omit<CustomerCreatePayload, 'customer'> & { customer?: Maybe<ResolversTypes['Customer']> }
  >
  CustomerUpdateInput: CustomerUpdateInput
  CustomerUpdatePayload: ResolverTypeWrapper<
    Omit<CustomerUpdatePayload, 'customer'> & { customer?: Maybe<ResolversTypes['Customer']> }
  >
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
  PartnerCreatePayload: ResolverTypeWrapper<
    Omit<PartnerCreatePayload, 'partner'> & { partner?: Maybe<ResolversTypes['Partner']> }
  >
  KeyCreateInput: KeyCreateInput
  KeyCreatePayload: ResolverTypeWrapper<
    Omit<KeyCreatePayload, 'key'> & { key?: Maybe<ResolversTypes['Key']> }
  >
  KeyRevokeInput: KeyRevokeInput
  KeyRevokePayload: ResolverTypeWrapper<
    Omit<KeyRevokePayload, 'key'> & { key?: Maybe<ResolversTypes['Key']> }
  >
  CustomerEraseInput: CustomerEraseInput
  CustomerErasePayload: ResolverTypeWrapper<
    Omit<CustomerErasePayload, 'customer'> & { customer?: Maybe<ResolversTypes['Customer']> }
  >
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
  WebhookChangeEvent: WebhookChangeEventModel
  WebhookChange: WebhookChangeModel
  Viewer: ViewerModel
  Key: KeyModel
  Partner: PartnerModel
  AuditEntry: AuditEntryModel
  Project: ProjectModel
  Site: SiteModel
  Customer: CustomerModel
  PickupWindow: PickupWindow
  Order: OrderModel
  Event: EventModel
  Topic: TopicModel
  Boolean: Scalars['Boolean']['output']
  PresetInfo: Omit<PresetInfo, 'policy'> & { policy: ResolversParentTypes['Policy'] }
  PresetRule: PresetRule
  Webhook: WebhookModel
  WebhookStats: AttemptCountsModel
  Float: Scalars['Float']['output']
  WebhookFilters: OrderConditionsModel
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
  OrderConnection: Omit<OrderConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['OrderEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Order']>
  }
  OrderEdge: Omit<OrderEdge, 'node'> & { node: ResolversParentTypes['Order'] }
  EventConnection: Omit<EventConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['EventEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Event']>
  }
  EventEdge: Omit<EventEdge, 'node'> & { node: ResolversParentTypes['Event'] }
  WebhookConnection: Omit<WebhookConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['WebhookEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Webhook']>
  }
  WebhookEdge: Omit<WebhookEdge, 'node'> & { node: ResolversParentTypes['Webhook'] }
  DeliveryConnection: Omit<DeliveryConnection, 'edges' | 'nodes'> & {
    edges: ReadonlyArray<ResolversParentTypes['DeliveryEdge']>
    nodes: ReadonlyArray<ResolversParentTypes['Delivery']>
  }
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
  CustomerCreatePayload: Omit<CustomerCreatePayload, 'customer'> & {
    customer?: Maybe<ResolversParentTypes['Customer']>
  }
  CustomerUpdateInput: CustomerUpdateInput
  CustomerUpdatePayload: Omit<CustomerUpdatePayload, 'customer'> & {
    customer?: Maybe<ResolversParentTypes['Customer']>
  }
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
  PartnerCreatePayload: Omit<PartnerCreatePayload, 'partner'> & {
    partner?: Maybe<ResolversParentTypes['Partner']>
  }
  KeyCreateInput: KeyCreateInput
  KeyCreatePayload: Omit<KeyCreatePayload, 'key'> & { key?: Maybe<ResolversParentTypes['Key']> }
  KeyRevokeInput: KeyRevokeInput
  KeyRevokePayload: Omit<KeyRevokePayload, 'key'> & { key?: Maybe<ResolversParentTypes['Key']> }
  CustomerEraseInput: CustomerEraseInput
  CustomerErasePayload: Omit<CustomerErasePayload, 'customer'> & {
    customer?: Maybe<ResolversParentTypes['Customer']>
  }
}

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime'
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['JSON'], any> {
  name: 'JSON'
}

export type NodeResolvers<
  ContextType = Context,
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
    | 'DeliveryAttempt',
    ParentType,
    ContextType
  >
}

export type QueryResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query'],
> = {
  viewer?: Resolver<ResolversTypes['Viewer'], ParentType, ContextType>
  project?: Resolver<ResolversTypes['Project'], ParentType, ContextType>
  projects?: Resolver<
    ResolversTypes['ProjectConnection'],
    ParentType,
    ContextType,
    Partial<QueryProjectsArgs>
  >
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
  keys?: Resolver<ResolversTypes['KeyConnection'], ParentType, ContextType, Partial<QueryKeysArgs>>
  auditLog?: Resolver<
    ResolversTypes['AuditEntryConnection'],
    ParentType,
    ContextType,
    Partial<QueryAuditLogArgs>
  >
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
    ContextType,
    Partial<QueryDeliveryAttemptsCursorArgs>
  >
  webhookChangesCursor?: Resolver<
    ResolversTypes['String'],
    ParentType,
    ContextType,
    Partial<QueryWebhookChangesCursorArgs>
  >
  presets?: Resolver<ReadonlyArray<ResolversTypes['PresetInfo']>, ParentType, ContextType>
}

export type MutationResolvers<
  ContextType = Context,
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
  deliveryCancel?: Resolver<
    Maybe<ResolversTypes['DeliveryCancelPayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationDeliveryCancelArgs, 'input'>
  >
  projectCreate?: Resolver<
    Maybe<ResolversTypes['ProjectCreatePayload']>,
    ParentType,
    ContextType,
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
  keyCreate?: Resolver<
    Maybe<ResolversTypes['KeyCreatePayload']>,
    ParentType,
    ContextType,
    RequireFields<MutationKeyCreateArgs, 'input'>
  >
  keyRevoke?: Resolver<
    Maybe<ResolversTypes['KeyRevokePayload']>,
    ParentType,
    ContextType,
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
  ContextType = Context,
  ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription'],
> = {
  deliveryAttempts?: SubscriptionResolver<
    ResolversTypes['DeliveryAttemptEvent'],
    'deliveryAttempts',
    ParentType,
    ContextType,
    Partial<SubscriptionDeliveryAttemptsArgs>
  >
  webhookChanges?: SubscriptionResolver<
    ResolversTypes['WebhookChangeEvent'],
    'webhookChanges',
    ParentType,
    ContextType,
    Partial<SubscriptionWebhookChangesArgs>
  >
}

export type DeliveryAttemptEventResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryAttemptEvent'] =
    ResolversParentTypes['DeliveryAttemptEvent'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  attempt?: Resolver<ResolversTypes['DeliveryAttempt'], ParentType, ContextType>
  delivery?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>
}

export type WebhookChangeEventResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookChangeEvent'] = ResolversParentTypes['WebhookChangeEvent'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  change?: Resolver<ResolversTypes['WebhookChange'], ParentType, ContextType>
  webhook?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType>
}

export type WebhookChangeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookChange'] = ResolversParentTypes['WebhookChange'],
> = {
  kind?: Resolver<ResolversTypes['WebhookChangeKind'], ParentType, ContextType>
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  reason?: Resolver<Maybe<ResolversTypes['WebhookDisabledReason']>, ParentType, ContextType>
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type ViewerResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer'],
> = {
  key?: Resolver<ResolversTypes['Key'], ParentType, ContextType>
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, ContextType>
  project?: Resolver<Maybe<ResolversTypes['Project']>, ParentType, ContextType>
}

export type KeyResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Key'] = ResolversParentTypes['Key'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  role?: Resolver<ResolversTypes['KeyRole'], ParentType, ContextType>
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, ContextType>
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  expiresAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  revokedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  lastUsedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type PartnerResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Partner'] = ResolversParentTypes['Partner'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type AuditEntryResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['AuditEntry'] = ResolversParentTypes['AuditEntry'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  key?: Resolver<Maybe<ResolversTypes['Key']>, ParentType, ContextType>
  operation?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  objectId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  before?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>
  after?: Resolver<Maybe<ResolversTypes['JSON']>, ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type ProjectResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Project'] = ResolversParentTypes['Project'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type SiteResolvers<
  ContextType = Context,
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
  ContextType = Context,
  ParentType extends ResolversParentTypes['Customer'] = ResolversParentTypes['Customer'],
> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>
  number?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  carType?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  carColor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  licensePlate?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  createdAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>
}

export type PickupWindowResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['PickupWindow'] = ResolversParentTypes['PickupWindow'],
> = {
  startsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
  endsAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
}

export type OrderResolvers<
  ContextType = Context,
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
  ContextType = Context,
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
  ContextType = Context,
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
  ContextType = Context,
  ParentType extends ResolversParentTypes['PresetInfo'] = ResolversParentTypes['PresetInfo'],
> = {
  name?: Resolver<ResolversTypes['Preset'], ParentType, ContextType>
  dialect?: Resolver<ResolversTypes['Dialect'], ParentType, ContextType>
  policy?: Resolver<ResolversTypes['Policy'], ParentType, ContextType>
  source?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  carries?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  onlyByName?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  rules?: Resolver<ReadonlyArray<ResolversTypes['PresetRule']>, ParentType, ContextType>
}

export type PresetRuleResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['PresetRule'] = ResolversParentTypes['PresetRule'],
> = {
  name?: Resolver<ResolversTypes['PresetRuleName'], ParentType, ContextType>
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  origin?: Resolver<ResolversTypes['RuleOrigin'], ParentType, ContextType>
  quote?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
}

export type WebhookResolvers<
  ContextType = Context,
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
  enabled?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  disabled?: Resolver<Maybe<ResolversTypes['WebhookDisabled']>, ParentType, ContextType>
  consecutiveFailures?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  pendingCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  nextDueAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>
  stats?: Resolver<
    ResolversTypes['WebhookStats'],
    ParentType,
    ContextType,
    RequireFields<WebhookStatsArgs, 'window'>
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

export type WebhookStatsResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookStats'] = ResolversParentTypes['WebhookStats'],
> = {
  attempts?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  succeeded?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  failed?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  successShare?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>
}

export type WebhookFiltersResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookFilters'] = ResolversParentTypes['WebhookFilters'],
> = {
  siteIds?: Resolver<ReadonlyArray<ResolversTypes['ID']>, ParentType, ContextType>
  orderStates?: Resolver<ReadonlyArray<ResolversTypes['OrderState']>, ParentType, ContextType>
  customerStates?: Resolver<ReadonlyArray<ResolversTypes['CustomerState']>, ParentType, ContextType>
}

export type WebhookDisabledResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookDisabled'] = ResolversParentTypes['WebhookDisabled'],
> = {
  reason?: Resolver<ResolversTypes['WebhookDisabledReason'], ParentType, ContextType>
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>
}

export type PolicyResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Policy'] = ResolversParentTypes['Policy'],
> = {
  success?: Resolver<ResolversTypes['SuccessRule'], ParentType, ContextType>
  timeoutMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  httpsOnly?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  saveCheck?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  retry?: Resolver<ResolversTypes['RetrySchedule'], ParentType, ContextType>
  honourRetryAfter?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  disable?: Resolver<ReadonlyArray<ResolversTypes['DisableRule']>, ParentType, ContextType>
}

export type RetryScheduleResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['RetrySchedule'] = ResolversParentTypes['RetrySchedule'],
> = {
  waits?: Resolver<ReadonlyArray<ResolversTypes['RetryWait']>, ParentType, ContextType>
  windowMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
}

export type RetryWaitResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['RetryWait'] = ResolversParentTypes['RetryWait'],
> = {
  minMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
  maxMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
}

export type DisableRuleResolvers<
  ContextType = Context,
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
  ContextType = Context,
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
  ContextType = Context,
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
  ContextType = Context,
  ParentType extends ResolversParentTypes['AttemptPhases'] = ResolversParentTypes['AttemptPhases'],
> = {
  dnsMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  connectMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  tlsMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  firstByteMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>
  totalMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>
}

export type HeaderResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['Header'] = ResolversParentTypes['Header'],
> = {
  name?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  value?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type AttemptRequestResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['AttemptRequest'] = ResolversParentTypes['AttemptRequest'],
> = {
  method?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  url?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  headers?: Resolver<ReadonlyArray<ResolversTypes['Header']>, ParentType, ContextType>
  body?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type DeliveryPreviewResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryPreview'] = ResolversParentTypes['DeliveryPreview'],
> = {
  wouldDeliver?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  reason?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  request?: Resolver<Maybe<ResolversTypes['AttemptRequest']>, ParentType, ContextType>
}

export type AttemptResponseResolvers<
  ContextType = Context,
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
  ContextType = Context,
  ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo'],
> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
}

export type ProjectConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['ProjectConnection'] = ResolversParentTypes['ProjectConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['ProjectEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Project']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type ProjectEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['ProjectEdge'] = ResolversParentTypes['ProjectEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Project'], ParentType, ContextType>
}

export type PartnerConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['PartnerConnection'] = ResolversParentTypes['PartnerConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['PartnerEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Partner']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type PartnerEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['PartnerEdge'] = ResolversParentTypes['PartnerEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Partner'], ParentType, ContextType>
}

export type KeyConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['KeyConnection'] = ResolversParentTypes['KeyConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['KeyEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Key']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type KeyEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['KeyEdge'] = ResolversParentTypes['KeyEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Key'], ParentType, ContextType>
}

export type AuditEntryConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['AuditEntryConnection'] =
    ResolversParentTypes['AuditEntryConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['AuditEntryEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['AuditEntry']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type AuditEntryEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['AuditEntryEdge'] = ResolversParentTypes['AuditEntryEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['AuditEntry'], ParentType, ContextType>
}

export type SiteConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['SiteConnection'] = ResolversParentTypes['SiteConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['SiteEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Site']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type SiteEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['SiteEdge'] = ResolversParentTypes['SiteEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Site'], ParentType, ContextType>
}

export type CustomerConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['CustomerConnection'] = ResolversParentTypes['CustomerConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['CustomerEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Customer']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type CustomerEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['CustomerEdge'] = ResolversParentTypes['CustomerEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Customer'], ParentType, ContextType>
}

export type OrderConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['OrderConnection'] = ResolversParentTypes['OrderConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['OrderEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Order']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type OrderEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['OrderEdge'] = ResolversParentTypes['OrderEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Order'], ParentType, ContextType>
}

export type EventConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['EventConnection'] = ResolversParentTypes['EventConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['EventEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Event']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type EventEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['EventEdge'] = ResolversParentTypes['EventEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Event'], ParentType, ContextType>
}

export type WebhookConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookConnection'] = ResolversParentTypes['WebhookConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['WebhookEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Webhook']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type WebhookEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookEdge'] = ResolversParentTypes['WebhookEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Webhook'], ParentType, ContextType>
}

export type DeliveryConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryConnection'] = ResolversParentTypes['DeliveryConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DeliveryEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['Delivery']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type DeliveryEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryEdge'] = ResolversParentTypes['DeliveryEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['Delivery'], ParentType, ContextType>
}

export type DeliveryAttemptConnectionResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryAttemptConnection'] =
    ResolversParentTypes['DeliveryAttemptConnection'],
> = {
  edges?: Resolver<ReadonlyArray<ResolversTypes['DeliveryAttemptEdge']>, ParentType, ContextType>
  nodes?: Resolver<ReadonlyArray<ResolversTypes['DeliveryAttempt']>, ParentType, ContextType>
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>
}

export type DeliveryAttemptEdgeResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryAttemptEdge'] =
    ResolversParentTypes['DeliveryAttemptEdge'],
> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>
  node?: Resolver<ResolversTypes['DeliveryAttempt'], ParentType, ContextType>
}

export type UserErrorResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError'],
> = {
  code?: Resolver<ResolversTypes['UserErrorCode'], ParentType, ContextType>
  field?: Resolver<ReadonlyArray<ResolversTypes['String']>, ParentType, ContextType>
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>
}

export type SiteCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['SiteCreatePayload'] = ResolversParentTypes['SiteCreatePayload'],
> = {
  site?: Resolver<Maybe<ResolversTypes['Site']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type SiteUpdatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['SiteUpdatePayload'] = ResolversParentTypes['SiteUpdatePayload'],
> = {
  site?: Resolver<Maybe<ResolversTypes['Site']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['CustomerCreatePayload'] =
    ResolversParentTypes['CustomerCreatePayload'],
> = {
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerUpdatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['CustomerUpdatePayload'] =
    ResolversParentTypes['CustomerUpdatePayload'],
> = {
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['OrderCreatePayload'] = ResolversParentTypes['OrderCreatePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderUpdatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['OrderUpdatePayload'] = ResolversParentTypes['OrderUpdatePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderStateChangePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['OrderStateChangePayload'] =
    ResolversParentTypes['OrderStateChangePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerStateChangePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['CustomerStateChangePayload'] =
    ResolversParentTypes['CustomerStateChangePayload'],
> = {
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type OrderDeletePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['OrderDeletePayload'] = ResolversParentTypes['OrderDeletePayload'],
> = {
  deletedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>
  order?: Resolver<Maybe<ResolversTypes['Order']>, ParentType, ContextType>
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type EventPublishPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['EventPublishPayload'] =
    ResolversParentTypes['EventPublishPayload'],
> = {
  event?: Resolver<Maybe<ResolversTypes['Event']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type TopicCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['TopicCreatePayload'] = ResolversParentTypes['TopicCreatePayload'],
> = {
  topic?: Resolver<Maybe<ResolversTypes['Topic']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookCreatePayload'] =
    ResolversParentTypes['WebhookCreatePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  token?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookUpdatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookUpdatePayload'] =
    ResolversParentTypes['WebhookUpdatePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookDisablePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookDisablePayload'] =
    ResolversParentTypes['WebhookDisablePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookEnablePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookEnablePayload'] =
    ResolversParentTypes['WebhookEnablePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookDeletePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookDeletePayload'] =
    ResolversParentTypes['WebhookDeletePayload'],
> = {
  deletedId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookSecretRotatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookSecretRotatePayload'] =
    ResolversParentTypes['WebhookSecretRotatePayload'],
> = {
  webhook?: Resolver<Maybe<ResolversTypes['Webhook']>, ParentType, ContextType>
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  token?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type WebhookTestPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['WebhookTestPayload'] = ResolversParentTypes['WebhookTestPayload'],
> = {
  attempt?: Resolver<Maybe<ResolversTypes['DeliveryAttempt']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type DeliveryRetryPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryRetryPayload'] =
    ResolversParentTypes['DeliveryRetryPayload'],
> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type DeliveryCancelPayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['DeliveryCancelPayload'] =
    ResolversParentTypes['DeliveryCancelPayload'],
> = {
  delivery?: Resolver<Maybe<ResolversTypes['Delivery']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type ProjectCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['ProjectCreatePayload'] =
    ResolversParentTypes['ProjectCreatePayload'],
> = {
  project?: Resolver<Maybe<ResolversTypes['Project']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type ProjectUpdatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['ProjectUpdatePayload'] =
    ResolversParentTypes['ProjectUpdatePayload'],
> = {
  project?: Resolver<Maybe<ResolversTypes['Project']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type PartnerCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['PartnerCreatePayload'] =
    ResolversParentTypes['PartnerCreatePayload'],
> = {
  partner?: Resolver<Maybe<ResolversTypes['Partner']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type KeyCreatePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['KeyCreatePayload'] = ResolversParentTypes['KeyCreatePayload'],
> = {
  key?: Resolver<Maybe<ResolversTypes['Key']>, ParentType, ContextType>
  secret?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type KeyRevokePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['KeyRevokePayload'] = ResolversParentTypes['KeyRevokePayload'],
> = {
  key?: Resolver<Maybe<ResolversTypes['Key']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type CustomerErasePayloadResolvers<
  ContextType = Context,
  ParentType extends ResolversParentTypes['CustomerErasePayload'] =
    ResolversParentTypes['CustomerErasePayload'],
> = {
  customer?: Resolver<Maybe<ResolversTypes['Customer']>, ParentType, ContextType>
  userErrors?: Resolver<ReadonlyArray<ResolversTypes['UserError']>, ParentType, ContextType>
}

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType
  JSON?: GraphQLScalarType
  Node?: NodeResolvers<ContextType>
  Query?: QueryResolvers<ContextType>
  Mutation?: MutationResolvers<ContextType>
  Subscription?: SubscriptionResolvers<ContextType>
  DeliveryAttemptEvent?: DeliveryAttemptEventResolvers<ContextType>
  WebhookChangeEvent?: WebhookChangeEventResolvers<ContextType>
  WebhookChange?: WebhookChangeResolvers<ContextType>
  Viewer?: ViewerResolvers<ContextType>
  Key?: KeyResolvers<ContextType>
  Partner?: PartnerResolvers<ContextType>
  AuditEntry?: AuditEntryResolvers<ContextType>
  Project?: ProjectResolvers<ContextType>
  Site?: SiteResolvers<ContextType>
  Customer?: CustomerResolvers<ContextType>
  PickupWindow?: PickupWindowResolvers<ContextType>
  Order?: OrderResolvers<ContextType>
  Event?: EventResolvers<ContextType>
  Topic?: TopicResolvers<ContextType>
  PresetInfo?: PresetInfoResolvers<ContextType>
  PresetRule?: PresetRuleResolvers<ContextType>
  Webhook?: WebhookResolvers<ContextType>
  WebhookStats?: WebhookStatsResolvers<ContextType>
  WebhookFilters?: WebhookFiltersResolvers<ContextType>
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
  WebhookEnablePayload?: WebhookEnablePayloadResolvers<ContextType>
  WebhookDeletePayload?: WebhookDeletePayloadResolvers<ContextType>
  WebhookSecretRotatePayload?: WebhookSecretRotatePayloadResolvers<ContextType>
  WebhookTestPayload?: WebhookTestPayloadResolvers<ContextType>
  DeliveryRetryPayload?: DeliveryRetryPayloadResolvers<ContextType>
  DeliveryCancelPayload?: DeliveryCancelPayloadResolvers<ContextType>
  ProjectCreatePayload?: ProjectCreatePayloadResolvers<ContextType>
  ProjectUpdatePayload?: ProjectUpdatePayloadResolvers<ContextType>
  PartnerCreatePayload?: PartnerCreatePayloadResolvers<ContextType>
  KeyCreatePayload?: KeyCreatePayloadResolvers<ContextType>
  KeyRevokePayload?: KeyRevokePayloadResolvers<ContextType>
  CustomerErasePayload?: CustomerErasePayloadResolvers<ContextType>
}
