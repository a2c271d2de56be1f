ALTER TABLE "due_deliveries" ADD COLUMN "order_place" text collate "C";--> statement-breakpoint
ALTER TABLE "webhooks" ADD COLUMN "ordering" text DEFAULT 'NONE' NOT NULL;--> statement-breakpoint
CREATE INDEX "due_deliveries_order" ON "due_deliveries" USING btree ("webhook_id","order_place") WHERE order_place is not null;--> statement-breakpoint
-- The place of a delivery's event among those of its order, as `orderPlaceOf` writes it. Null: the webhook has no ordering, or
-- the event has no order.
CREATE FUNCTION order_place(delivery text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT e.order_id || ':' || lpad(e.sequence::text, 10, '0')
  FROM deliveries d
  JOIN webhooks w ON w.id = d.webhook_id
  JOIN events e ON e.id = d.event_id
  WHERE d.id = delivery AND w.ordering <> 'NONE' AND e.order_id IS NOT NULL
$$;--> statement-breakpoint
-- Makes the next delivery of the order due if a claim held it. The claim locks a delivery before it looks for earlier ones, so
-- this one waits for the claim and sees its decision.
CREATE FUNCTION release_next_in_order() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  next record;
BEGIN
  IF TG_OP = 'UPDATE' AND NOT EXISTS (
    SELECT FROM webhooks WHERE id = OLD.webhook_id AND ordering = 'LATEST_ONLY'
  ) THEN
    RETURN NULL;
  END IF;
  SELECT delivery_id, due_at INTO next FROM due_deliveries
  WHERE webhook_id = OLD.webhook_id AND order_place > OLD.order_place AND order_place < left(OLD.order_place, -11) || ';'
  ORDER BY order_place LIMIT 1
  FOR UPDATE;
  IF next.due_at = 'infinity' THEN
    UPDATE due_deliveries SET due_at = coalesce((SELECT due_at FROM deliveries WHERE id = next.delivery_id), now())
    WHERE delivery_id = next.delivery_id;
  END IF;
  RETURN NULL;
END;
$$;--> statement-breakpoint
-- Only rows of webhooks with an ordering have a place; for all others the condition is all that is evaluated.
CREATE TRIGGER due_deliveries_left AFTER DELETE ON "due_deliveries"
  FOR EACH ROW WHEN (OLD.order_place IS NOT NULL) EXECUTE FUNCTION release_next_in_order();--> statement-breakpoint
-- LATEST_ONLY: when an attempt ends and is to be repeated, the delivery that waited for it replaces it.
CREATE TRIGGER due_deliveries_unleased AFTER UPDATE OF lease_token ON "due_deliveries"
  FOR EACH ROW WHEN (OLD.order_place IS NOT NULL AND OLD.lease_token IS NOT NULL AND NEW.lease_token IS NULL)
  EXECUTE FUNCTION release_next_in_order();
