-- Renames tables, columns, indexes, constraints and policies, and the trigger PERSON of attempts to MANUAL. Removes the
-- disable rule NEVER: an empty list of rules means the same. Rewrites `attempts`; all else takes no time.
ALTER TABLE "replays" RENAME TO "pending_replays";--> statement-breakpoint
ALTER TABLE "erasures" RENAME TO "pending_erasures";--> statement-breakpoint
ALTER TABLE "webhook_tallies" RENAME TO "webhook_attempt_counts";--> statement-breakpoint
ALTER TABLE "deliveries" RENAME COLUMN "missed_since" TO "skipped_since";--> statement-breakpoint
ALTER TABLE "deliveries" RENAME COLUMN "notable_as" TO "log_bucket";--> statement-breakpoint
ALTER TABLE "due_deliveries" RENAME COLUMN "asked" TO "manual_retry";--> statement-breakpoint
ALTER TABLE "pending_replays" RENAME COLUMN "missed_since" TO "skipped_since";--> statement-breakpoint
ALTER TABLE "webhook_health" RENAME COLUMN "counted_since" TO "counters_start_at";--> statement-breakpoint
ALTER TABLE "webhook_health" RENAME COLUMN "uncounted_succeeded" TO "pending_succeeded";--> statement-breakpoint
ALTER TABLE "webhook_health" RENAME COLUMN "uncounted_failed" TO "pending_failed";--> statement-breakpoint
ALTER TABLE "webhook_health" RENAME COLUMN "failing_told_at" TO "failing_notified_at";--> statement-breakpoint
ALTER TABLE "pending_replays" RENAME CONSTRAINT "replays_webhook_id_missed_since_pk" TO "pending_replays_webhook_id_skipped_since_pk";--> statement-breakpoint
ALTER TABLE "pending_replays" RENAME CONSTRAINT "replays_webhook_id_webhooks_id_fk" TO "pending_replays_webhook_id_webhooks_id_fk";--> statement-breakpoint
ALTER TABLE "pending_erasures" RENAME CONSTRAINT "erasures_pkey" TO "pending_erasures_pkey";--> statement-breakpoint
ALTER TABLE "pending_erasures" RENAME CONSTRAINT "erasures_customer_id_customers_id_fk" TO "pending_erasures_customer_id_customers_id_fk";--> statement-breakpoint
ALTER TABLE "webhook_attempt_counts" RENAME CONSTRAINT "webhook_tallies_webhook_id_at_pk" TO "webhook_attempt_counts_webhook_id_at_pk";--> statement-breakpoint
ALTER INDEX "webhook_tallies_age" RENAME TO "webhook_attempt_counts_age";--> statement-breakpoint
ALTER INDEX "deliveries_missed" RENAME TO "deliveries_skipped";--> statement-breakpoint
ALTER INDEX "deliveries_project_notable_as" RENAME TO "deliveries_project_log_bucket";--> statement-breakpoint
ALTER INDEX "deliveries_webhook_notable_as" RENAME TO "deliveries_webhook_log_bucket";--> statement-breakpoint
ALTER INDEX "due_deliveries_under_way" RENAME TO "due_deliveries_leased";--> statement-breakpoint
-- From here on by hand. PostgreSQL 18 names the NOT NULL constraints, after the table and the column.
DO $$
DECLARE
  con record;
BEGIN
  FOR con IN
    SELECT c.conrelid::regclass AS relation, c.conname AS name, format('%s_%s_not_null', t.relname, a.attname) AS new_name
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'n' AND t.relname IN ('pending_replays', 'pending_erasures', 'webhook_attempt_counts', 'webhook_health')
      AND t.relnamespace = 'public'::regnamespace
  LOOP
    IF con.name <> con.new_name THEN
      EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', con.relation, con.name, con.new_name);
    END IF;
  END LOOP;
END;
$$;--> statement-breakpoint
-- Policies are named after the audience and the command. The policies of the pools and of the owner are created after the
-- migrations (src/db/connection/row-level-security.ts), so a database may have none of them yet. The owner's are created
-- again, because they compare the session setting that is renamed below.
DO $$
DECLARE
  pol record;
BEGIN
  FOR pol IN
    SELECT tablename, policyname AS name, CASE
        WHEN policyname = 'acted_within_scope' THEN 'tenant_select_operator_keys'
        WHEN policyname LIKE '%within\_scope' THEN 'tenant_' || lower(cmd)
        WHEN policyname = 'all_for_part' THEN NULL
        ELSE substr(policyname, length('all_for_') + 1) || '_all'
      END AS new_name
    FROM pg_policies
    WHERE schemaname = 'public' AND (policyname LIKE '%within\_scope' OR policyname LIKE 'all\_for\_%')
  LOOP
    IF pol.new_name IS NULL THEN
      EXECUTE format('DROP POLICY %I ON %I', pol.name, pol.tablename);
    ELSE
      EXECUTE format('ALTER POLICY %I ON %I RENAME TO %I', pol.name, pol.tablename, pol.new_name);
    END IF;
  END LOOP;
END;
$$;--> statement-breakpoint
-- The session setting orderbell.part is orderbell.pool. The functions of retention set it to 'migration', which lets the
-- owner see all rows, for the statements that need it. Each function refuses to remove anything younger than a day.
--
-- Drops a day's partitions, and moves the start of the projects' feeds behind that day, in one transaction. Waits at most
-- 250 ms for each table, because all later transactions wait behind a lock request, and then throws lock_not_available.
-- Returns whether there was a partition.
CREATE OR REPLACE FUNCTION drop_attempt_partitions(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '250ms' AS $$
DECLARE
  day_start timestamptz := day::timestamp AT TIME ZONE 'UTC';
  day_end timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
  pool text := coalesce(current_setting('orderbell.pool', true), '');
  part text;
  dropped boolean := false;
BEGIN
  IF day_end > now() - interval '24 hours' THEN
    RAISE EXCEPTION 'the attempts of % are too young to be removed', day;
  END IF;
  -- Locked before the feeds' rows, as transactions that record attempts do, so that no deadlock can occur.
  LOCK TABLE ONLY attempts, ONLY attempt_contents IN ACCESS EXCLUSIVE MODE;
  PERFORM set_config('orderbell.pool', 'migration', true);
  UPDATE feeds f SET expired_position = removed.position
  FROM (
    SELECT p.project_id, (
      SELECT max(a.position) FROM attempts a
      WHERE a.project_id = p.project_id AND a.started_at >= day_start AND a.started_at < day_end
    ) AS position
    FROM feeds p
  ) removed
  WHERE removed.project_id = f.project_id AND removed.position > f.expired_position;
  PERFORM set_config('orderbell.pool', pool, true);
  FOREACH part IN ARRAY ARRAY['attempts_', 'attempt_contents_'] LOOP
    part := part || to_char(day, 'YYYYMMDD');
    IF to_regclass(part) IS NOT NULL THEN
      EXECUTE format('DROP TABLE %I', part);
      dropped := true;
    END IF;
  END LOOP;
  RETURN dropped;
END;
$$;--> statement-breakpoint
-- Removes up to `most` idempotency keys, the oldest first, from `since` on. Returns the creation time of the last one,
-- null if none was left.
CREATE OR REPLACE FUNCTION remove_idempotency_keys(older_than timestamptz, since timestamptz, most integer)
RETURNS TABLE (last timestamptz, removed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  pool text := coalesce(current_setting('orderbell.pool', true), '');
BEGIN
  IF older_than > now() - interval '24 hours' THEN
    RAISE EXCEPTION 'the idempotency keys of % are too young to be removed', older_than;
  END IF;
  PERFORM set_config('orderbell.pool', 'migration', true);
  RETURN QUERY
    WITH deleted AS (
      DELETE FROM idempotency_keys WHERE (project_id, mutation, key) IN (
        SELECT k.project_id, k.mutation, k.key FROM idempotency_keys k
        WHERE k.created_at < older_than AND k.created_at >= since
        ORDER BY k.created_at LIMIT most
      ) RETURNING created_at
    )
    SELECT max(created_at), count(*)::integer FROM deleted;
  PERFORM set_config('orderbell.pool', pool, true);
END;
$$;--> statement-breakpoint
-- Removes up to `most` audit log entries between two ids, in the order of their ids. Returns the last id, null if none was
-- left.
CREATE OR REPLACE FUNCTION remove_audit_entries(older_than timestamptz, after_id text, before_id text, most integer)
RETURNS TABLE (last text, removed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  pool text := coalesce(current_setting('orderbell.pool', true), '');
BEGIN
  IF older_than > now() - interval '24 hours' THEN
    RAISE EXCEPTION 'the audit log entries of % are too young to be removed', older_than;
  END IF;
  PERFORM set_config('orderbell.pool', 'migration', true);
  RETURN QUERY
    WITH deleted AS (
      DELETE FROM audit_log WHERE id IN (
        SELECT l.id FROM audit_log l
        WHERE l.id > after_id AND l.id < before_id AND l.at < older_than
        ORDER BY l.id LIMIT most
      ) RETURNING id
    )
    SELECT max(id), count(*)::integer FROM deleted;
  PERFORM set_config('orderbell.pool', pool, true);
END;
$$;--> statement-breakpoint
-- The owner sees the rows only while row-level security is not forced.
ALTER TABLE "attempts" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "deliveries" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhooks" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_log" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "idempotency_keys" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- The expression of a generated column cannot be changed before PostgreSQL 17, so the column is created again. Dropping
-- it also drops its indexes.
DROP INDEX "attempts_webhook_notable";--> statement-breakpoint
ALTER TABLE "attempts" DROP COLUMN "notable_as";--> statement-breakpoint
UPDATE "attempts" SET "trigger" = 'MANUAL' WHERE "trigger" = 'PERSON';--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "log_bucket" text GENERATED ALWAYS AS (case when delivery_id is not null and (outcome <> 'SUCCEEDED' or number > 1 or trigger = 'MANUAL') then
  case next_step when 'RETRY' then 'RETRY' else 'FINAL' end || ' ' || trigger || ' ' || outcome || ' '
    || coalesce((status_code / 100)::text, '-') || ' ' || least(number, 2)::text
end) STORED;--> statement-breakpoint
CREATE INDEX "attempts_project_log_bucket" ON "attempts" USING btree ("project_id","log_bucket","started_at","id") WHERE log_bucket is not null;--> statement-breakpoint
CREATE INDEX "attempts_webhook_log_bucket" ON "attempts" USING btree ("webhook_id","log_bucket","started_at","id") WHERE log_bucket is not null;--> statement-breakpoint
CREATE INDEX "attempts_webhook_bucketed" ON "attempts" USING btree ("webhook_id","started_at","id") WHERE outcome <> 'SUCCEEDED' or number > 1 or trigger = 'MANUAL';--> statement-breakpoint
UPDATE "deliveries" SET "last_trigger" = 'MANUAL' WHERE "last_trigger" = 'PERSON';--> statement-breakpoint
UPDATE "webhooks" SET "overrides" = jsonb_set("overrides", '{disable}', '[]') WHERE "overrides"->'disable' = '[{"rule":"NEVER"}]';--> statement-breakpoint
UPDATE "audit_log" SET "before" = jsonb_set("before", '{policy,disable}', '[]') WHERE "before"#>'{policy,disable}' = '[{"rule":"NEVER"}]';--> statement-breakpoint
UPDATE "audit_log" SET "after" = jsonb_set("after", '{policy,disable}', '[]') WHERE "after"#>'{policy,disable}' = '[{"rule":"NEVER"}]';--> statement-breakpoint
-- Stored responses have webhooks in them. Quotation marks inside of strings are escaped there, so only rules match.
UPDATE "idempotency_keys" SET "answer" = replace("answer", '"disable":[{"rule":"NEVER"}]', '"disable":[]') WHERE "answer" LIKE '%"disable":[{"rule":"NEVER"}]%';--> statement-breakpoint
ALTER TABLE "attempts" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "deliveries" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhooks" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_log" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "idempotency_keys" FORCE ROW LEVEL SECURITY;
