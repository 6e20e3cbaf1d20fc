-- Sums of rollup_minute, so that a look at a day reads a thousand rows and not a million. A minute is folded once, half a
-- minute after its end, when no settle can write into it any more: it takes its minute after its locks and lasts 8 s at most.
-- Tenant '*' is all tenants together: no tenant id has that character.

CREATE TABLE rollup_totals (
  bucket        timestamptz NOT NULL,
  tenant_id     text COLLATE "C" NOT NULL,
  stored        bigint NOT NULL,
  dead_lettered bigint NOT NULL,
  repeats       bigint NOT NULL,
  latency       bigint[] NOT NULL,
  PRIMARY KEY (tenant_id, bucket) -- throughput of one tenant, or of all
);

CREATE TABLE rollup_hour (
  bucket        timestamptz NOT NULL,
  tenant_id     text COLLATE "C" NOT NULL,
  event_type    text COLLATE "C" NOT NULL,
  stored        bigint NOT NULL,
  dead_lettered bigint NOT NULL,
  PRIMARY KEY (tenant_id, bucket, event_type) -- top types of one tenant, or of all
);

-- One row: rollup_minute before this moment is folded, and the hours that end before it.
CREATE TABLE rollup_folded (folded_until timestamptz NOT NULL);
INSERT INTO rollup_folded VALUES ('-infinity');

-- Folds what is over of one hour; returns how many rows of rollup_minute it summed. Of several callers at once one does it.
CREATE FUNCTION fold_rollups() RETURNS bigint
LANGUAGE plpgsql
SET enable_seqscan = off -- a young table has no statistics, and every access here is by key
AS $$
DECLARE
  v_from  timestamptz;
  v_until timestamptz := date_bin('1 minute', clock_timestamp() - interval '30 seconds', '2000-01-01 00:00Z');
  v_hour  timestamptz;
  v_first timestamptz;
  v_rows  bigint;
BEGIN
  SELECT f.folded_until INTO v_from FROM rollup_folded f FOR UPDATE SKIP LOCKED;
  IF NOT FOUND OR v_from >= v_until THEN RETURN 0; END IF;
  SELECT m.bucket INTO v_first FROM rollup_minute m WHERE m.bucket >= v_from AND m.bucket < v_until ORDER BY m.bucket LIMIT 1;
  IF v_first IS NULL THEN
    -- The last hour may end with minutes in which nothing was settled: its sum is due all the same.
    v_hour := date_bin('1 hour', v_from, '2000-01-01 00:00Z');
    IF v_from > '-infinity' AND v_from > v_hour AND v_until >= v_hour + interval '1 hour' THEN
      PERFORM fold_hour(v_hour);
    END IF;
    UPDATE rollup_folded SET folded_until = v_until;
    RETURN 0;
  END IF;
  IF v_from > '-infinity' THEN
    v_hour := date_bin('1 hour', v_from, '2000-01-01 00:00Z');
    IF v_from > v_hour AND v_first >= v_hour + interval '1 hour' THEN
      PERFORM fold_hour(v_hour);
    END IF;
  END IF;
  v_hour := date_bin('1 hour', v_first, '2000-01-01 00:00Z');
  v_until := least(v_until, v_hour + interval '1 hour');
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
  IF v_until = v_hour + interval '1 hour' THEN
    PERFORM fold_hour(v_hour);
  END IF;
  UPDATE rollup_folded SET folded_until = v_until;
  RETURN v_rows;
END
$$;

CREATE FUNCTION fold_hour(p_hour timestamptz) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO rollup_hour (bucket, tenant_id, event_type, stored, dead_lettered)
  SELECT p_hour, coalesce(m.tenant_id, '*'), m.event_type, sum(m.stored), sum(m.dead_lettered)
  FROM rollup_minute m WHERE m.bucket >= p_hour AND m.bucket < p_hour + interval '1 hour'
  GROUP BY GROUPING SETS ((m.tenant_id, m.event_type), (m.event_type))
$$;
