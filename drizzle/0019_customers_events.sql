ALTER TABLE "customers" ADD COLUMN "marketing_email" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "marketing_sms" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "events" ADD COLUMN "customer_id" text collate "C";--> statement-breakpoint
CREATE INDEX "events_customer" ON "events" USING btree ("customer_id") WHERE customer_id is not null;