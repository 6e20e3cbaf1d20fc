-- Settles one batch. Each step is a statement of its own: under READ COMMITTED it then sees what an earlier one waited for.
-- Locks are always taken in the same order (positions, events, known dead letters, new ones, aliases, counters; sorted
-- within each), so two batches wait for each other but never in a circle.

-- STABLE as convert_from is: declared stricter than its body it would not be inlined, at 1 µs and more a call.
CREATE FUNCTION text_at(p_bytes bytea, p_start integer, p_length integer) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT convert_from(substr(p_bytes, p_start, p_length), 'UTF8') $$;

-- Moves the counters for a settled batch. Only positions at or beyond the partition's next are counted, so a batch that
-- is settled again moves none.
--   p_source_ids, p_next    per partition of the batch: settled_offsets.id, its next before this batch
--   p_part … p_types        per record: index of its partition, offset, 1 stored | 2, 4 repeat | 3 dead letter, Unix ms, index into p_type_*
--   p_accounted, p_balances per record: the same status for the balance (0: the record was accounted for before), index into p_balance_*
--   p_balance_minutes       minutes since 1970; null where no receipt can be read: now
--   p_moved_*               dead letters that were closed: -1 there, and the repeats that came of them
CREATE FUNCTION count_settled(
  p_now timestamptz, p_shard smallint, p_bounds integer[], p_source_ids integer[], p_next bigint[],
  p_part integer[], p_offset bigint[], p_status integer[], p_received bigint[], p_types integer[],
  p_type_tenants text[], p_type_names text[],
  p_accounted integer[], p_balances integer[], p_balance_tenants text[], p_balance_minutes bigint[],
  p_moved_tenants text[], p_moved_at timestamptz[], p_moved_repeats integer[]
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan -- else each of the first plans copies the batch's bytes
SET enable_seqscan = off -- statistics of a young table are missing, and every access here is by key
AS $$
#variable_conflict use_column
DECLARE
  -- Types of one tenant in one minute beyond this many become 'other': rollups stay small whatever a producer sends.
  c_max_types CONSTANT integer := 1000;
  v_minute timestamptz := date_bin('1 minute', p_now, '2000-01-01 00:00Z');
  v_now_ms CONSTANT bigint := ceil(extract(epoch FROM p_now) * 1000);
  v_10s    timestamptz := date_bin('10 seconds', p_now, '2000-01-01 00:00Z');
BEGIN
  WITH counted AS (
    SELECT r.type, r.status,
           -- The first bucket whose bound is not below the latency in whole ms, rounded up; 0 when clocks disagree.
           width_bucket((least(greatest(v_now_ms - r.received, 0), 2147483647) - 1)::integer, p_bounds) AS bucket,
           count(*)::integer AS n
    FROM unnest(p_part, p_offset, p_status, p_received, p_types) r (part, record_offset, status, received, type)
    WHERE r.record_offset >= p_next[r.part]
    GROUP BY 1, 2, 3
  ), known AS ( -- how many types each tenant has in this minute
    SELECT m.tenant_id, count(DISTINCT m.event_type) AS n
    FROM rollup_minute m
    WHERE m.bucket = v_minute AND m.tenant_id IN (SELECT unnest(p_type_tenants))
    GROUP BY m.tenant_id
  ), types AS (
    SELECT t.type, t.tenant,
           CASE WHEN t.present OR coalesce(known.n, 0) + row_number() OVER (PARTITION BY t.tenant, t.present ORDER BY t.type)
                                  <= c_max_types
                THEN t.name ELSE 'other' END AS name
    FROM (
      SELECT u.type, u.tenant, u.name, EXISTS (
        SELECT FROM rollup_minute m WHERE m.bucket = v_minute AND m.tenant_id = u.tenant AND m.event_type = u.name
      ) AS present
      FROM unnest(p_type_tenants, p_type_names) WITH ORDINALITY u (tenant, name, type)
    ) t LEFT JOIN known ON known.tenant_id = t.tenant
  ), histograms AS ( -- one element for each bucket, empty ones too
    SELECT t.tenant, t.name, array_agg(coalesce(c.n, 0) ORDER BY b.bucket) AS latency
    FROM (SELECT DISTINCT t.tenant, t.name FROM types t) t
    CROSS JOIN generate_series(0, cardinality(p_bounds)) b (bucket)
    LEFT JOIN (
      SELECT t.tenant, t.name, c.bucket, sum(c.n)::integer AS n
      FROM counted c JOIN types t ON t.type = c.type WHERE c.status = 1 GROUP BY 1, 2, 3
    ) c ON c.tenant = t.tenant AND c.name = t.name AND c.bucket = b.bucket
    GROUP BY 1, 2
  ), moves AS MATERIALIZED (
    SELECT s.*, h.latency
    FROM (
      SELECT t.tenant, t.name,
             coalesce(sum(c.n) FILTER (WHERE c.status = 1), 0) AS stored,
             coalesce(sum(c.n) FILTER (WHERE c.status = 3), 0) AS dead_lettered,
             coalesce(sum(c.n) FILTER (WHERE c.status IN (2, 4)), 0) AS repeats
      FROM types t JOIN counted c ON c.type = t.type
      GROUP BY 1, 2
    ) s JOIN histograms h ON h.tenant = s.tenant AND h.name = s.name
    ORDER BY s.tenant, s.name
  ), by_10s AS (
    INSERT INTO rollup_10s AS r (bucket, tenant_id, event_type, shard, stored, dead_lettered, repeats, latency)
    SELECT v_10s, m.tenant, m.name, p_shard, m.stored, m.dead_lettered, m.repeats, m.latency FROM moves m
    ON CONFLICT (bucket, tenant_id, event_type, shard) DO UPDATE
    SET stored = r.stored + excluded.stored, dead_lettered = r.dead_lettered + excluded.dead_lettered,
        repeats = r.repeats + excluded.repeats, latency = ARRAY(
          SELECT coalesce(h.x, 0) + coalesce(h.y, 0) FROM unnest(r.latency, excluded.latency) h (x, y))
  )
  INSERT INTO rollup_minute AS r (bucket, tenant_id, event_type, shard, stored, dead_lettered, repeats, latency)
  SELECT v_minute, m.tenant, m.name, p_shard, m.stored, m.dead_lettered, m.repeats, m.latency FROM moves m
  ON CONFLICT (bucket, tenant_id, event_type, shard) DO UPDATE
  SET stored = r.stored + excluded.stored, dead_lettered = r.dead_lettered + excluded.dead_lettered,
      repeats = r.repeats + excluded.repeats, latency = ARRAY(
          SELECT coalesce(h.x, 0) + coalesce(h.y, 0) FROM unnest(r.latency, excluded.latency) h (x, y));

  INSERT INTO balance_minute AS b (minute, tenant_id, shard, stored, dead_lettered, repeats)
  SELECT m.minute, m.tenant, p_shard, sum(m.stored), sum(m.dead_lettered), sum(m.repeats)
  FROM (
    SELECT coalesce(to_timestamp(p_balance_minutes[r.balance] * 60), v_minute) AS minute,
           p_balance_tenants[r.balance] AS tenant,
           count(*) FILTER (WHERE r.status = 1) AS stored,
           count(*) FILTER (WHERE r.status = 3) AS dead_lettered,
           count(*) FILTER (WHERE r.status IN (2, 4)) AS repeats
    FROM unnest(p_part, p_offset, p_accounted, p_balances) r (part, record_offset, status, balance)
    WHERE r.record_offset >= p_next[r.part] AND r.status > 0
    GROUP BY r.balance
    UNION ALL
    SELECT date_bin('1 minute', d.at, '2000-01-01 00:00Z'), coalesce(d.tenant, ''), 0, -1, d.repeats
    FROM unnest(p_moved_tenants, p_moved_at, p_moved_repeats) d (tenant, at, repeats)
  ) m
  GROUP BY 1, 2
  ORDER BY 1, 2
  ON CONFLICT (minute, tenant_id, shard) DO UPDATE
  SET stored = b.stored + excluded.stored, dead_lettered = b.dead_lettered + excluded.dead_lettered,
      repeats = b.repeats + excluded.repeats;

  UPDATE settled_offsets s
  SET next = greatest(s.next, c.next), stored = s.stored + c.stored, dead_lettered = s.dead_lettered + c.dead_lettered,
      repeats = s.repeats + c.repeats, settled_at = p_now
  FROM (
    SELECT r.part, max(r.record_offset) + 1 AS next,
           count(*) FILTER (WHERE r.status = 1) AS stored,
           count(*) FILTER (WHERE r.status = 3) AS dead_lettered,
           count(*) FILTER (WHERE r.status IN (2, 4)) AS repeats
    FROM unnest(p_part, p_offset, p_status) r (part, record_offset, status)
    WHERE r.record_offset >= p_next[r.part]
    GROUP BY r.part
  ) c
  WHERE s.id = p_source_ids[c.part];
END
$$;

-- Settles the records of one batch; safe to repeat. Records come sorted by (tenant, key, partition, offset).
--   p_partitions     the partitions of the batch, ascending
--   p_bytes          all texts and bytes of the batch in one piece; starts count from 1
--   per record:
--     p_part, p_offset         index into p_partitions, offset
--     p_status                 1 an event, 3 a dead letter
--     p_receipt, p_received    null where no envelope could be read; Unix ms
--     p_at + lengths           where its fingerprint (32 bytes), tenant, key, event id and type follow each other
--     p_payload_*, p_extra_*, p_original_*   start and length; length null: none
--     p_types, p_balances      see count_settled
--   per dead letter: p_dead (number of the record), reason, detail, pointer, stage, record identity (null: by event)
--   per redriven record: p_redrive (number of the record), the dead letter's id and its attempts when it was redriven
-- Returns a row for each record that is not simply stored: 2 repeat, 3 dead letter, 4 dead letter known before.
-- Raises 40001 when a row that stood in the way was deleted meanwhile: settle again.
CREATE FUNCTION settle_batch(
  p_topic text, p_generation text, p_shard smallint, p_bounds integer[], p_partitions integer[], p_bytes bytea,
  p_part integer[], p_offset bigint[], p_status integer[], p_receipt uuid[], p_received bigint[],
  p_at integer[], p_tenant_length integer[], p_key_length integer[], p_id_length integer[], p_type_length integer[],
  p_payload_at integer[], p_payload_length integer[], p_extra_at integer[], p_extra_length integer[],
  p_original_at integer[], p_original_length integer[],
  p_version integer[], p_occurred timestamptz[],
  p_types integer[], p_type_tenants text[], p_type_names text[],
  p_balances integer[], p_balance_tenants text[], p_balance_minutes bigint[],
  p_dead integer[], p_reason text[], p_detail text[], p_pointer text[], p_stage text[], p_identity text[],
  p_redrive integer[], p_redrive_id uuid[], p_redrive_attempts integer[]
) RETURNS TABLE (
  record integer, became integer, why text, told text, dead_letter uuid, attempt integer, is_new boolean
)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan -- else each of the first plans copies the batch's bytes
SET enable_seqscan = off -- statistics of a young table are missing, and every access here is by key
AS $$
#variable_conflict use_column
DECLARE
  c_records CONSTANT integer := cardinality(p_part);
  v_now         timestamptz;
  v_source_ids  integer[];
  v_next        bigint[];
  v_status      integer[] := p_status;
  v_stored      bigint;
  v_stored_in   integer[]; -- source ids and offsets of the rows inserted, in the order of the records
  v_stored_at   bigint[];
  v_seen        integer := 1;
  v_left        integer[] := '{}'; -- events that were not inserted
  v_row         uuid[] := array_fill(NULL::uuid, ARRAY[c_records]); -- the row that a repeat repeats
  v_letter      uuid[] := array_fill(NULL::uuid, ARRAY[c_records]); -- the dead letter that a record became or belongs to
  v_attempt     integer[] := array_fill(1, ARRAY[c_records]);
  v_reopened    boolean[] := array_fill(false, ARRAY[c_records]);
  v_close       uuid[]; -- dead letters that may be closed, and the record that does
  v_close_by    integer[];
  v_accounted   integer[];
  v_moved_tenants text[] := '{}';
  v_moved_at      timestamptz[] := '{}';
  v_moved_repeats integer[] := '{}';
  v_aliases       uuid[] := '{}';
  v_alias_for     uuid[] := '{}';
  v_alias_tenants text[] := '{}';
  r record;
BEGIN
  -- 1. Lock the partitions: batches of one partition go one after the other, and each position is counted once.
  LOOP
    SELECT array_agg(s.id ORDER BY s.partition), array_agg(s.next ORDER BY s.partition) INTO v_source_ids, v_next
    FROM (
      SELECT o.id, o.partition, o.next FROM settled_offsets o
      WHERE o.topic = p_topic AND o.generation = p_generation AND o.partition = ANY (p_partitions)
      ORDER BY o.partition FOR UPDATE
    ) s;
    EXIT WHEN cardinality(v_source_ids) = cardinality(p_partitions);
    INSERT INTO settled_offsets (topic, generation, partition, base, next)
    SELECT p_topic, p_generation, p_partitions[u.part], min(u.record_offset), min(u.record_offset)
    FROM unnest(p_part, p_offset) u (part, record_offset) GROUP BY u.part ORDER BY u.part
    ON CONFLICT DO NOTHING;
  END LOOP;
  v_now := clock_timestamp(); -- after the wait: now() is from before it

  -- 2. Store the events. No conflict target: with one, a twin inserted meanwhile raises 23505 on the id.
  WITH stored AS (
    INSERT INTO events (id, tenant_id, event_id, idempotency_key, event_type, schema_version, occurred_at, received_at,
                        processed_at, payload, extra, fingerprint, source_id, source_offset)
    SELECT u.receipt,
           text_at(p_bytes, u.at + 32, u.tenant_length),
           text_at(p_bytes, u.at + 32 + u.tenant_length + u.key_length, u.id_length),
           text_at(p_bytes, u.at + 32 + u.tenant_length, u.key_length),
           text_at(p_bytes, u.at + 32 + u.tenant_length + u.key_length + u.id_length, u.type_length),
           u.version, u.occurred, to_timestamp(u.received / 1000::float8), v_now,
           text_at(p_bytes, u.payload_at, u.payload_length)::jsonb,
           text_at(p_bytes, u.extra_at, u.extra_length)::jsonb,
           substr(p_bytes, u.at, 32), v_source_ids[u.part], u.record_offset
    FROM unnest(p_part, p_offset, p_status, p_receipt, p_received, p_at, p_tenant_length, p_key_length, p_id_length,
                p_type_length, p_payload_at, p_payload_length, p_extra_at, p_extra_length, p_version, p_occurred)
      u (part, record_offset, status, receipt, received, at, tenant_length, key_length, id_length,
         type_length, payload_at, payload_length, extra_at, extra_length, version, occurred)
    WHERE u.status = 1
    ON CONFLICT DO NOTHING
    RETURNING source_id, source_offset
  )
  SELECT count(*), array_agg(s.source_id), array_agg(s.source_offset) INTO v_stored, v_stored_in, v_stored_at FROM stored s;

  -- 3. What was not inserted is a repeat of the row that holds its key, or in conflict with it.
  IF v_stored + cardinality(p_dead) < c_records THEN
    FOR i IN 1 .. c_records LOOP
      IF p_status[i] = 1 THEN
        IF v_seen <= v_stored AND v_stored_at[v_seen] = p_offset[i] AND v_stored_in[v_seen] = v_source_ids[p_part[i]] THEN
          v_seen := v_seen + 1;
        ELSE
          v_left := v_left || i;
        END IF;
      END IF;
    END LOOP;
    FOR r IN
      SELECT l.n, h.id, h.fingerprint = substr(p_bytes, p_at[l.n], 32) OR h.id = p_receipt[l.n] AS same,
             h.source_id = v_source_ids[p_part[l.n]] AND h.source_offset = p_offset[l.n] AS mine,
             EXISTS (SELECT FROM events t WHERE t.id = p_receipt[l.n]) AS receipt_taken
      FROM unnest(v_left) l (n)
      LEFT JOIN events h ON h.tenant_id = text_at(p_bytes, p_at[l.n] + 32, p_tenant_length[l.n])
       AND h.idempotency_key = text_at(p_bytes, p_at[l.n] + 32 + p_tenant_length[l.n], p_key_length[l.n])
      ORDER BY l.n
    LOOP
      IF r.mine THEN -- this very record, settled before
        CONTINUE;
      ELSIF r.same THEN
        v_status[r.n] := 2;
        v_row[r.n] := r.id;
      ELSIF r.id IS NOT NULL OR r.receipt_taken THEN
        v_status[r.n] := 3;
        p_dead := p_dead || r.n;
        p_reason := p_reason || CASE WHEN r.id IS NULL THEN 'UNSTORABLE' ELSE 'IDEMPOTENCY_CONFLICT' END;
        p_detail := p_detail || CASE WHEN r.id IS NULL THEN 'The receipt id belongs to an event with another key.'
                                     ELSE 'Another event is stored under this idempotency key.' END;
        p_pointer := p_pointer || NULL::text;
        p_stage := p_stage || 'store'::text;
        p_identity := p_identity || NULL::text;
      ELSE
        RAISE EXCEPTION 'a row in the way was deleted meanwhile' USING ERRCODE = 'serialization_failure';
      END IF;
    END LOOP;
  END IF;

  -- 4. A dead letter whose event has a row is none: somebody judged it valid, or mended it.
  FOR r IN
    SELECT d.n, e.id
    FROM unnest(p_dead) d (n)
    JOIN events e ON e.tenant_id = text_at(p_bytes, p_at[d.n] + 32, p_tenant_length[d.n])
     AND e.idempotency_key = text_at(p_bytes, p_at[d.n] + 32 + p_tenant_length[d.n], p_key_length[d.n])
    WHERE p_receipt[d.n] IS NOT NULL
      AND (e.fingerprint = substr(p_bytes, p_at[d.n], 32) OR e.id = p_receipt[d.n])
  LOOP
    v_status[r.n] := 2;
    v_row[r.n] := r.id;
  END LOOP;

  -- 5. Lock the dead letters that this batch may close or reopen: those of its events, and those it redrives.
  SELECT array_agg(d.id), array_agg(u.n) INTO v_close, v_close_by
  FROM unnest(v_status, p_receipt, p_at, p_tenant_length, p_key_length) WITH ORDINALITY
    u (status, receipt, at, tenant_length, key_length, n)
  JOIN dead_letters d ON d.tenant_id = text_at(p_bytes, u.at + 32, u.tenant_length)
   AND d.idempotency_key = text_at(p_bytes, u.at + 32 + u.tenant_length, u.key_length)
   AND d.fingerprint = substr(p_bytes, u.at, 32)
  WHERE u.status IN (1, 2) AND u.receipt IS NOT NULL AND d.state IN ('open', 'redriving');

  IF v_close IS NOT NULL OR cardinality(p_redrive) > 0 THEN
    PERFORM FROM dead_letters d WHERE d.id = ANY (v_close || p_redrive_id) ORDER BY d.id FOR UPDATE;
    -- A redriven record belongs to its dead letter whatever its fingerprint is by now.
    FOR r IN
      SELECT x.n, d.id
      FROM unnest(p_redrive, p_redrive_id) x (n, id)
      JOIN dead_letters d ON d.id = x.id
      WHERE d.tenant_id IS NULL OR p_receipt[x.n] IS NULL
         OR d.tenant_id = text_at(p_bytes, p_at[x.n] + 32, p_tenant_length[x.n])
    LOOP
      v_letter[r.n] := r.id;
      IF v_status[r.n] IN (1, 2) THEN
        v_close := v_close || r.id;
        v_close_by := v_close_by || r.n;
      END IF;
    END LOOP;

    -- 6. Close those whose event has its row.
    FOR r IN
      UPDATE dead_letters d SET state = 'redriven', closed_at = v_now
      FROM (
        SELECT DISTINCT ON (x.id) x.id, x.n::integer AS n, v_letter[x.n::integer] IS NOT DISTINCT FROM x.id AS own
        FROM unnest(v_close, v_close_by) x (id, n)
        ORDER BY x.id, own DESC, x.n
      ) c
      WHERE d.id = c.id AND d.state IN ('open', 'redriving')
      RETURNING d.id, d.tenant_id, d.receipt_id, coalesce(d.received_at, d.first_failed_at) AS at, c.n, c.own
    LOOP
      INSERT INTO dead_letter_history (dead_letter_id, at, what, by) VALUES (r.id, v_now, 'stored', 'processor');
      v_moved_tenants := v_moved_tenants || r.tenant_id;
      v_moved_at := v_moved_at || r.at;
      -- Its own record stored it: the event moved from one place to the other. Else it turned out to be a repeat.
      v_moved_repeats := v_moved_repeats || CASE WHEN r.own AND v_status[r.n] = 1 THEN 0 ELSE 1 END;
      IF r.receipt_id <> coalesce(v_row[r.n], p_receipt[r.n]) THEN
        v_aliases := v_aliases || r.receipt_id;
        v_alias_for := v_alias_for || coalesce(v_row[r.n], p_receipt[r.n]);
        v_alias_tenants := v_alias_tenants || r.tenant_id;
      END IF;
    END LOOP;

    -- 7. Reopen those that failed again, of that attempt only: an old copy read again changes nothing.
    FOR r IN
      UPDATE dead_letters d
      SET state = 'open', attempts = d.attempts + 1, failed_at = v_now, reason = f.reason, detail = f.detail,
          pointer = f.pointer, stage = f.stage
      FROM (
        SELECT DISTINCT ON (x.id) x.id, x.attempts, l.n, l.reason, l.detail, l.pointer, l.stage
        FROM unnest(p_redrive, p_redrive_id, p_redrive_attempts) x (n, id, attempts)
        JOIN unnest(p_dead, p_reason, p_detail, p_pointer, p_stage) l (n, reason, detail, pointer, stage) ON l.n = x.n
        WHERE v_letter[x.n] = x.id AND v_status[x.n] = 3
        ORDER BY x.id, l.n
      ) f
      WHERE d.id = f.id AND d.state = 'redriving' AND d.attempts = f.attempts
      RETURNING d.id, d.attempts, d.reason, f.n
    LOOP
      v_reopened[r.n] := true;
      INSERT INTO dead_letter_history (dead_letter_id, at, what, by, note)
      VALUES (r.id, v_now, 'failed_again', 'processor', r.reason);
    END LOOP;
    FOR r IN
      SELECT x.n, d.attempts FROM unnest(p_redrive, p_redrive_id) x (n, id) JOIN dead_letters d ON d.id = x.id
      WHERE v_letter[x.n] = x.id AND v_status[x.n] = 3
    LOOP
      v_attempt[r.n] := r.attempts;
      IF NOT v_reopened[r.n] THEN
        v_status[r.n] := 4;
      END IF;
    END LOOP;
  END IF;

  -- 8. Open the other dead letters; one row per identity.
  IF cardinality(p_dead) > 0 THEN
    INSERT INTO dead_letters (record_identity, reason, detail, pointer, stage, original, first_failed_at, failed_at,
                              tenant_id, receipt_id, idempotency_key, fingerprint, received_at, event_id, event_type,
                              source_id, source_offset)
    SELECT l.identity, l.reason, l.detail, l.pointer, l.stage,
           substr(p_bytes, p_original_at[l.n], p_original_length[l.n]), v_now, v_now,
           CASE WHEN p_receipt[l.n] IS NOT NULL THEN text_at(p_bytes, p_at[l.n] + 32, p_tenant_length[l.n]) END,
           p_receipt[l.n],
           CASE WHEN p_receipt[l.n] IS NOT NULL
                THEN text_at(p_bytes, p_at[l.n] + 32 + p_tenant_length[l.n], p_key_length[l.n]) END,
           CASE WHEN p_receipt[l.n] IS NOT NULL THEN substr(p_bytes, p_at[l.n], 32) END,
           to_timestamp(p_received[l.n] / 1000::float8),
           nullif(text_at(p_bytes, p_at[l.n] + 32 + p_tenant_length[l.n] + p_key_length[l.n], p_id_length[l.n]), ''),
           nullif(text_at(p_bytes, p_at[l.n] + 32 + p_tenant_length[l.n] + p_key_length[l.n] + p_id_length[l.n],
                          p_type_length[l.n]), ''),
           v_source_ids[p_part[l.n]], p_offset[l.n]
    FROM unnest(p_dead, p_reason, p_detail, p_pointer, p_stage, p_identity) l (n, reason, detail, pointer, stage, identity)
    WHERE v_status[l.n] = 3 AND v_letter[l.n] IS NULL
    ORDER BY l.n
    ON CONFLICT DO NOTHING;

    -- Which dead letter each record is: its own, or one that was there.
    FOR r IN
      SELECT l.*, d.id, d.state, d.attempts, d.receipt_id, d.tenant_id,
             d.source_id = v_source_ids[p_part[l.n]] AND d.source_offset = p_offset[l.n] AS mine,
             EXISTS (
               SELECT FROM events e WHERE e.tenant_id = d.tenant_id AND e.idempotency_key = d.idempotency_key
             ) AS has_row
      FROM unnest(p_dead, p_reason, p_detail, p_pointer, p_stage, p_identity) l (n, reason, detail, pointer, stage, identity)
      LEFT JOIN LATERAL (
        SELECT k.* FROM dead_letters k
        WHERE l.identity IS NULL
          AND k.tenant_id = text_at(p_bytes, p_at[l.n] + 32, p_tenant_length[l.n])
          AND k.idempotency_key = text_at(p_bytes, p_at[l.n] + 32 + p_tenant_length[l.n], p_key_length[l.n])
          AND k.fingerprint = substr(p_bytes, p_at[l.n], 32)
        UNION ALL
        SELECT k.* FROM dead_letters k WHERE k.record_identity = l.identity
      ) d ON true
      WHERE v_status[l.n] = 3 AND v_letter[l.n] IS NULL
      ORDER BY l.n
    LOOP
      IF r.id IS NULL THEN
        RAISE EXCEPTION 'a dead letter in the way was deleted meanwhile' USING ERRCODE = 'serialization_failure';
      END IF;
      v_letter[r.n] := r.id;
      v_attempt[r.n] := r.attempts;
      IF r.identity IS NULL AND r.state = 'redriven' AND NOT r.has_row THEN
        -- It was closed by a row that is gone: this record takes its place, so that it is accounted for.
        UPDATE dead_letters d
        SET state = 'open', closed_at = NULL, attempts = 1, reason = r.reason, detail = r.detail, pointer = r.pointer,
            stage = r.stage, failed_at = v_now, first_failed_at = v_now, receipt_id = p_receipt[r.n],
            received_at = to_timestamp(p_received[r.n] / 1000::float8),
            original = substr(p_bytes, p_original_at[r.n], p_original_length[r.n]),
            source_id = v_source_ids[p_part[r.n]], source_offset = p_offset[r.n]
        WHERE d.id = r.id AND d.state = 'redriven';
        INSERT INTO dead_letter_history (dead_letter_id, at, what, by) VALUES (r.id, v_now, 'opened_again', 'processor');
        v_attempt[r.n] := 1;
      ELSIF NOT r.mine THEN
        v_status[r.n] := 4;
        IF r.receipt_id <> p_receipt[r.n] THEN
          v_aliases := v_aliases || p_receipt[r.n];
          v_alias_for := v_alias_for || r.receipt_id;
          v_alias_tenants := v_alias_tenants || r.tenant_id;
        END IF;
      END IF;
    END LOOP;
  END IF;

  -- 9. Another receipt given out for the same event stands for the one under which it is settled.
  IF v_stored < c_records OR cardinality(v_aliases) > 0 THEN
    INSERT INTO receipt_aliases (receipt_id, stands_for, tenant_id, seen_at)
    SELECT DISTINCT ON (a.receipt) a.receipt, a.stands_for, a.tenant, v_now
    FROM (
      SELECT * FROM unnest(v_aliases, v_alias_for, v_alias_tenants) x (receipt, stands_for, tenant)
      UNION ALL
      SELECT p_receipt[x.n], x.stands_for, text_at(p_bytes, p_at[x.n] + 32, p_tenant_length[x.n])
      FROM unnest(v_row) WITH ORDINALITY x (stands_for, n)
      WHERE x.stands_for <> p_receipt[x.n]
    ) a
    ORDER BY a.receipt
    ON CONFLICT DO NOTHING;
  END IF;

  -- 10. Count. A redriven record was accounted for when it was accepted: only the row that it became is new.
  v_accounted := v_status;
  FOR i IN 1 .. cardinality(p_redrive) LOOP
    IF v_letter[p_redrive[i]] IS NOT NULL AND v_status[p_redrive[i]] <> 1 THEN
      v_accounted[p_redrive[i]] := 0;
    END IF;
  END LOOP;
  PERFORM count_settled(v_now, p_shard, p_bounds, v_source_ids, v_next, p_part, p_offset, v_status, p_received, p_types,
    p_type_tenants, p_type_names, v_accounted, p_balances, p_balance_tenants, p_balance_minutes,
    v_moved_tenants, v_moved_at, v_moved_repeats);

  IF v_stored < c_records THEN
    RETURN QUERY
      SELECT u.n::integer, u.status, l.reason, l.detail, v_letter[u.n], v_attempt[u.n],
             u.status = 3 AND (v_reopened[u.n] OR p_offset[u.n] >= v_next[p_part[u.n]])
      FROM unnest(v_status) WITH ORDINALITY u (status, n)
      LEFT JOIN unnest(p_dead, p_reason, p_detail) l (n, reason, detail) ON l.n = u.n
      WHERE u.status <> 1
      ORDER BY u.n;
  END IF;
END
$$;
