-- The comparison of what was counted with what is there, so that a row lost behind our back shows.

-- Rows of a minute of receipt. They are written nearly in that order, so a summary of each few pages finds them, for almost nothing
-- at writing.
CREATE INDEX events_received ON events USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX dead_letters_received ON dead_letters USING brin ((coalesce(received_at, first_failed_at)))
  WITH (pages_per_range = 32, autosummarize = on);

-- When each minute of receipt was last compared.
CREATE TABLE balance_checks (
  minute     timestamptz PRIMARY KEY, -- the checks of the last minutes; those due
  checked_at timestamptz NOT NULL
);

-- Where counted and found differ; above 0: missing.
CREATE TABLE balance_gaps (
  minute        timestamptz NOT NULL,
  tenant_id     text COLLATE "C" NOT NULL,
  stored        bigint NOT NULL,
  dead_lettered bigint NOT NULL,
  -- When the log was searched for what is missing; null: not yet.
  searched_at   timestamptz,
  PRIMARY KEY (minute, tenant_id) -- the gaps of the last minutes
);

-- Records of the log that have no row: what a gap may consist of.
CREATE TABLE balance_candidates (
  minute        timestamptz NOT NULL,
  tenant_id     text COLLATE "C" NOT NULL,
  receipt_id    uuid NOT NULL,
  topic         text NOT NULL,
  partition     integer NOT NULL,
  record_offset bigint NOT NULL,
  PRIMARY KEY (minute, tenant_id, receipt_id),
  FOREIGN KEY (minute, tenant_id) REFERENCES balance_gaps (minute, tenant_id) ON DELETE CASCADE
);

-- Compares the minutes from p_from on, before p_until, and keeps what differs; returns how many do. One statement sees one
-- snapshot, and a settling transaction moves counters and rows together: so it is exact at any moment, under load as well.
CREATE FUNCTION check_balance(p_from timestamptz, p_until timestamptz) RETURNS bigint
LANGUAGE plpgsql
SET enable_seqscan = off -- a young table has no statistics, and a summary index looks dear to the planner
AS $$
DECLARE
  v_gaps bigint;
BEGIN
  WITH counted AS (
    SELECT b.minute, b.tenant_id, sum(b.stored)::bigint AS stored, sum(b.dead_lettered)::bigint AS dead_lettered
    FROM balance_minute b WHERE b.minute >= p_from AND b.minute < p_until GROUP BY 1, 2
  ), found AS (
    SELECT f.minute, f.tenant_id, sum(f.stored)::bigint AS stored, sum(f.dead_lettered)::bigint AS dead_lettered
    FROM (
      SELECT date_bin('1 minute', e.received_at, '2000-01-01 00:00Z') AS minute, e.tenant_id, count(*) AS stored, 0 AS dead_lettered
      FROM events e WHERE e.received_at >= p_from AND e.received_at < p_until GROUP BY 1, 2
      UNION ALL
      SELECT date_bin('1 minute', coalesce(d.received_at, d.first_failed_at), '2000-01-01 00:00Z'), coalesce(d.tenant_id, ''), 0, count(*)
      FROM dead_letters d
      WHERE coalesce(d.received_at, d.first_failed_at) >= p_from AND coalesce(d.received_at, d.first_failed_at) < p_until
        AND d.state <> 'redriven'
      GROUP BY 1, 2
    ) f GROUP BY 1, 2
  ), differing AS (
    SELECT minute, tenant_id, coalesce(c.stored, 0) - coalesce(f.stored, 0) AS stored,
           coalesce(c.dead_lettered, 0) - coalesce(f.dead_lettered, 0) AS dead_lettered
    FROM counted c FULL JOIN found f USING (minute, tenant_id)
    WHERE coalesce(c.stored, 0) <> coalesce(f.stored, 0) OR coalesce(c.dead_lettered, 0) <> coalesce(f.dead_lettered, 0)
  ), closed AS (
    DELETE FROM balance_gaps g WHERE g.minute >= p_from AND g.minute < p_until
      AND NOT EXISTS (SELECT FROM differing d WHERE d.minute = g.minute AND d.tenant_id = g.tenant_id)
  ), kept AS (
    INSERT INTO balance_gaps AS g (minute, tenant_id, stored, dead_lettered)
    SELECT d.minute, d.tenant_id, d.stored, d.dead_lettered FROM differing d ORDER BY 1, 2
    ON CONFLICT (minute, tenant_id) DO UPDATE
    SET stored = excluded.stored, dead_lettered = excluded.dead_lettered,
        searched_at = CASE WHEN g.stored + g.dead_lettered = excluded.stored + excluded.dead_lettered THEN g.searched_at END
  ), checked AS (
    INSERT INTO balance_checks (minute, checked_at)
    SELECT m, now() FROM generate_series(p_from, p_until - interval '1 minute', interval '1 minute') m ORDER BY 1
    ON CONFLICT (minute) DO UPDATE SET checked_at = excluded.checked_at
  )
  SELECT count(*) INTO v_gaps FROM differing;
  RETURN v_gaps;
END
$$;
