CREATE TABLE "arriving_times" (
	"order_id" text collate "C" NOT NULL,
	"minutes" integer NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "arriving_times_order_id_minutes_pk" PRIMARY KEY("order_id","minutes")
);
--> statement-breakpoint
ALTER TABLE "projects" ADD COLUMN "arriving_minutes" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "arriving_sent" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
CREATE INDEX "arriving_times_due" ON "arriving_times" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "arriving_times_project" ON "arriving_times" USING btree ("project_id");
--> statement-breakpoint
ALTER TABLE "arriving_times" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
-- Not for partners, as orders.
CREATE POLICY tenant_all ON "arriving_times"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));
