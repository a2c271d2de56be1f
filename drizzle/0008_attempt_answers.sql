ALTER TABLE "attempt_contents" ADD COLUMN "response_decompressed" boolean;--> statement-breakpoint
ALTER TABLE "attempt_contents" ADD COLUMN "response_malformed" boolean;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "resent_on_new_connection" boolean DEFAULT false NOT NULL;