/** What carries the bus's messages between processes, as types. `postgres-line` and `redis-line` are such lines. */

/** Whoever listens hears what anybody says, itself included. Nothing is kept for those who do not listen just then. */
export interface Channel {
  /** Throws where it is not known that they went out. Keeps nothing for later. */
  say(messages: readonly string[]): Promise<void>
  /** Gives up the connection that it listens on, which has become deaf, and listens on another. */
  listenAgain(): void
  close(): Promise<void>
}

export interface ChannelListener {
  readonly hear: (message: string) => void
  /** It listens, for the first time or again: what was said before may have been lost. */
  readonly listenToAll: () => void
}
