-- Search in the texts of dead letters: any part of three characters or more, by its trigrams.

-- All that is searched, as one text; a unit separator keeps a search from matching across. Immutable, which concat_ws is not.
CREATE FUNCTION dead_letter_text(p_event_id text, p_event_type text, p_key text, p_pointer text, p_detail text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(p_event_id, '') || E'\x1f' || coalesce(p_event_type, '') || E'\x1f' || coalesce(p_key, '') || E'\x1f' ||
         coalesce(p_pointer, '') || E'\x1f' || p_detail
$$;

-- The extension comes with PostgreSQL's contrib modules, and a database's owner may create it. Where it cannot be had the search reads
-- every dead letter of its states: slower, and as right.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  -- Words of dead letters.
  CREATE INDEX dead_letters_text ON dead_letters
    USING gin (dead_letter_text(event_id, event_type, idempotency_key, pointer, detail) gin_trgm_ops);
EXCEPTION WHEN undefined_file OR insufficient_privilege OR feature_not_supported THEN
  RAISE NOTICE 'pg_trgm cannot be had here (%): dead letters are searched without an index', SQLERRM;
END
$$;
