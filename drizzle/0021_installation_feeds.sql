CREATE TABLE "installation_feed_projects" (
	"feed" text NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"position" bigint NOT NULL,
	CONSTRAINT "installation_feed_projects_feed_project_id_pk" PRIMARY KEY("feed","project_id")
);
--> statement-breakpoint
CREATE TABLE "installation_feed_ranges" (
	"feed" text NOT NULL,
	"position" bigint NOT NULL,
	"project_id" text collate "C" NOT NULL,
	"first_position" bigint NOT NULL,
	"last_position" bigint NOT NULL,
	CONSTRAINT "installation_feed_ranges_feed_position_pk" PRIMARY KEY("feed","position")
);
--> statement-breakpoint
CREATE TABLE "installation_feeds" (
	"feed" text PRIMARY KEY NOT NULL,
	"position" bigint NOT NULL,
	"expired_position" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "installation_feed_ranges_project" ON "installation_feed_ranges" USING btree ("feed","project_id","first_position");--> statement-breakpoint
-- Only the dispatcher's pool has a policy for these tables (src/db/connection/row-level-security.ts).
ALTER TABLE "installation_feeds" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "installation_feed_projects" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "installation_feed_ranges" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
