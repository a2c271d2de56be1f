/**
 * A change that stores an event: what it reads, how it is decided, and what it writes. Concurrent changes of a project
 * share transactions (`commit-group.ts`), so the decision is a function without I/O.
 */
import type { AuditedState } from '../../domain/audit/audit-entry.ts'
import type { Event, FilterableOrder } from '../../domain/orders/event.ts'
import type { Customer, Order, Site, NumberedKind } from '../../domain/orders/order.ts'
import type { Result } from '../../domain/shared/problem.ts'
import type { LockedOrder } from '../../db/tenant/grouped/read-group.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'
import type { IdempotentRequest } from '../shared/transact.ts'

/** What a change reads. Ids that are absent, or that are no ids of their kind, are not looked up. */
export interface ChangeReads {
  /** An order to lock until the commit, with its site and its customer. */
  readonly orderId?: string
  readonly siteId?: string
  /** A customer to lock against changes until the commit. */
  readonly customerId?: string
  /** The kinds of new objects that need a number. */
  readonly numbers?: readonly NumberedKind[]
}

/** What was found. Null: not looked up, or not there. */
export interface Found {
  /** Start of the transaction on the database's clock. */
  readonly now: Date
  readonly locked: LockedOrder | null
  readonly site: Site | null
  readonly customer: Customer | null
  /** The next number of a kind that is among the change's reads. */
  readonly nextNumber: (kind: NumberedKind) => number
}

/** The rows of an accepted change. */
export interface ChangeRows {
  readonly event: Event
  /** The order as the event's filters see it. Null: the event is not about an order. */
  readonly order: FilterableOrder | null
  readonly createdOrder?: Order
  readonly updatedOrder?: Order
  /** The updated order, if its partner identifier or redemption code changed. */
  readonly renamedOrder?: Order
  /** The created or updated order, if its ETA is new or changed. */
  readonly movedOrder?: Order
  readonly createdCustomer?: Customer
  /** Null: no key made the change, but the clock. */
  readonly audited: {
    readonly objectId: string
    readonly before: AuditedState | null
    readonly after: AuditedState | null
  } | null
}

/** An accepted change: its answer and its rows. Null rows: there is nothing to write. */
export interface Decided<T> {
  readonly value: T
  readonly rows: ChangeRows | null
}

export interface Change<T> {
  readonly request: IdempotentRequest
  readonly reads: ChangeReads
  /** Size of the event's data in bytes, about. Bounds the size of a transaction. */
  readonly dataBytes: number
  decide(found: Found): Result<Decided<T>>
}

/** A change, and the key of the request that makes it, for the audit log. */
export interface Member {
  readonly change: Change<unknown>
  readonly keyId: string | null
}

/** The answer to a change. */
export interface Committed<T> {
  readonly value: T
  /** An earlier request with the same idempotency key made the change. */
  readonly repeated: boolean
  /** The event that the change stored. Null: it stored none, or an earlier request did. */
  readonly event: Event | null
  /** The number of deliveries that became due. */
  readonly due: number
}

/** Commits a change, maybe together with others. Throws when it is not known whether the change was stored. */
export type CommitChange = <T>(change: Change<T>) => Promise<Result<Committed<T>>>

/** What a mutation that stores an event uses. */
export interface ChangeDeps extends MutationDeps {
  readonly commitChange: CommitChange
}
