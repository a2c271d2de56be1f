/**
 * The contexts of the statements of one tenant. Each statement is a function with the context as its first parameter.
 * The stores supply the context, so that no caller can leave out the scope.
 */
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading, Tx } from '../connection/connect.ts'
import type { TenantConditions } from './tenant-conditions.ts'

/** The context of reads. */
export interface ReadContext {
  readonly db: Reading
  readonly scope: Scope
  readonly conditions: TenantConditions
}

/** The context of the statements of one write transaction. */
export interface WriteContext {
  readonly tx: Tx
  readonly scope: Scope
  readonly conditions: TenantConditions
  /** Start of the transaction on the database's clock. */
  readonly now: Date
}
