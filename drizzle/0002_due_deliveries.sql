CREATE TABLE "due_deliveries" (
	"delivery_id" text collate "C" PRIMARY KEY NOT NULL,
	"webhook_id" text collate "C" NOT NULL,
	"due_at" timestamp (3) with time zone NOT NULL,
	"lease_token" text,
	"lease_until" timestamp (3) with time zone,
	"lease_started_at" timestamp (3) with time zone
);
--> statement-breakpoint
DROP INDEX "deliveries_due";--> statement-breakpoint
DROP INDEX "deliveries_leases";--> statement-breakpoint
-- By hand: what is pending or under lease moves over. A lease's attempt is counted when it is recorded from now on.
INSERT INTO "due_deliveries" ("delivery_id", "webhook_id", "due_at", "lease_token", "lease_until", "lease_started_at")
SELECT "id", "webhook_id", coalesce("due_at", "lease_started_at", now()), "lease_token", "lease_until", "lease_started_at"
FROM "deliveries" WHERE "state" = 'PENDING' OR "lease_token" IS NOT NULL;--> statement-breakpoint
UPDATE "deliveries" SET "attempt_count" = "attempt_count" - 1 WHERE "lease_token" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "due_deliveries_lane" ON "due_deliveries" USING btree ("webhook_id","due_at","delivery_id") WHERE lease_token is null;--> statement-breakpoint
CREATE INDEX "due_deliveries_leases" ON "due_deliveries" USING btree ("lease_until") WHERE lease_token is not null;--> statement-breakpoint
ALTER TABLE "deliveries" DROP COLUMN "lease_token";--> statement-breakpoint
ALTER TABLE "deliveries" DROP COLUMN "lease_until";--> statement-breakpoint
ALTER TABLE "deliveries" DROP COLUMN "lease_started_at";--> statement-breakpoint
-- By hand, drizzle cannot say it: room in each page, so that a settle's new version stands beside the old one and no
-- index is touched; and a table whose rows live for seconds is cleaned often.
ALTER TABLE "deliveries" SET (fillfactor = 80);--> statement-breakpoint
ALTER TABLE "due_deliveries" SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
