-- The running hour is summed minute by minute, too, so that a look at the types of a day reads two minutes besides the hours, not up to
-- sixty: with 1,000 pairs of tenant and type in each minute that was 60,000 rows.

ALTER TABLE rollup_hour SET (fillfactor = 50); -- the running hour's rows are updated every minute

-- Adds minutes of one hour to its sums.
CREATE FUNCTION fold_into_hour(p_from timestamptz, p_until timestamptz) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO rollup_hour AS h (bucket, tenant_id, event_type, stored, dead_lettered)
  SELECT date_bin('1 hour', p_from, '2000-01-01 00:00Z'), coalesce(m.tenant_id, '*'), m.event_type, sum(m.stored), sum(m.dead_lettered)
  FROM rollup_minute m WHERE m.bucket >= p_from AND m.bucket < p_until
  GROUP BY GROUPING SETS ((m.tenant_id, m.event_type), (m.event_type))
  ON CONFLICT (tenant_id, bucket, event_type) DO UPDATE
  SET stored = h.stored + excluded.stored, dead_lettered = h.dead_lettered + excluded.dead_lettered
$$;

-- Folds what is over of one hour; returns how many rows of rollup_minute it summed. Of several callers at once one does it.
CREATE OR REPLACE FUNCTION fold_rollups() RETURNS bigint
LANGUAGE plpgsql
SET enable_seqscan = off -- a young table has no statistics, and every access here is by key
AS $$
DECLARE
  v_from  timestamptz;
  v_until timestamptz := date_bin('1 minute', clock_timestamp() - interval '30 seconds', '2000-01-01 00:00Z');
  v_first timestamptz;
  v_rows  bigint;
BEGIN
  SELECT f.folded_until INTO v_from FROM rollup_folded f FOR UPDATE SKIP LOCKED;
  IF NOT FOUND OR v_from >= v_until THEN RETURN 0; END IF;
  SELECT m.bucket INTO v_first FROM rollup_minute m WHERE m.bucket >= v_from AND m.bucket < v_until ORDER BY m.bucket LIMIT 1;
  IF v_first IS NULL THEN
    UPDATE rollup_folded SET folded_until = v_until;
    RETURN 0;
  END IF;
  v_until := least(v_until, date_bin('1 hour', v_first, '2000-01-01 00:00Z') + interval '1 hour');
  INSERT INTO rollup_totals (bucket, tenant_id, stored, dead_lettered, repeats, latency)
  SELECT m.bucket, coalesce(m.tenant_id, '*'), sum(m.stored), sum(m.dead_lettered), sum(m.repeats),
         ARRAY[sum(m.latency[1]), sum(m.latency[2]), sum(m.latency[3]), sum(m.latency[4]), sum(m.latency[5]), sum(m.latency[6]),
               sum(m.latency[7]), sum(m.latency[8]), sum(m.latency[9]), sum(m.latency[10]), sum(m.latency[11]), sum(m.latency[12]),
               sum(m.latency[13]), sum(m.latency[14]), sum(m.latency[15]), sum(m.latency[16]), sum(m.latency[17]), sum(m.latency[18]),
               sum(m.latency[19]), sum(m.latency[20]), sum(m.latency[21]), sum(m.latency[22]), sum(m.latency[23]), sum(m.latency[24]),
               sum(m.latency[25]), sum(m.latency[26]), sum(m.latency[27]), sum(m.latency[28]), sum(m.latency[29]), sum(m.latency[30]),
               sum(m.latency[31])]
  FROM rollup_minute m WHERE m.bucket >= v_first AND m.bucket < v_until
  GROUP BY GROUPING SETS ((m.bucket, m.tenant_id), (m.bucket));
  SELECT count(*) INTO v_rows FROM rollup_minute m WHERE m.bucket >= v_first AND m.bucket < v_until;
  PERFORM fold_into_hour(v_first, v_until);
  UPDATE rollup_folded SET folded_until = v_until;
  RETURN v_rows;
END
$$;

DROP FUNCTION fold_hour(timestamptz);

-- The minutes of the running hour that are folded already.
SELECT fold_into_hour(date_bin('1 hour', f.folded_until, '2000-01-01 00:00Z'), f.folded_until)
FROM (SELECT folded_until FROM rollup_folded FOR UPDATE) f WHERE isfinite(f.folded_until);
