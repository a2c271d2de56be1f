import type { Tx } from '../../connection/connect.ts'

/** The context of the statements of a group. */
export interface GroupContext {
  readonly tx: Tx
  readonly projectId: string
  /**
   * Whether statements wait for locks of other transactions. A group of several changes does not: it leaves out what is
   * locked, so that no change waits for the order of another one.
   */
  readonly waits: boolean
}
