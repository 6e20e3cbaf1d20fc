-- The log on PostgreSQL: topics, partitions, records, and how far each group has come.
-- Offsets of a partition are taken under its row's lock, so they are gapless and become visible in order.

CREATE TABLE log_topics (
  name       text PRIMARY KEY,
  -- Tells one life of a topic from another: offsets of a topic deleted and made again are not comparable.
  generation uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE log_partitions (
  -- Stands for (topic, partition) in records, offsets and advisory locks; never used twice.
  id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic            text NOT NULL REFERENCES log_topics (name) ON DELETE CASCADE,
  partition        integer NOT NULL CHECK (partition >= 0),
  -- The first offset still held. Kept beside the records so that an emptied partition has lag 0, not an unknown one.
  first_offset     bigint NOT NULL DEFAULT 0,
  next_offset      bigint NOT NULL DEFAULT 0,
  last_appended_at timestamptz NOT NULL DEFAULT '-infinity',
  UNIQUE (topic, partition),
  CHECK (first_offset BETWEEN 0 AND next_offset)
) WITH (fillfactor = 10); -- every append updates a row here: room on the page keeps those updates off the indexes

-- No foreign key to log_partitions: it would lock the partition's row once more for every record.
CREATE TABLE log_records (
  partition_id  integer NOT NULL,
  record_offset bigint NOT NULL,
  key           text,
  value         bytea NOT NULL,
  headers       json, -- null: none. Not jsonb, which refuses strings that JSON allows
  appended_at   timestamptz NOT NULL, -- never falls within a partition: log_first_offset_at searches by halves
  PRIMARY KEY (partition_id, record_offset) -- reading from an offset, retention by range
);
ALTER TABLE log_records ALTER COLUMN value SET STORAGE EXTERNAL; -- CPU is what runs out first, not disk: nothing is compressed

CREATE TABLE log_group_members (
  topic              text NOT NULL,
  group_name         text NOT NULL,
  member_id          uuid NOT NULL,
  -- The session that holds this member's advisory locks.
  backend_pid        integer NOT NULL,
  joined_at          timestamptz NOT NULL,
  heartbeat_at       timestamptz NOT NULL,
  session_timeout_ms integer NOT NULL,
  PRIMARY KEY (topic, group_name, member_id)
) WITH (fillfactor = 50);

CREATE TABLE log_group_offsets (
  partition_id integer NOT NULL REFERENCES log_partitions (id) ON DELETE CASCADE,
  group_name   text NOT NULL,
  -- The next offset that the group will read; all below it is settled.
  committed    bigint NOT NULL,
  committed_at timestamptz NOT NULL,
  PRIMARY KEY (partition_id, group_name)
) WITH (fillfactor = 10);

CREATE FUNCTION log_create_topic(p_topic text, p_partitions integer) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO log_topics (name) VALUES (p_topic);
  INSERT INTO log_partitions (topic, partition) SELECT p_topic, n FROM generate_series(0, p_partitions - 1) n;
$$;

-- Appends records that are sorted by partition, all or none, and returns the first offset given in each partition.
--   p_partition_ids  ascending, each once: the fixed order of locks, so that two appends never wait for each other
--   p_counts         records of each of those partitions
--   p_keys, p_headers  one per record, or null when no record has any
--   p_blob, p_starts, p_lengths  all values in one piece; starts count from 1
-- Raises SL001 when a partition is gone (its topic was deleted).
CREATE FUNCTION log_append(
  p_partition_ids integer[], p_counts integer[], p_keys text[], p_headers json[],
  p_blob bytea, p_starts integer[], p_lengths integer[]
) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
  v_bases bigint[] := '{}';
  v_base  bigint;
  v_at    timestamptz;
  v_from  integer := 1;
  v_to    integer;
BEGIN
  FOR i IN 1 .. cardinality(p_partition_ids) LOOP
    v_to := v_from + p_counts[i] - 1;
    UPDATE log_partitions
       SET next_offset = next_offset + p_counts[i], last_appended_at = greatest(last_appended_at, clock_timestamp())
     WHERE id = p_partition_ids[i]
    RETURNING next_offset - p_counts[i], last_appended_at INTO v_base, v_at;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no log partition %', p_partition_ids[i] USING ERRCODE = 'SL001';
    END IF;
    INSERT INTO log_records (partition_id, record_offset, key, value, headers, appended_at)
    SELECT p_partition_ids[i], v_base + r.n - 1, r.key, substr(p_blob, r.start, r.length), r.headers, v_at
      FROM unnest(p_starts[v_from:v_to], p_lengths[v_from:v_to], p_keys[v_from:v_to], p_headers[v_from:v_to])
           WITH ORDINALITY AS r (start, length, key, headers, n);
    v_bases := v_bases || v_base;
    v_from := v_to + 1;
  END LOOP;
  RETURN v_bases;
END $$;

-- The first offset of a partition whose record was appended at or after a moment; next_offset when there is none.
-- Halves the range: some 25 look-ups instead of an index on a column that every append would have to keep.
CREATE FUNCTION log_first_offset_at(p_partition_id integer, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_low  bigint;
  v_high bigint;
  v_mid  bigint;
  v_at   timestamptz;
BEGIN
  SELECT first_offset, next_offset INTO v_low, v_high FROM log_partitions WHERE id = p_partition_id;
  WHILE v_low < v_high LOOP
    v_mid := (v_low + v_high) / 2;
    SELECT appended_at INTO v_at FROM log_records WHERE partition_id = p_partition_id AND record_offset = v_mid;
    IF v_at < p_at THEN v_low := v_mid + 1; ELSE v_high := v_mid; END IF;
  END LOOP;
  RETURN v_low;
END $$;

-- A sign of life of a member, its first one being its joining. Returns how many live members the group has and how
-- many of them joined before this one: together they say what each one's fair share is.
-- Live: heard within its session timeout, and its session still exists (a killed process is noticed at once).
CREATE FUNCTION log_group_beat(p_topic text, p_group text, p_member uuid, p_session_timeout_ms integer)
RETURNS TABLE (members integer, elders integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  INSERT INTO log_group_members
    VALUES (p_topic, p_group, p_member, pg_backend_pid(), clock_timestamp(), clock_timestamp(), p_session_timeout_ms)
  ON CONFLICT (topic, group_name, member_id) DO UPDATE SET heartbeat_at = clock_timestamp();
  RETURN QUERY
    SELECT count(*)::integer, (count(*) FILTER (WHERE (m.joined_at, m.member_id) < (me.joined_at, me.member_id)))::integer
      FROM log_group_members me
      JOIN log_group_members m ON m.topic = me.topic AND m.group_name = me.group_name
     WHERE me.topic = p_topic AND me.group_name = p_group AND me.member_id = p_member
       AND m.heartbeat_at > clock_timestamp() - make_interval(secs => m.session_timeout_ms / 1000.0)
       AND EXISTS (SELECT FROM pg_stat_get_activity(m.backend_pid));
END $$;

-- Takes up to p_wanted of the partitions, tried in the order given, by session advisory locks. The committed offset is
-- read after the lock is ours: what the holder before us committed is in it.
-- When some are missing, ends the sessions of silent members that hold them. Who holds a lock is asked of pg_locks at
-- that moment, never remembered: pids come back. The partition itself is for the next call.
-- One row per partition taken; a row with partition_id null says that a session was ended.
--   p_lock_class  the upper half of the 64-bit lock key, from the group's name; the lower half is the partition's id
CREATE FUNCTION log_group_take(p_topic text, p_group text, p_partition_ids integer[], p_lock_class integer, p_wanted integer)
RETURNS TABLE (partition_id integer, first_offset bigint, committed bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_id    integer;
  v_pid   integer;
  v_taken integer := 0;
BEGIN
  FOREACH v_id IN ARRAY p_partition_ids LOOP
    EXIT WHEN v_taken >= p_wanted;
    IF pg_try_advisory_lock((p_lock_class::bigint << 32) | v_id) THEN
      v_taken := v_taken + 1;
      RETURN QUERY
        SELECT p.id, p.first_offset, o.committed
          FROM log_partitions p
          LEFT JOIN log_group_offsets o ON o.partition_id = p.id AND o.group_name = p_group
         WHERE p.id = v_id;
    END IF;
  END LOOP;
  IF v_taken < p_wanted THEN
    FOR v_pid IN
      SELECT l.pid
        FROM pg_locks l
       WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         -- classid and objid are oids, which are unsigned
         AND l.classid = (p_lock_class::bigint & 4294967295)::oid AND l.objid = ANY (p_partition_ids::oid[])
         -- Only who once was a member of this group and is silent: no other program's session is ours to end.
         AND (SELECT bool_and(m.heartbeat_at <= clock_timestamp() - make_interval(secs => m.session_timeout_ms / 1000.0))
                FROM log_group_members m
               WHERE m.topic = p_topic AND m.group_name = p_group AND m.backend_pid = l.pid)
    LOOP -- not in the WHERE above, whose parts run in any order
      PERFORM pg_terminate_backend(v_pid);
      RETURN QUERY SELECT NULL::integer, NULL::bigint, NULL::bigint;
    END LOOP;
  END IF;
END $$;

-- The platform's topics; the names and numbers are those of contract/topics.ts, which a test compares.
SELECT log_create_topic('events.raw', 6);
SELECT log_create_topic('events.dlq', 3);
