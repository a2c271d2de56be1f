CREATE TABLE "replays" (
	"webhook_id" text collate "C" NOT NULL,
	"missed_since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "replays_webhook_id_missed_since_pk" PRIMARY KEY("webhook_id","missed_since")
);
--> statement-breakpoint
CREATE TABLE "topics" (
	"project_id" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"description" text NOT NULL,
	"schema" text NOT NULL,
	"example" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "topics_project_id_name_pk" PRIMARY KEY("project_id","name")
);
--> statement-breakpoint
CREATE TABLE "webhook_tallies" (
	"webhook_id" text collate "C" NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"succeeded" integer NOT NULL,
	"failed" integer NOT NULL,
	CONSTRAINT "webhook_tallies_webhook_id_at_pk" PRIMARY KEY("webhook_id","at")
);
--> statement-breakpoint
DROP INDEX "due_deliveries_leases";--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "missed_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "replayed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "resume_state" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "resume_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "due_deliveries" ADD COLUMN "asked" text;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "counted_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "uncounted_succeeded" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "uncounted_failed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "filters" jsonb DEFAULT '{"siteIds":[],"orderStates":[],"customerStates":[]}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "dialect" text DEFAULT 'STANDARD' NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "previous_sealed_secret" text;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "previous_secret_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "sealed_token" text;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "headers" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "max_concurrency" integer;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "rate_per_second" integer;--> statement-breakpoint
ALTER TABLE "replays" ADD CONSTRAINT "replays_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "topics" ADD CONSTRAINT "topics_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_tallies_age" ON "webhook_tallies" USING btree ("at");--> statement-breakpoint
CREATE INDEX "deliveries_missed" ON "deliveries" USING btree ("webhook_id","missed_since","id") WHERE missed_since is not null;--> statement-breakpoint
CREATE INDEX "due_deliveries_under_way" ON "due_deliveries" USING btree ("webhook_id","lease_until") WHERE lease_token is not null;--> statement-breakpoint
-- By hand, drizzle cannot say it: half of each page is room for the new versions of its rows, so that counting touches
-- no index.
ALTER TABLE "webhook_tallies" SET (fillfactor = 50);--> statement-breakpoint
-- By hand: what webhooks that are off now have missed since then can be brought back as well.
UPDATE "deliveries" d SET "missed_since" = w."disabled_at" FROM "webhooks" w
WHERE w."id" = d."webhook_id" AND w."disabled_at" IS NOT NULL AND d."state" = 'SKIPPED' AND d."skip_reason" = 'WEBHOOK_DISABLED' AND d."created_at" >= w."disabled_at";
