CREATE TABLE "bulk_retries" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"partner_id" text collate "C",
	"key_id" text collate "C" NOT NULL,
	"filter" jsonb NOT NULL,
	"rate_per_second" integer NOT NULL,
	"restart_schedule" boolean NOT NULL,
	"dry_run" boolean NOT NULL,
	"state" text NOT NULL,
	"total" integer NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"delivered" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"left_delivered" integer DEFAULT 0 NOT NULL,
	"left_pending" integer DEFAULT 0 NOT NULL,
	"left_disabled" integer DEFAULT 0 NOT NULL,
	"left_unavailable" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	"paced_at" timestamp (3) with time zone NOT NULL,
	"run_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "bulk_retry_in_progress" (
	"bulk_retry_id" text collate "C" NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"delivery_id" text collate "C" NOT NULL,
	"attempts_before" integer NOT NULL,
	CONSTRAINT "bulk_retry_in_progress_bulk_retry_id_delivery_id_pk" PRIMARY KEY("bulk_retry_id","delivery_id")
);
--> statement-breakpoint
CREATE TABLE "bulk_retry_pages" (
	"bulk_retry_id" text collate "C" NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"page" integer NOT NULL,
	"delivery_ids" text[] NOT NULL,
	CONSTRAINT "bulk_retry_pages_bulk_retry_id_page_pk" PRIMARY KEY("bulk_retry_id","page")
);
--> statement-breakpoint
CREATE INDEX "bulk_retries_project" ON "bulk_retries" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "bulk_retries_run_at" ON "bulk_retries" USING btree ("run_at") WHERE run_at is not null;--> statement-breakpoint
CREATE INDEX "bulk_retries_unfinished" ON "bulk_retries" USING btree ("project_id") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "bulk_retries_finished" ON "bulk_retries" USING btree ("finished_at") WHERE finished_at is not null;--> statement-breakpoint
ALTER TABLE "bulk_retries" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "bulk_retry_pages" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "bulk_retry_in_progress" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- A partner sees the bulk retries that its own keys created.
CREATE POLICY tenant_all ON "bulk_retries"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND ((SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL)
      OR partner_id = current_setting('orderbell.partner_id', true)));--> statement-breakpoint
CREATE POLICY tenant_all ON "bulk_retry_pages"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND EXISTS (SELECT FROM "bulk_retries" b WHERE b.id = bulk_retry_id));--> statement-breakpoint
CREATE POLICY tenant_all ON "bulk_retry_in_progress"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND EXISTS (SELECT FROM "bulk_retries" b WHERE b.id = bulk_retry_id));
