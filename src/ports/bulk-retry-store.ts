/** The port between the dispatcher and PostgreSQL for bulk retries, of all projects. */
import type { BulkRetryState } from '../domain/deliveries/bulk-retry.ts'

/** The result of one step of a bulk retry. */
export interface BulkRetryStep {
  readonly bulkRetryId: string
  readonly projectId: string
  /** The state after the step. */
  readonly state: BulkRetryState
  /** Whether the step finished it. */
  readonly hasFinished: boolean
  /** The webhooks of the deliveries that the step has made due. */
  readonly webhookIds: readonly string[]
}

export interface BulkRetryStore {
  /**
   * Continues with one bulk retry whose time has come: counts the retries that have ended, and makes the next deliveries
   * due. One transaction; two processes never continue with the same one at once. Null: there is nothing to do now.
   */
  step(): Promise<BulkRetryStep | null>
  /** Milliseconds until the next step; negative: it is late. Null: no bulk retry needs one. */
  nextStepInMs(): Promise<number | null>
}
