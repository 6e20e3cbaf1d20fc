-- Numbers for people, moved in the settling transaction so that they can be trusted: overviews never scan events.
-- Each writer has a shard of its own, so that two processors do not wait for each other's rows.

-- What became of records, by processing time and event type ('' where the tenant or the type could not be read).
CREATE TABLE rollup_minute (
  bucket        timestamptz NOT NULL,
  tenant_id     text COLLATE "C" NOT NULL,
  event_type    text COLLATE "C" NOT NULL,
  shard         smallint NOT NULL,
  stored        bigint NOT NULL,
  dead_lettered bigint NOT NULL,
  repeats       bigint NOT NULL,
  -- Stored events by the time from acceptance to storage; bounds: LATENCY_BUCKET_BOUNDS_MS.
  latency       integer[] NOT NULL,
  PRIMARY KEY (bucket, tenant_id, event_type, shard) -- throughput and top types of the last minutes; types of a minute
) WITH (fillfactor = 50); -- the rows of the running bucket are updated by every batch

-- The same for the last hour, so that "last minute" can reach up to now.
CREATE TABLE rollup_10s (LIKE rollup_minute INCLUDING STORAGE) WITH (fillfactor = 50);
ALTER TABLE rollup_10s ADD PRIMARY KEY (bucket, tenant_id, event_type, shard); -- the last minutes up to now

-- Every accepted record once, by tenant and the minute of its receipt. The background reconciler compares it with the
-- tables: stored = rows in events, dead_lettered = dead letters that are not redriven.
CREATE TABLE balance_minute (
  minute        timestamptz NOT NULL,
  tenant_id     text COLLATE "C" NOT NULL,
  shard         smallint NOT NULL,
  stored        bigint NOT NULL,
  dead_lettered bigint NOT NULL,
  repeats       bigint NOT NULL,
  PRIMARY KEY (minute, tenant_id, shard) -- the balance of the last minutes
) WITH (fillfactor = 50);
