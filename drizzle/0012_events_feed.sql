-- Every event gets a position in its project's feed from now on. Events that are there have none: nothing is rewritten, and
-- the index has no entry for them.
CREATE TABLE "event_feeds" (
	"project_id" text collate "C" PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"expired_position" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "position" bigint;--> statement-breakpoint
CREATE INDEX "events_feed" ON "events" USING btree ("project_id","position") WHERE position is not null;--> statement-breakpoint
ALTER TABLE "event_feeds" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant_all ON "event_feeds"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));
