/** The interface of a publish/subscribe channel between processes, with implementations for PostgreSQL and Redis. */

/** Every subscriber receives every message, including its own. Messages are not stored for disconnected subscribers. */
export interface Channel {
  /** Publishes the messages. Throws when it is unknown whether they were sent. Does not retry. */
  publish(messages: readonly string[]): Promise<void>
  /** Replaces the stale connection by a new one and subscribes again. */
  reconnect(): void
  close(): Promise<void>
}

/** The callbacks of a subscriber. */
export interface ChannelListener {
  readonly onMessage: (message: string) => void
  /** The channel has subscribed, for the first time or again. Earlier messages may have been lost. */
  readonly onSubscribed: () => void
}
