-- Present orders have no source: nothing is rewritten, and the index has no entry for them. Filters of present webhooks get
-- their empty list when they are read.
ALTER TABLE "webhooks" ALTER COLUMN "filters" SET DEFAULT '{"siteIds":[],"orderStates":[],"customerStates":[],"sources":[]}'::jsonb;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "source" text;--> statement-breakpoint
CREATE INDEX "orders_source" ON "orders" USING btree ("project_id","source","id") WHERE source is not null;
