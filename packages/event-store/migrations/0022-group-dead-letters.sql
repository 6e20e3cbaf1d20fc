-- Groups of dead letters from an index alone. The rows hold whole records: to count 80,000 by their failures read 100 MB.

-- Tells pointers apart and is short enough for an index; a pointer may be longer than that takes. Null: no pointer.
ALTER TABLE dead_letters ADD COLUMN pointer_key text COLLATE "C" GENERATED ALWAYS AS (
  CASE WHEN octet_length(pointer) <= 200 THEN pointer ELSE left(pointer, 40) || hashtextextended(pointer, 0) END
) STORED;
-- What failed alike, by tenant.
CREATE INDEX dead_letters_alike ON dead_letters (state, reason, pointer_key, tenant_id) INCLUDE (first_failed_at, failed_at);
