ALTER TABLE "attempts" ADD COLUMN "dns_ms" integer;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "connect_ms" integer;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "tls_ms" integer;--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "first_byte_ms" integer;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "customers_project" ON "customers" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "deliveries_event" ON "deliveries" USING btree ("event_id","id");--> statement-breakpoint
CREATE INDEX "orders_partner_identifier" ON "orders" USING btree ("project_id","partner_identifier","id") WHERE partner_identifier is not null;--> statement-breakpoint
CREATE INDEX "orders_project" ON "orders" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "orders_site" ON "orders" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "orders_customer" ON "orders" USING btree ("customer_id","id") WHERE customer_id is not null;--> statement-breakpoint
CREATE INDEX "sites_project" ON "sites" USING btree ("project_id","id");