CREATE TABLE "attempt_contents" (
	"attempt_id" text collate "C" NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"request_url" text,
	"request_headers" jsonb,
	"request_body" text,
	"response_headers" text,
	"response_body" "bytea",
	"response_body_size" bigint,
	"response_truncated" boolean,
	CONSTRAINT "attempt_contents_started_at_attempt_id_pk" PRIMARY KEY("started_at","attempt_id")
) PARTITION BY RANGE ("started_at");
--> statement-breakpoint
CREATE TABLE "attempts" (
	"id" text collate "C" NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"position" bigint,
	"delivery_id" text collate "C",
	"webhook_id" text collate "C" NOT NULL,
	"order_id" text collate "C",
	"topic" text NOT NULL,
	"number" integer NOT NULL,
	"trigger" text NOT NULL,
	"outcome" text NOT NULL,
	"detail" text,
	"status_code" integer,
	"started_at" timestamp (3) with time zone NOT NULL,
	"duration_ms" integer,
	"resolved_address" text,
	"next_step" text NOT NULL,
	"next_step_reason" text NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	CONSTRAINT "attempts_started_at_id_pk" PRIMARY KEY("started_at","id")
) PARTITION BY RANGE ("started_at");
--> statement-breakpoint
CREATE TABLE "counters" (
	"project_id" text collate "C" NOT NULL,
	"kind" text NOT NULL,
	"value" integer NOT NULL,
	CONSTRAINT "counters_project_id_kind_pk" PRIMARY KEY("project_id","kind")
);
--> statement-breakpoint
CREATE TABLE "customers" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"number" integer NOT NULL,
	"name" text NOT NULL,
	"car_type" text,
	"car_color" text,
	"license_plate" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"webhook_id" text collate "C" NOT NULL,
	"event_id" text collate "C" NOT NULL,
	"order_id" text collate "C",
	"topic" text NOT NULL,
	"state" text NOT NULL,
	"skip_reason" text,
	"attempt_count" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"interruptions" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp (3) with time zone,
	"lease_token" text,
	"lease_until" timestamp (3) with time zone,
	"lease_started_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"topic" text NOT NULL,
	"order_id" text collate "C",
	"sequence" integer,
	"data" text NOT NULL,
	"delivery_count" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "feeds" (
	"project_id" text collate "C" PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"project_id" text collate "C" NOT NULL,
	"mutation" text NOT NULL,
	"key" text NOT NULL,
	"input_hash" text NOT NULL,
	"answer" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_project_id_mutation_key_pk" PRIMARY KEY("project_id","mutation","key")
);
--> statement-breakpoint
CREATE TABLE "installation" (
	"id" text PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"role" text NOT NULL,
	"name" text,
	"secret_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "orders" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"number" integer NOT NULL,
	"uid" text NOT NULL,
	"state" text NOT NULL,
	"customer_state" text NOT NULL,
	"version" integer NOT NULL,
	"sequence" integer NOT NULL,
	"site_id" text collate "C" NOT NULL,
	"customer_id" text collate "C",
	"partner_identifier" text,
	"redemption_code" text,
	"area_name" text,
	"pickup_starts_at" timestamp (3) with time zone,
	"pickup_ends_at" timestamp (3) with time zone,
	"eta_at" timestamp (3) with time zone,
	"arrived_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"sealed_data_key" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sites" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"number" integer NOT NULL,
	"name" text NOT NULL,
	"partner_identifier" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "webhook_health" (
	"webhook_id" text collate "C" PRIMARY KEY NOT NULL,
	"consecutive_failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"name" text NOT NULL,
	"url" text NOT NULL,
	"topics" text[] NOT NULL,
	"preset" text NOT NULL,
	"overrides" jsonb NOT NULL,
	"sealed_secret" text,
	"disabled_reason" text,
	"disabled_message" text,
	"disabled_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "counters" ADD CONSTRAINT "counters_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "customers" ADD CONSTRAINT "customers_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keys" ADD CONSTRAINT "keys_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sites" ADD CONSTRAINT "sites_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD CONSTRAINT "webhook_health_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attempts_feed" ON "attempts" USING btree ("project_id","position");--> statement-breakpoint
CREATE INDEX "attempts_project" ON "attempts" USING btree ("project_id","started_at","id");--> statement-breakpoint
CREATE INDEX "attempts_webhook" ON "attempts" USING btree ("webhook_id","started_at","id");--> statement-breakpoint
CREATE INDEX "attempts_delivery" ON "attempts" USING btree ("delivery_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "customers_number" ON "customers" USING btree ("project_id","number");--> statement-breakpoint
CREATE INDEX "deliveries_due" ON "deliveries" USING btree ("webhook_id","due_at","id") WHERE due_at is not null and lease_token is null;--> statement-breakpoint
CREATE INDEX "deliveries_leases" ON "deliveries" USING btree ("lease_until") WHERE lease_token is not null;--> statement-breakpoint
CREATE INDEX "deliveries_project" ON "deliveries" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "deliveries_webhook" ON "deliveries" USING btree ("webhook_id","id");--> statement-breakpoint
CREATE INDEX "deliveries_order" ON "deliveries" USING btree ("order_id","id") WHERE order_id is not null;--> statement-breakpoint
CREATE INDEX "events_project" ON "events" USING btree ("project_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "events_sequence" ON "events" USING btree ("order_id","sequence");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_number" ON "orders" USING btree ("project_id","number");--> statement-breakpoint
CREATE UNIQUE INDEX "orders_uid" ON "orders" USING btree ("project_id","uid");--> statement-breakpoint
CREATE UNIQUE INDEX "sites_number" ON "sites" USING btree ("project_id","number");--> statement-breakpoint
CREATE INDEX "webhooks_project" ON "webhooks" USING btree ("project_id","id") WHERE deleted_at is null;--> statement-breakpoint
-- From here on by hand: what drizzle cannot say.
INSERT INTO "installation" ("id") VALUES (substr(md5(random()::text || clock_timestamp()::text), 1, 12));--> statement-breakpoint
-- The partitions of the days asked for, named attempts_20260226 and attempt_contents_20260226; safe when several ask at once.
CREATE FUNCTION ensure_attempt_partitions(first_day date, last_day date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  part text;
  day date;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('orderbell.ensure_attempt_partitions'));
  FOREACH parent IN ARRAY ARRAY['attempts', 'attempt_contents'] LOOP
    day := first_day;
    WHILE day <= last_day LOOP
      part := parent || '_' || to_char(day, 'YYYYMMDD');
      IF to_regclass(part) IS NULL THEN
        EXECUTE format(
          'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
          part, parent, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
        );
      END IF;
      day := day + 1;
    END LOOP;
  END LOOP;
END;
$$;
