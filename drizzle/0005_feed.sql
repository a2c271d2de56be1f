CREATE TABLE "webhook_change_feeds" (
	"project_id" text collate "C" PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"expired_position" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_changes" (
	"project_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	"webhook_id" text collate "C" NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"reason" text,
	"message" text NOT NULL,
	CONSTRAINT "webhook_changes_project_id_position_pk" PRIMARY KEY("project_id","position")
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "last_outcome" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "last_status_code" integer;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "last_trigger" text;--> statement-breakpoint
ALTER TABLE "feeds" ADD COLUMN "expired_position" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "failing_told_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "webhook_changes_age" ON "webhook_changes" USING btree ("at");--> statement-breakpoint
CREATE INDEX "attempts_project_notable" ON "attempts" USING btree ("project_id","started_at","id") WHERE outcome <> 'SUCCEEDED' or number > 1 or trigger = 'PERSON';--> statement-breakpoint
CREATE INDEX "attempts_webhook_notable" ON "attempts" USING btree ("webhook_id","started_at","id") WHERE outcome <> 'SUCCEEDED' or number > 1 or trigger = 'PERSON';--> statement-breakpoint
CREATE INDEX "deliveries_topic" ON "deliveries" USING btree ("project_id","topic","id");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
-- From here on by hand: what drizzle cannot say.
-- An owner who bypasses nothing sees its own rows where the release before has let it through, not when it comes from
-- one before that: so the wall is open to it for this statement.
ALTER TABLE "deliveries" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "attempts" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "deliveries" d SET last_outcome = a.outcome, last_status_code = a.status_code, last_trigger = a.trigger
  FROM "attempts" a WHERE a.delivery_id = d.id AND a.number = d.attempt_count AND a.started_at >= d.created_at - interval '1 day';--> statement-breakpoint
ALTER TABLE "deliveries" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "attempts" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhook_change_feeds" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhook_changes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- A partner changes its webhooks too, and each change takes its place in the project's feed.
CREATE POLICY within_scope ON "webhook_change_feeds"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), ''));--> statement-breakpoint
CREATE POLICY within_scope ON "webhook_changes"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR EXISTS (
      SELECT FROM "webhooks" w WHERE w.id = webhook_id AND w.partner_id = current_setting('orderbell.partner_id', true))));
--> statement-breakpoint
-- As before, but a new partition is made beside its table and then attached: that waits for no long read of the
-- table, and nobody waits behind it.
CREATE OR REPLACE FUNCTION ensure_attempt_partitions(first_day date, last_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET datestyle = 'ISO' AS $$
DECLARE
  parent text;
  part text;
  day date;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('orderbell.ensure_attempt_partitions'));
  FOREACH parent IN ARRAY ARRAY['attempts', 'attempt_contents'] LOOP
    day := first_day;
    WHILE day <= last_day LOOP
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      IF to_regclass(part) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
        EXECUTE format(
          'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
          parent, part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
        );
      END IF;
      day := day + 1;
    END LOOP;
  END LOOP;
END;
$$;--> statement-breakpoint
-- Retention. What it may not remove stands in the functions too: nothing that is younger than a day, whoever asks.
-- The owner's own rows are behind the wall as well; it says for that moment that it is a migration, which sees all.
--
-- A day's attempts, and where their projects' feeds begin now, in one transaction. Whoever waits for a table of which
-- a long read is under way holds up all who come after it: so it waits a quarter of a second for each of the two, and
-- gives up with lock_not_available. Answers whether there was anything.
CREATE FUNCTION drop_attempt_partitions(day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '250ms' AS $$
DECLARE
  since timestamptz := day::timestamp AT TIME ZONE 'UTC';
  until timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
  said text := coalesce(current_setting('orderbell.part', true), '');
  part text;
  dropped boolean := false;
BEGIN
  IF until > now() - interval '24 hours' THEN
    RAISE EXCEPTION 'the attempts of % are too young to be removed', day;
  END IF;
  -- Before the feeds' rows, as who records attempts: once these are ours, nobody holds those.
  LOCK TABLE ONLY attempts, ONLY attempt_contents IN ACCESS EXCLUSIVE MODE;
  PERFORM set_config('orderbell.part', 'migration', true);
  UPDATE feeds f SET expired_position = gone.position
  FROM (
    SELECT p.project_id, (
      SELECT max(a.position) FROM attempts a
      WHERE a.project_id = p.project_id AND a.started_at >= since AND a.started_at < until
    ) AS position
    FROM feeds p
  ) gone
  WHERE gone.project_id = f.project_id AND gone.position > f.expired_position;
  PERFORM set_config('orderbell.part', said, true);
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
-- Up to so many answers of mutations, the oldest first, from one instant on; answers up to when they were, null: none was left.
CREATE FUNCTION remove_idempotency_keys(older_than timestamptz, since timestamptz, most integer)
RETURNS TABLE (last timestamptz, removed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  said text := coalesce(current_setting('orderbell.part', true), '');
BEGIN
  IF older_than > now() - interval '24 hours' THEN
    RAISE EXCEPTION 'the answers of % are too young to be removed', older_than;
  END IF;
  PERFORM set_config('orderbell.part', 'migration', true);
  RETURN QUERY
    WITH gone AS (
      DELETE FROM idempotency_keys WHERE (project_id, mutation, key) IN (
        SELECT k.project_id, k.mutation, k.key FROM idempotency_keys k
        WHERE k.created_at < older_than AND k.created_at >= since
        ORDER BY k.created_at LIMIT most
      ) RETURNING created_at
    )
    SELECT max(created_at), count(*)::integer FROM gone;
  PERFORM set_config('orderbell.part', said, true);
END;
$$;--> statement-breakpoint
-- Up to so many lines of the audit log between two ids, in the order of their ids; answers the last, null: none was left.
CREATE FUNCTION remove_audit_entries(older_than timestamptz, after_id text, before_id text, most integer)
RETURNS TABLE (last text, removed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  said text := coalesce(current_setting('orderbell.part', true), '');
BEGIN
  IF older_than > now() - interval '24 hours' THEN
    RAISE EXCEPTION 'the lines of % are too young to be removed', older_than;
  END IF;
  PERFORM set_config('orderbell.part', 'migration', true);
  RETURN QUERY
    WITH gone AS (
      DELETE FROM audit_log WHERE id IN (
        SELECT l.id FROM audit_log l
        WHERE l.id > after_id AND l.id < before_id AND l.at < older_than
        ORDER BY l.id LIMIT most
      ) RETURNING id
    )
    SELECT max(id), count(*)::integer FROM gone;
  PERFORM set_config('orderbell.part', said, true);
END;
$$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION drop_attempt_partitions(date) FROM PUBLIC;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION remove_idempotency_keys(timestamptz, timestamptz, integer) FROM PUBLIC;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION remove_audit_entries(timestamptz, text, text, integer) FROM PUBLIC;
