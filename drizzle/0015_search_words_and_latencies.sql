CREATE TABLE "search_words" (
	"owner_id" text collate "C" NOT NULL,
	"word" text collate "C" NOT NULL,
	"project_id" text collate "C" NOT NULL,
	CONSTRAINT "search_words_owner_id_word_pk" PRIMARY KEY("owner_id","word")
);
--> statement-breakpoint
ALTER TABLE "webhook_attempt_counts" ADD COLUMN "latencies" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
CREATE INDEX "search_words_word" ON "search_words" USING btree ("project_id","word","owner_id");--> statement-breakpoint
ALTER TABLE "search_words" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE POLICY tenant_all ON "search_words"
  USING (project_id = nullif(current_setting('orderbell.project_id', true), '')
    AND (SELECT nullif(current_setting('orderbell.partner_id', true), '') IS NULL));--> statement-breakpoint
-- The words of existing customers and orders, by the rules of src/domain/orders/search-words.ts. The server writes those of
-- new ones. The owner sees the rows only while row-level security is not forced.
CREATE FUNCTION search_words_of(given text, is_one boolean, is_plate boolean) RETURNS SETOF text LANGUAGE sql AS $$
  WITH folded(t) AS (
    SELECT translate(regexp_replace(lower(normalize(given, NFKD)), '[\u0300-\u036f]+', '', 'g'), 'øđðłı', 'oddli')
  ), plain(t) AS (
    SELECT replace(replace(replace(replace(t, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') FROM folded
  ), split(t) AS (
    SELECT CASE WHEN is_plate
      THEN regexp_replace(regexp_replace(t, '([a-z])(?=[0-9])', '\1-', 'g'), '([0-9])(?=[a-z])', '\1-', 'g') ELSE t END
    FROM plain
  ), pieces(parts) AS (
    SELECT array_remove(
      regexp_split_to_array(piece, '[\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f]+'), '')
    FROM split, regexp_split_to_table(CASE WHEN is_one THEN regexp_replace(t, '\s+', '-', 'g') ELSE t END, '\s+') AS piece
  )
  SELECT left(array_to_string(parts[place:], ''), 32)
  FROM pieces, generate_series(1, least(8, cardinality(parts))) AS place
  WHERE place = 1 OR length(array_to_string(parts[place:], '')) >= 2
$$;--> statement-breakpoint
ALTER TABLE "customers" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "orders" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "search_words" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
INSERT INTO "search_words" ("owner_id", "word", "project_id")
  SELECT c.id, w.word, c.project_id FROM customers c CROSS JOIN LATERAL (
    SELECT search_words_of(c.name, false, false) WHERE c.name <> '[erased]'
    UNION SELECT search_words_of(c.license_plate, true, true)
  ) AS w(word);--> statement-breakpoint
INSERT INTO "search_words" ("owner_id", "word", "project_id")
  SELECT o.id, w.word, o.project_id FROM orders o CROSS JOIN LATERAL (
    SELECT search_words_of(o.partner_identifier, true, false) UNION SELECT search_words_of(o.redemption_code, true, false)
  ) AS w(word);--> statement-breakpoint
ALTER TABLE "search_words" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "orders" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "customers" FORCE ROW LEVEL SECURITY;--> statement-breakpoint
DROP FUNCTION search_words_of(text, boolean, boolean);
