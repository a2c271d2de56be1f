/**
 * Writes what owners of webhooks are told, each change at the next place of its project's feed: one statement for
 * settles and for people's changes. What is told is decided in `domain/webhook-change` and `domain/policy/failing`.
 */
import type { NewWebhookChange } from '../../domain/feed/webhook-change.ts'

export interface PendingChange extends NewWebhookChange {
  readonly projectId: string
}

/** Drizzle's and postgres.js' statements are both written by a tag. */
type Tag<Statement> = (strings: TemplateStringsArray, ...values: string[]) => Statement

/**
 * The feed's rows are locked until the commit, so that positions are dense and become visible in their order. They come
 * last of all that a transaction locks, after the webhooks' own rows and in the order of their ids: whoever holds one
 * waits for nobody.
 */
export function writeChanges<Statement>(tag: Tag<Statement>, changes: readonly PendingChange[]): Statement {
  const rows = changes.map((change, place) => ({ ...change, place }))
  // One text: what drizzle makes of an array, and postgres.js of JSON, is not the same.
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
