/**
 * Opens and closes the queue's backend: Redis when REDIS_URL is set, PostgreSQL otherwise. The backend is chosen once, at
 * the start, and never changes. While the queue delivers no jobs, the dispatcher does not switch to the other backend: it
 * finds due deliveries in PostgreSQL every second and sends them without jobs.
 */
import type { JobQueue, QueueBackend, QueueOptions, Role } from './backend.ts'
import { within } from '../../runtime/within.ts'
import { causeOf, makeFaultLog, type ReportFault } from './faults.ts'

const READY_WITHIN_MS = 10_000
const CLOSE_WITHIN_MS = 3_000

export async function openBackend(
  options: QueueOptions,
  role: Role,
): Promise<{ backend: QueueBackend; report: ReportFault }> {
  const report = makeFaultLog(options.log)
  // Loaded here: each process needs the client of one backend only.
  const open =
    options.redisUrl === undefined
      ? (await import('./postgres-backend.ts')).openPostgresBackend
      : (await import('./redis-backend.ts')).openRedisBackend
  return { backend: open(options, role, report), report }
}

/**
 * Throws when the queue is not ready. A start without it is refused, because BullMQ's PostgreSQL backend never retries
 * a failed start.
 */
export async function readyOrClosed(
  backend: QueueBackend,
  parts: readonly Pick<JobQueue, 'waitUntilReady'>[],
): Promise<void> {
  try {
    await within(READY_WITHIN_MS, 'connecting the queue', Promise.all(parts.map((p) => p.waitUntilReady())))
  } catch (cause) {
    await backend.close()
    throw new Error(`the queue is not ready: ${causeOf(cause)}`, { cause })
  }
}

/**
 * Closes queues, workers and the backend. BullMQ waits for the server's reply, so a limit applies in case there is
 * none.
 */
export async function closeAll(
  backend: QueueBackend,
  parts: readonly Pick<JobQueue, 'close'>[],
  report: ReportFault,
): Promise<void> {
  const closing = Promise.all(parts.map((part) => part.close()))
  await within(CLOSE_WITHIN_MS, 'closing the queue', closing).catch((fault: unknown) =>
    report('close', fault),
  )
  await backend.close()
}
