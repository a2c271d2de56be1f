CREATE TABLE "replays" (
	"webhook_id" text collate "C" NOT NULL,
	"missed_since" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "replays_webhook_id_missed_since_pk" PRIMARY KEY("webhook_id","missed_since")
);
--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "missed_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "replayed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "replays" ADD CONSTRAINT "replays_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deliveries_missed" ON "deliveries" USING btree ("webhook_id","missed_since","id") WHERE missed_since is not null;