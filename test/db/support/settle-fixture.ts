/** A project on its own database, whose deliveries a test claims and settles, and whose counters a test can move into the past. */
import { wholeProject } from '../../../src/domain/access/scope.ts'
import { makeAdminStore } from '../../../src/db/installation/installation-store.ts'
import { connect, type Connections, type Sql } from '../../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import type { AttemptTrigger } from '../../../src/domain/deliveries/delivery.ts'
import { settle } from '../../../src/domain/policies/next-step.ts'
import { policyOf, type Webhook } from '../../../src/domain/webhooks/webhook.ts'
import { settledInterrupted } from '../../../src/dispatch/attempt.ts'
import type {
  Claimed,
  DispatchStore,
  SettledAttempt,
  SettleReport,
} from '../../../src/ports/dispatch-store.ts'
import type { ProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { migratedDatabase } from '../../support/postgres.ts'
import { nullLog } from '../../support/null-log.ts'
import { answered, buildWebhook, interrupted } from '../../support/samples.ts'

export interface SettleFixture {
  readonly url: string
  readonly connections: Connections
  readonly dispatch: DispatchStore
  readonly store: ProjectStore
  /** Inserts a webhook and returns its id. */
  createWebhook(given: Partial<Webhook>): Promise<string>
  /** Creates `count` due deliveries of the webhook and claims them. */
  claim(webhookId: string, count: number): Promise<readonly Claimed[]>
  /** Creates, claims and settles one delivery for each status, all in one batch. */
  answer(webhookId: string, ...statuses: readonly number[]): Promise<SettleReport>
  /** As `answer`, with one batch for each status, in order. */
  answerEach(webhookId: string, ...statuses: readonly number[]): Promise<readonly SettleReport[]>
  /** Moves the counters and times of the webhook `ms` into the past. */
  pass(webhookId: string, ms: number): Promise<void>
  enable(webhookId: string): Promise<void>
  close(): Promise<void>
}

export async function openSettleFixture(): Promise<SettleFixture> {
  const database = await migratedDatabase()
  const connections = connect(database.url, nullLog)
  const { sql } = connections
  const dispatch = makeDispatchStore(sql, system)
  await dispatch.ensurePartitions()
  const projectId = system.newId('project')
  const project = { id: projectId, name: 'Main Street', arrivingMinutes: [], createdAt: new Date() }
  await makeAdminStore(connections.db).insertProject(project, 'sealed')
  const store = makeProjectStore(connections.db, wholeProject(projectId))

  const claim: SettleFixture['claim'] = async (webhookId, count) => {
    await insertDueDeliveries(sql, projectId, webhookId, count)
    const claims = await dispatch.claim([{ webhookId, limit: count }], {
      timeoutMs: 15_000,
      marginMs: 10_000,
    })
    if (claims.length !== count) throw new Error(`expected ${count} claims, found ${claims.length}`)
    return claims
  }
  const answer: SettleFixture['answer'] = async (webhookId, ...statuses) => {
    const claims = await claim(webhookId, statuses.length)
    const batch = claims.map((claimed, index) => endedWith(claimed, statuses[index] ?? 200))
    return dispatch.settle(batch)
  }
  return {
    url: database.url,
    connections,
    dispatch,
    store,
    claim,
    answer,
    createWebhook: async (given) => {
      const id = system.newId('webhook')
      await store.transaction((tx) =>
        tx.insertWebhook(buildWebhook({ ...given, id }), { secrets: [], token: null }),
      )
      return id
    },
    answerEach: async (webhookId, ...statuses) => {
      const claims = await claim(webhookId, statuses.length)
      const reports: SettleReport[] = []
      for (const [index, claimed] of claims.entries())
        reports.push(await dispatch.settle([endedWith(claimed, statuses[index] ?? 200)]))
      return reports
    },
    pass: async (webhookId, ms) => {
      const interval = sql`${ms}::float8 * interval '1 millisecond'`
      // In two steps: while single rows move, two buckets could have the same time.
      await sql`update webhook_attempt_counts set at = at - interval '100 years' where webhook_id = ${webhookId}`
      await sql`update webhook_attempt_counts set at = at + interval '100 years' - ${interval} where webhook_id = ${webhookId}`
      await sql`
        update webhook_health set failing_since = failing_since - ${interval}, counters_start_at = counters_start_at - ${interval}
        where webhook_id = ${webhookId}`
    },
    enable: (webhookId) =>
      store.transaction(async (tx) => {
        const webhook = await tx.lockWebhook(webhookId, { withHealth: true })
        if (webhook === null) throw new Error(`expected ${webhookId} to be there, it is not`)
        await tx.resetHealth(webhookId)
        await tx.updateWebhook({ ...webhook, disabled: null })
      }),
    close: async () => {
      await connections.close()
      await database.drop()
    },
  }
}

/** Inserts `count` events with one due delivery each, in one statement. */
export async function insertDueDeliveries(
  sql: Sql,
  projectId: string,
  webhookId: string,
  count: number,
): Promise<void> {
  const eventIds = Array.from({ length: count }, () => system.newId('event'))
  const deliveryIds = Array.from({ length: count }, () => system.newId('delivery'))
  await sql`
    with new_deliveries as (
      select * from unnest(${eventIds}::text[], ${deliveryIds}::text[]) as new_deliveries(event_id, id)
    ), inserted_events as (
      insert into events (id, project_id, topic, data, delivery_count, created_at)
      select event_id, ${projectId}, 'order.created', '{}', 1, now() from new_deliveries
    ), due as (
      -- A millisecond ago: timestamps are rounded to milliseconds, and now() could be rounded up.
      insert into due_deliveries (delivery_id, webhook_id, due_at)
      select id, ${webhookId}, now() - interval '1 millisecond' from new_deliveries
    )
    insert into deliveries (id, project_id, webhook_id, event_id, topic, state, due_at, created_at)
    select id, ${projectId}, ${webhookId}, event_id, 'order.created', 'PENDING', now(), now() from new_deliveries`
}

/** The settled attempt of a claimed delivery to which the receiver responded with this status. */
export function endedWith(
  claimed: Claimed,
  status: number,
  trigger: AttemptTrigger = 'SCHEDULE',
): SettledAttempt {
  const answer = answered(status)
  const settlement = settle(claimed.facts, answer, policyOf(claimed.webhook), claimed.startedAt.getTime(), 0)
  const asReceived = { truncated: false, decompressed: false, malformed: false }
  const body = Buffer.from('thanks')
  const headers = [{ name: 'content-length', value: String(body.length) }]
  const response = { statusCode: status, headers, body, bodySize: body.length, ...asReceived }
  return {
    claimed: { ...claimed, trigger },
    attemptId: system.newId('attempt', claimed.startedAt),
    answer,
    settlement,
    counts: settlement.outcome === 'SUCCEEDED' ? 'SUCCESS' : 'FAILURE',
    result: {
      answer,
      response,
      resolvedAddress: '192.0.2.1',
      durationMs: 5,
      phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: 4 },
      resentOnNewConnection: false,
    },
    detail: null,
    content: { request: { url: claimed.webhook.url, headers: [], body: claimed.event.data }, response },
  }
}

/** The settled attempt of a claimed delivery that was interrupted, after `before` earlier interruptions. */
export function endedInterrupted(claimed: Claimed, before: number): SettledAttempt {
  const facts = { ...claimed.facts, interruptions: before }
  return settledInterrupted(system, { ...claimed, facts }, interrupted)
}
