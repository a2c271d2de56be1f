DROP INDEX "attempts_project_notable";--> statement-breakpoint
ALTER TABLE "attempts" ADD COLUMN "notable_as" text GENERATED ALWAYS AS (case when delivery_id is not null and (outcome <> 'SUCCEEDED' or number > 1 or trigger = 'PERSON') then
  case next_step when 'RETRY' then 'RETRY' else 'FINAL' end || ' ' || trigger || ' ' || outcome || ' '
    || coalesce((status_code / 100)::text, '-') || ' ' || least(number, 2)::text
end) STORED;--> statement-breakpoint
ALTER TABLE "deliveries" ADD COLUMN "notable_as" text GENERATED ALWAYS AS (case
  when state = 'PENDING' and attempt_count = 0 and last_outcome is null then null
  when state = 'DELIVERED' and attempt_count = 1 and last_outcome = 'SUCCEEDED' and last_trigger = 'SCHEDULE' then null
  else state || ' ' || coalesce(last_trigger, '-') || ' ' || coalesce(last_outcome, '-') || ' '
    || coalesce((last_status_code / 100)::text, '-') || ' ' || least(attempt_count, 2)::text
end) STORED;--> statement-breakpoint
CREATE INDEX "attempts_project_notable_as" ON "attempts" USING btree ("project_id","notable_as","started_at","id") WHERE notable_as is not null;--> statement-breakpoint
CREATE INDEX "attempts_webhook_notable_as" ON "attempts" USING btree ("webhook_id","notable_as","started_at","id") WHERE notable_as is not null;--> statement-breakpoint
CREATE INDEX "deliveries_project_notable_as" ON "deliveries" USING btree ("project_id","notable_as","id") WHERE notable_as is not null;--> statement-breakpoint
CREATE INDEX "deliveries_webhook_notable_as" ON "deliveries" USING btree ("webhook_id","notable_as","id") WHERE notable_as is not null;