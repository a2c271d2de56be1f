CREATE TABLE "audit_log" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C",
	"at" timestamp (3) with time zone NOT NULL,
	"key_id" text collate "C",
	"operation" text NOT NULL,
	"object_id" text collate "C" NOT NULL,
	"before" jsonb,
	"after" jsonb
);
--> statement-breakpoint
CREATE TABLE "erasures" (
	"customer_id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"after_order_id" text collate "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "partners" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "keys" ALTER COLUMN "project_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "erased_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "erased_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "keys" ADD COLUMN "partner_id" text collate "C";--> statement-breakpoint
ALTER TABLE "keys" ADD COLUMN "expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "keys" ADD COLUMN "revoked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "keys" ADD COLUMN "last_used_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "partner_id" text collate "C";--> statement-breakpoint
ALTER TABLE "erasures" ADD CONSTRAINT "erasures_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "partners" ADD CONSTRAINT "partners_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_project" ON "audit_log" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_object" ON "audit_log" USING btree ("project_id","object_id","id");--> statement-breakpoint
CREATE INDEX "partners_project" ON "partners" USING btree ("project_id","id");--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_partner_id_partners_id_fk" FOREIGN KEY ("partner_id") REFERENCES "public"."partners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_partner_id_partners_id_fk" FOREIGN KEY ("partner_id") REFERENCES "public"."partners"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "keys_project" ON "keys" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "webhooks_partner" ON "webhooks" USING btree ("partner_id","id") WHERE partner_id is not null;--> statement-breakpoint
-- The second wall behind the conditions that the stores write: row-level security, forced, so that it holds for the
-- tables' owner too. By hand. What depends on the database's roles is made at each start by src/db/walls.ts, which says
-- who sees all rows; everybody else sees, of every table, what lies within the transaction's settings (src/db/scope.ts):
-- the rows of orderbell.project_id, and where orderbell.partner_id is set, of them what that partner owns or is owed.
-- A setting that was used once reads as '' afterwards, which is as good as none: no project, no rows.
-- "(SELECT ...)" is evaluated once a statement, and what follows an OR only where it is needed: a key that is no
-- partner's pays nothing for what a partner may see.
ALTER TABLE "installation" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "projects" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "feeds" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "counters" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "partners" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "sites" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "customers" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "orders" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "events" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "topics" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhooks" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhook_health" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhook_tallies" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "deliveries" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "replays" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "due_deliveries" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "attempts" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "attempt_contents" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "audit_log" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "erasures" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- All of the project, and nothing of it for a partner.
CREATE POLICY within_scope ON "counters"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "feeds"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "customers"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "orders"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "erasures"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "idempotency_keys"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
-- For a partner as well, to be read: what webhooks name.
CREATE POLICY within_scope ON "projects"
  USING (id = nullif(current_setting('orderbell.project_id', true), ''))
  WITH CHECK (id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "sites"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), ''))
  WITH CHECK (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "topics"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), ''))
  WITH CHECK (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
-- A partner itself, its keys, its webhooks. Keys and webhooks are given to partners of their own project only: a
-- foreign key does not look at policies.
CREATE POLICY within_scope ON "partners"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR id = current_setting('orderbell.partner_id', true)))
  WITH CHECK (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY within_scope ON "keys"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR partner_id = current_setting('orderbell.partner_id', true)))
  WITH CHECK (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL)
    AND (partner_id IS NULL OR EXISTS (SELECT FROM "partners" p WHERE p.id = partner_id)));--> statement-breakpoint
-- An OPERATOR's key is of no project; where it acted, the audit log says whose it was.
CREATE POLICY acted_within_scope ON "keys" FOR SELECT
  USING (project_id IS NULL
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL)
    AND EXISTS (
      SELECT FROM "audit_log" l
      WHERE l.key_id = keys.id AND l.project_id = nullif(current_setting('orderbell.project_id', true), '')));--> statement-breakpoint
CREATE POLICY within_scope ON "webhooks"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR partner_id = current_setting('orderbell.partner_id', true)))
  WITH CHECK (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR partner_id = current_setting('orderbell.partner_id', true))
    AND (partner_id IS NULL OR EXISTS (SELECT FROM "partners" p WHERE p.id = partner_id)));--> statement-breakpoint
-- What hangs on a webhook is seen with it.
CREATE POLICY within_scope ON "webhook_health"
  USING (EXISTS (SELECT FROM "webhooks" w WHERE w.id = webhook_id));--> statement-breakpoint
CREATE POLICY within_scope ON "webhook_tallies"
  USING (EXISTS (SELECT FROM "webhooks" w WHERE w.id = webhook_id));--> statement-breakpoint
CREATE POLICY within_scope ON "due_deliveries"
  USING (EXISTS (SELECT FROM "webhooks" w WHERE w.id = webhook_id));--> statement-breakpoint
CREATE POLICY within_scope ON "replays"
  USING (EXISTS (SELECT FROM "webhooks" w WHERE w.id = webhook_id));--> statement-breakpoint
CREATE POLICY within_scope ON "deliveries"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR EXISTS (
      SELECT FROM "webhooks" w WHERE w.id = webhook_id AND w.partner_id = current_setting('orderbell.partner_id', true))));--> statement-breakpoint
CREATE POLICY within_scope ON "attempts"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR EXISTS (
      SELECT FROM "webhooks" w WHERE w.id = webhook_id AND w.partner_id = current_setting('orderbell.partner_id', true))));--> statement-breakpoint
-- By its key, row by row: all of a partner's attempts are never read for one of them.
CREATE POLICY within_scope ON "attempt_contents"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR (
      SELECT true FROM "attempts" a
      WHERE a.started_at = attempt_contents.started_at AND a.id = attempt_contents.attempt_id)));--> statement-breakpoint
-- An event is a partner's to read once it is owed to one of its webhooks, skipped or not: the log names the event.
CREATE POLICY within_scope ON "events"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR (
      SELECT true FROM "deliveries" d WHERE d.event_id = events.id LIMIT 1)))
  WITH CHECK (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
-- Everybody writes lines of the project's, and a partner reads none of them. An erasure takes out of one what it must.
CREATE POLICY within_scope ON "audit_log" FOR SELECT
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY erased_within_scope ON "audit_log" FOR UPDATE
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
CREATE POLICY written_within_scope ON "audit_log" FOR INSERT
  WITH CHECK (project_id = nullif(current_setting('orderbell.project_id', true), ''));--> statement-breakpoint
-- Partitions are reached through their tables alone: row-level security without a policy shows nothing of them to who
-- names them. Who makes them needs not own the tables: the function acts as its owner, on these tables and no others.
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
        EXECUTE format(
          'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
          part, parent, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
        );
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
      END IF;
      day := day + 1;
    END LOOP;
  END LOOP;
END;
$$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION ensure_attempt_partitions(date, date) FROM PUBLIC;--> statement-breakpoint
DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN
    SELECT inhrelid FROM pg_inherits WHERE inhparent IN ('attempts'::regclass, 'attempt_contents'::regclass)
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
  END LOOP;
END;
$$;
