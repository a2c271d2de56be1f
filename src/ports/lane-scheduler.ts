/** Schedules lanes. Lost, duplicate or late wake-ups are harmless: the sweep finds due deliveries. */
export interface LaneScheduler {
  /** Schedules the lanes as soon as possible. Never throws and never waits. */
  wakeNow(webhookIds: readonly string[]): void
  /** Schedules a lane after `delayMs`. Replaces its earlier delayed wake-up. Never throws and never waits. */
  wakeAt(webhookId: string, delayMs: number): void
}
