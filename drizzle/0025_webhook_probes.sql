ALTER TABLE "webhook_health" ADD COLUMN "probes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD COLUMN "probe_due_at" timestamp (3) with time zone;--> statement-breakpoint
-- The dispatcher reads and writes no audit log but by this function: the entry of a webhook that a probe has enabled.
CREATE FUNCTION add_recovery_entry(entry text, webhook text, changed_at timestamptz, was jsonb, became jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  pool text := coalesce(current_setting('orderbell.pool', true), '');
BEGIN
  PERFORM set_config('orderbell.pool', 'migration', true);
  INSERT INTO audit_log (id, project_id, at, key_id, operation, object_id, before, after)
  SELECT entry, w.project_id, changed_at, null, 'webhookEnable', w.id, was, became FROM webhooks w WHERE w.id = webhook;
  PERFORM set_config('orderbell.pool', pool, true);
END;
$$;--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION add_recovery_entry(text, text, timestamptz, jsonb, jsonb) FROM PUBLIC;
