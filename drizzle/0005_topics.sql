CREATE TABLE "topics" (
	"project_id" text collate "C" NOT NULL,
	"name" text collate "C" NOT NULL,
	"description" text NOT NULL,
	"schema" text NOT NULL,
	"example" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "topics_project_id_name_pk" PRIMARY KEY("project_id","name")
);
--> statement-breakpoint
ALTER TABLE "topics" ADD CONSTRAINT "topics_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE no action ON UPDATE no action;