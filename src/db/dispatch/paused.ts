/** Paused webhooks: the condition that excludes them from claims, and the pauses that end by themselves. */
import type postgres from 'postgres'
import type { EndedPause } from '../../ports/dispatch-store.ts'
import { pauseEnded } from '../../domain/feed/webhook-change.ts'
import { resumed, type PausedPeriod } from '../../domain/deliveries/pause.ts'
import type { Sql } from '../connection/connect.ts'
import { writeChanges } from '../feed/webhook-changes.ts'

/** Whether webhook `w` is not paused now. A pause ends at its time, before the sweep has recorded its end. */
export function isNotPaused(sql: postgres.ISql) {
  return sql`(w.paused_since is null or w.paused_until <= now())`
}

/** Whether webhook `w` is paused now. Never null, also for a webhook that is missing. */
export function isPausedNow(sql: postgres.ISql) {
  return sql`(w.paused_since is not null and (w.paused_until is null or w.paused_until > now()))`
}

/** Whether deliveries of webhook `w` become due without a request of a client: it is not paused, or its pause has an end. */
export function continues(sql: Sql) {
  return sql`(w.paused_since is null or w.paused_until is not null)`
}

interface PausedRow {
  id: string
  project_id: string
  paused_since: Date
  paused_until: Date
  earlier_pauses: readonly PausedPeriod[]
  is_disabled: boolean
  is_deleted: boolean
  now: Date
}

/** See `DispatchStore.endPauses`. */
export function endPauses(sql: Sql, limit: number): Promise<readonly EndedPause[]> {
  return sql.begin(async (tx) => {
    const rows = await tx<PausedRow[]>`
      select id, project_id, paused_since, paused_until, earlier_pauses, now() as now,
        disabled_at is not null as is_disabled, deleted_at is not null as is_deleted
      from webhooks
      where paused_until <= now()
      order by id limit ${limit}
      for no key update skip locked`
    for (const row of rows) {
      const pause = { since: row.paused_since, until: row.paused_until }
      const { earlierPauses } = resumed({ pause, earlierPauses: row.earlier_pauses }, row.now)
      await tx`
        update webhooks set
          paused_since = null, paused_until = null, earlier_pauses = ${JSON.stringify(earlierPauses)}::text::jsonb
        where id = ${row.id}`
    }
    const announced = rows.filter((row) => !row.is_deleted)
    const changes = announced.map((row) => ({
      ...pauseEnded(row.id, row.paused_until, row.is_disabled),
      projectId: row.project_id,
    }))
    if (changes.length > 0) await writeChanges(tx, changes)
    return announced.map((row) => ({ webhookId: row.id, projectId: row.project_id }))
  })
}
