/**
 * Writes notices as events with their deliveries, in the transaction of the facts. Settles and mutations use the same
 * statements. `domain/webhooks/notices.ts` decides who receives what.
 */
import type { IdKind } from '../../domain/shared/ids.ts'
import type { Dialect } from '../../domain/dialects/registry.ts'
import type { Preset } from '../../domain/webhooks/preset.ts'
import { noConditions } from '../../domain/webhooks/webhook.ts'
import type { WrittenNotices } from '../../ports/dispatch-store.ts'
import { noticesOf, type Notice, type NoticeFact, type Watcher } from '../../domain/webhooks/notices.ts'

/** Runs a statement with texts as parameters: the template tag of postgres.js, or drizzle's and `execute`. */
export type RunStatement = (strings: TemplateStringsArray, ...values: string[]) => PromiseLike<unknown>

export type NewId = (kind: IdKind) => string

export const noNotices: WrittenNotices = { projectIds: [], due: [] }

interface WatcherRow {
  readonly id: string
  readonly project_id: string
  readonly partner_id: string | null
  readonly topics: readonly string[]
  readonly dialect: Dialect
  readonly disabled_ms: number | null
}

interface SubjectRow {
  readonly id: string
  readonly name: string
  readonly preset: Preset
  readonly partner_id: string | null
  readonly now_ms: number
}

/**
 * Stores the notices that the facts cause. It locks the feeds of events until the commit, so call it last. The watchers
 * cannot be deleted until the commit. They are locked FOR KEY SHARE, which settles do not wait for.
 */
export async function writeNotices(
  run: RunStatement,
  facts: readonly NoticeFact[],
  newId: NewId,
): Promise<WrittenNotices> {
  if (facts.length === 0) return noNotices
  const projectIds = JSON.stringify([...new Set(facts.map(({ projectId }) => projectId))])
  // The condition of the index `webhooks_watchers`.
  const watcherRows = (await run`
    select id, project_id, partner_id, topics, dialect,
      (extract(epoch from disabled_at) * 1000)::float8 as disabled_ms
    from webhooks
    where project_id in (select jsonb_array_elements_text(${projectIds}::text::jsonb))
      and deleted_at is null and topics && '{webhook.*,webhook.failing,webhook.disabled,webhook.enabled,delivery.*,delivery.exhausted}'::text[]
    order by id
    for key share`) as readonly WatcherRow[]
  if (watcherRows.length === 0) return noNotices
  const webhookIds = JSON.stringify([...new Set(facts.map(({ webhookId }) => webhookId))])
  const subjectRows = (await run`
    select id, name, preset, partner_id, (extract(epoch from now()) * 1000)::float8 as now_ms
    from webhooks where id in (select jsonb_array_elements_text(${webhookIds}::text::jsonb))`) as readonly SubjectRow[]
  const subjects = subjectRows.map(({ partner_id: partnerId, now_ms: _, ...subject }) => ({
    ...subject,
    partnerId,
  }))
  const now = new Date(subjectRows[0]?.now_ms ?? 0)
  const notices = noticesOf(facts, subjects, watcherRows.map(toWatcher), now, newId)
  if (notices.length === 0) return noNotices
  const deliveries = notices.flatMap((notice) =>
    notice.watchers.map((watcher) => deliveryRow(notice, watcher, newId('delivery'))),
  )
  await insertNotices(run, notices, deliveries)
  return {
    projectIds: [...new Set(notices.map(({ projectId }) => projectId))],
    due: [
      ...new Set(deliveries.filter(({ state }) => state === 'PENDING').map(({ webhookId }) => webhookId)),
    ],
  }
}

function toWatcher(row: WatcherRow): Watcher {
  const { id, topics, dialect, project_id: projectId, partner_id: partnerId, disabled_ms: disabledMs } = row
  const disabledAt = disabledMs === null ? null : new Date(disabledMs)
  // The conditions and the ordering of a webhook apply to events of orders only.
  return { id, topics, dialect, projectId, partnerId, disabledAt, filters: noConditions, ordering: 'NONE' }
}

function deliveryRow({ projectId, event }: Notice, { id: webhookId, disabledAt }: Watcher, id: string) {
  const of = { id, projectId, webhookId, eventId: event.id, topic: event.topic, at: event.createdAt }
  return disabledAt === null
    ? { ...of, state: 'PENDING' as const, reason: null, skippedSince: null }
    : { ...of, state: 'SKIPPED' as const, reason: 'WEBHOOK_DISABLED', skippedSince: disabledAt }
}

/** The rows are text parameters, because drizzle and postgres.js encode JSON differently. */
async function insertNotices(
  run: RunStatement,
  notices: readonly Notice[],
  deliveries: readonly ReturnType<typeof deliveryRow>[],
): Promise<void> {
  const events = notices.map(({ projectId, event, watchers }, place) => ({
    ...{ place, projectId, id: event.id, topic: event.topic, data: event.data },
    ...{ at: event.createdAt, deliveries: watchers.length },
  }))
  await run`
    with event as (
      select * from jsonb_to_recordset(${JSON.stringify(events)}::text::jsonb) as e(
        place int, "projectId" text, id text, topic text, data text, at timestamptz, deliveries int
      )
    ), shares as (
      select "projectId" as project_id, count(*) as share from event group by "projectId"
    ), positions as (
      insert into event_feeds (project_id, position)
      select project_id, share from shares order by project_id
      on conflict (project_id) do update set position = event_feeds.position + excluded.position
      returning project_id, position
    ), stored as (
      insert into events (id, project_id, topic, data, delivery_count, created_at, position)
      select e.id, e."projectId", e.topic, e.data, e.deliveries, e.at,
        p.position - s.share + row_number() over (partition by e."projectId" order by e.place)
      from event e
      join shares s on s.project_id = e."projectId"
      join positions p on p.project_id = e."projectId"
    ), delivery as (
      select * from jsonb_to_recordset(${JSON.stringify(deliveries)}::text::jsonb) as d(
        id text, "projectId" text, "webhookId" text, "eventId" text, topic text, at timestamptz, state text,
        reason text, "skippedSince" timestamptz
      )
    ), created as (
      insert into deliveries (
        id, project_id, webhook_id, event_id, topic, state, skip_reason, skipped_since, due_at, created_at, finished_at
      )
      select id, "projectId", "webhookId", "eventId", topic, state, reason, "skippedSince",
        case when state = 'PENDING' then at end, at, case when state <> 'PENDING' then at end
      from delivery
    )
    insert into due_deliveries (delivery_id, webhook_id, due_at)
    select id, "webhookId", at from delivery where state = 'PENDING'`
}
