/** Schedules lanes. Lost, duplicate or late wake-ups are harmless: the sweep finds due deliveries. */
export interface LaneScheduler {
  /**
   * Schedules the lanes as soon as possible. Pass all lanes that one change wakes in one call: they share a job. Never
   * throws and never waits.
   */
  wakeNow(webhookIds: readonly string[]): void
  /**
   * Schedules a lane after `delayMs`, up to 1 s later so that it can share a job. An earlier wake-up stays, and this one
   * may be left out: a lane that has run reads when it is due next. Never throws and never waits.
   */
  wakeAt(webhookId: string, delayMs: number): void
}
