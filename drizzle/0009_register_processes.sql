CREATE TABLE "processes" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"roles" text[] NOT NULL,
	"version" text NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"key_fingerprints" text[] NOT NULL,
	"started_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
-- As every table: forced, so that it holds for the tables' owner too. Only the admin pool has a policy (src/db/walls.ts).
ALTER TABLE "processes" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
