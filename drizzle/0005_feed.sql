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
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
-- From here on by hand: what drizzle cannot say.
UPDATE "deliveries" d SET last_outcome = a.outcome, last_status_code = a.status_code, last_trigger = a.trigger
  FROM "attempts" a WHERE a.delivery_id = d.id AND a.number = d.attempt_count AND a.started_at >= d.created_at - interval '1 day';--> statement-breakpoint
ALTER TABLE "webhook_change_feeds" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "webhook_changes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- A partner changes its webhooks too, and each change takes its place in the project's feed.
CREATE POLICY within_scope ON "webhook_change_feeds"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), ''));--> statement-breakpoint
CREATE POLICY within_scope ON "webhook_changes"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL) OR EXISTS (
      SELECT FROM "webhooks" w WHERE w.id = webhook_id AND w.partner_id = current_setting('orderbell.partner_id', true))));
