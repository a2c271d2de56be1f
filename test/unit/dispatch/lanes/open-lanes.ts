/** Lanes over ports in memory, with the real settler between the lanes and the store. */
import { makeLanes } from '../../../../src/dispatch/lanes/lane.ts'
import { lingerMs, makeSettler } from '../../../../src/dispatch/settle.ts'
import { makeFakes, settleDown } from '../fakes.ts'

export interface TestWebhook {
  readonly projectId: string
  readonly webhookId: string
}

export function open() {
  const made = makeFakes()
  const notified: (readonly string[])[] = []
  const lanes = makeLanes(made.fakes, () => settler)
  const settler = makeSettler({
    ...made.fakes,
    // Commits follow each other at once; settle.test.ts tests the pauses between them.
    pause: (ms) => (ms === lingerMs ? Promise.resolve() : made.fakes.pause(ms)),
    feedNotifier: { notify: (_, projectIds) => void notified.push(projectIds) },
    rescheduleLanes: (webhookIds) => lanes.rescheduleLanes(webhookIds),
  })
  /** Runs a lane and reports whether its job is over. */
  const run = (webhookId: string) => {
    const state = { over: false }
    const done = lanes.runLane(webhookId).finally(() => (state.over = true))
    return { state, done }
  }
  /** Runs the lanes at once and waits until no step can continue. */
  const runAll = async (webhooks: readonly Pick<TestWebhook, 'webhookId'>[]): Promise<void> => {
    for (const { webhookId } of webhooks) run(webhookId)
    await settleDown()
  }
  /** Makes `count` deliveries of each webhook due and runs its lane. */
  const deliver = async (webhooks: readonly TestWebhook[], count: number): Promise<void> => {
    for (const { projectId, webhookId } of webhooks) made.store.addDue(webhookId, count, { projectId })
    await runAll(webhooks)
  }
  /** The number of requests that each project has in flight. */
  const perProject = (): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const { request } of made.receivers.waiting)
      counts[request.projectId] = (counts[request.projectId] ?? 0) + 1
    return counts
  }
  return { ...made, lanes, notified, run, runAll, deliver, perProject }
}

export function webhooksOf(projectId: string, count: number): readonly TestWebhook[] {
  return Array.from({ length: count }, (_, index) => ({ projectId, webhookId: `whk_${projectId}_${index}` }))
}
