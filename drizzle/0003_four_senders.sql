ALTER TABLE "webhooks" ADD COLUMN "filters" jsonb DEFAULT '{"siteIds":[],"orderStates":[],"customerStates":[]}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "dialect" text DEFAULT 'STANDARD' NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "previous_sealed_secret" text;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "previous_secret_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "sealed_token" text;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "headers" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "max_concurrency" integer;--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "rate_per_second" integer;