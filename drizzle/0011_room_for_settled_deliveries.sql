-- A settle updates neighbouring rows in one transaction, so a page needs room for a second version of each of its rows.
-- Otherwise the second version lies in another page, and every index of the table gets a new entry. Applies to new
-- pages: nothing is rewritten.
ALTER TABLE "deliveries" SET (fillfactor = 45);
