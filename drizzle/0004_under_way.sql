DROP INDEX "due_deliveries_leases";--> statement-breakpoint
CREATE INDEX "due_deliveries_under_way" ON "due_deliveries" USING btree ("webhook_id","lease_until") WHERE lease_token is not null;