ALTER TABLE "deliveries" ADD COLUMN "resume_state" text;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "resume_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "due_deliveries" ADD COLUMN "asked" text;