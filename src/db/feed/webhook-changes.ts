/**
 * Writes webhook changes with the next positions of their projects' feeds. Settles and API transactions use the same
 * statement. `domain/feed/webhook-change.ts` and `domain/policies/failing-notice.ts` decide what is written.
 */
import type { NewWebhookChange } from '../../domain/feed/webhook-change.ts'

export interface PendingChange extends NewWebhookChange {
  readonly projectId: string
}

/** The template tag of drizzle or of postgres.js. */
type Tag<Statement> = (strings: TemplateStringsArray, ...values: string[]) => Statement

/**
 * Locks the feeds' rows until the commit, so that positions are dense and become visible in order. A transaction must
 * take these locks last, after those on webhooks. They are taken in id order, so a transaction that holds one waits
 * only for others of the same kind and no deadlock can occur.
 */
export function writeChanges<Statement>(tag: Tag<Statement>, changes: readonly PendingChange[]): Statement {
  const rows = changes.map((change, place) => ({ ...change, place }))
  // The rows are one text parameter, because drizzle and postgres.js encode arrays and JSON differently.
  return tag`
    with change as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as c(
        place int, "projectId" text, "webhookId" text, kind text, at timestamptz, reason text, message text
      )
    ), shares as (
      select "projectId" as project_id, count(*) as share from change group by "projectId"
    ), positions as (
      insert into webhook_change_feeds (project_id, position)
      select project_id, share from shares order by project_id
      on conflict (project_id) do update set position = webhook_change_feeds.position + excluded.position
      returning project_id, position
    )
    insert into webhook_changes (project_id, position, webhook_id, kind, at, reason, message)
    select c."projectId",
      p.position - s.share + row_number() over (partition by c."projectId" order by c.place),
      c."webhookId", c.kind, c.at, c.reason, c.message
    from change c
    join shares s on s.project_id = c."projectId"
    join positions p on p.project_id = c."projectId"`
}
