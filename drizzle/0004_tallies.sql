CREATE TABLE "webhook_tallies" (
	"webhook_id" text collate "C" NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"succeeded" integer NOT NULL,
	"failed" integer NOT NULL,
	CONSTRAINT "webhook_tallies_webhook_id_at_pk" PRIMARY KEY("webhook_id","at")
);
--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "counted_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "uncounted_succeeded" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "uncounted_failed" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "webhook_tallies_age" ON "webhook_tallies" USING btree ("at");--> statement-breakpoint
-- By hand, drizzle cannot say it: half of each page is room for the new versions of its rows, so that counting touches
-- no index.
ALTER TABLE "webhook_tallies" SET (fillfactor = 50);
