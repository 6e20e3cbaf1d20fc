-- settle_batch with other parameters and the same effects: two thirds of PostgreSQL's CPU (docs/performance.md, "The store").
-- Its namesake of 0004-settle.sql and count_settled stay for processors that are still to be restarted; a later migration drops them.
-- Locks are always taken in the same order (positions, events, known dead letters, new ones, aliases, counters; sorted within
-- each), so two batches wait for each other but never in a circle. Each step is a statement of its own: under READ COMMITTED it
-- then sees what an earlier one waited for.

-- Settles the records of one batch; safe to repeat. Records come sorted by (tenant, key, partition, offset).
--   p_fresh          no event of the batch is expected to have a row. A guess: it changes what is cheap, never what is done
--   p_partitions     the partitions of the batch, ascending
--   per partition, as if every event were stored: first and last offset, number of events and of dead letters
--   per record:
--     p_part, p_offset         index into p_partitions, offset
--     p_status                 1 an event, 3 a dead letter
--     p_receipt, p_received    null where no envelope could be read; Unix ms
--     p_fingerprint … p_extra  '' and null likewise; p_extra may be shorter than the rest
--     p_types, p_balances      index into p_type_*, into p_balance_*
--   p_originals      all record values in one piece; where each begins, counted from 1, and after the last one its end
--   p_type_*         tenants and event types, '' where they cannot be read
--   p_balance_*      tenants and minutes of receipt since 1970 (null where no receipt can be read: now), and counts like those per partition
--   per dead letter: p_dead (number of the record), reason, detail, pointer, stage, record identity (null: by event)
--   per redriven record: p_redrive (number of the record), the dead letter's id and its attempts when it was redriven
-- Returns a row for each record that is not simply stored: 2 repeat, 3 dead letter, 4 dead letter known before.
-- Raises 40001 when a row that stood in the way was deleted meanwhile: settle again.
CREATE FUNCTION settle_batch(
  p_topic text, p_generation text, p_shard smallint, p_bounds integer[], p_fresh boolean,
  p_partitions integer[], p_part_first bigint[], p_part_last bigint[], p_part_events integer[], p_part_dead integer[],
  p_part integer[], p_offset bigint[], p_status integer[], p_receipt uuid[], p_received bigint[],
  p_fingerprint bytea[], p_key text[], p_event_id text[], p_version integer[], p_occurred timestamptz[],
  p_payload jsonb[], p_extra jsonb[], p_types integer[], p_balances integer[],
  p_originals bytea, p_original_at integer[],
  p_type_tenants text[], p_type_names text[],
  p_balance_tenants text[], p_balance_minutes bigint[], p_balance_events integer[], p_balance_dead integer[],
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
  -- Types of one tenant in one minute beyond this many become 'other': rollups stay small whatever a producer sends.
  c_max_types CONSTANT integer := 1000;
  c_buckets CONSTANT integer := cardinality(p_bounds) + 1;
  v_now         timestamptz;
  v_now_ms      bigint;
  v_minute      timestamptz;
  v_source_ids  integer[];
  v_next        bigint[];
  v_replayed    boolean := false; -- some positions were settled before: they are counted no more
  v_status      integer[] := p_status;
  v_stored      bigint := -1;
  v_row         uuid[] := array_fill(NULL::uuid, ARRAY[c_records]); -- the row that a repeat repeats
  v_letter      uuid[] := array_fill(NULL::uuid, ARRAY[c_records]); -- the dead letter that a record became or belongs to
  v_attempt     integer[] := array_fill(1, ARRAY[c_records]);
  v_reopened    boolean[] := array_fill(false, ARRAY[c_records]);
  v_watched     text[]; -- tenants of the batch that have dead letters which may be closed
  v_close       uuid[]; -- dead letters that may be closed, and the record that does
  v_close_by    integer[];
  v_accounted   integer[];
  v_moved_tenants text[] := '{}'; -- dead letters that were closed: -1 there, and the repeats that came of them
  v_moved_at      timestamptz[] := '{}';
  v_moved_repeats integer[] := '{}';
  v_aliases       uuid[] := '{}';
  v_alias_for     uuid[] := '{}';
  v_alias_tenants text[] := '{}';
  -- What is counted per partition and per balance group, and per rollup row.
  v_part_last     bigint[] := p_part_last;
  v_part_stored   integer[] := p_part_events;
  v_part_dead     integer[] := p_part_dead;
  v_part_repeats  integer[] := array_fill(0, ARRAY[cardinality(p_partitions)]);
  v_balance_stored  integer[] := p_balance_events;
  v_balance_dead    integer[] := p_balance_dead;
  v_balance_repeats integer[] := array_fill(0, ARRAY[cardinality(p_balance_tenants)]);
  v_names         text[] := p_type_names; -- as the rollups name the types
  v_slots         integer[]; -- which rollup row each type adds to: the first type of the same name; null: its own
  v_slot          integer;
  v_type_stored   integer[] := array_fill(0, ARRAY[cardinality(p_type_names)]);
  v_type_dead     integer[] := v_type_stored;
  v_type_repeats  integer[] := v_type_stored;
  v_latency       integer[] := array_fill(0, ARRAY[cardinality(p_type_names) * c_buckets]);
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
    SELECT p_topic, p_generation, u.partition, u.first, u.first
    FROM unnest(p_partitions, p_part_first) u (partition, first) ORDER BY u.partition
    ON CONFLICT DO NOTHING;
  END LOOP;
  v_now := clock_timestamp(); -- after the wait: now() is from before it
  FOR i IN 1 .. cardinality(p_partitions) LOOP
    v_replayed := v_replayed OR p_part_first[i] < v_next[i];
  END LOOP;

  -- 2. Store the events. Where no row is in the way a plain INSERT is cheaper by a quarter; at the first one that is, all of it
  -- is taken back and done again with a look at each row.
  IF p_fresh AND NOT v_replayed THEN
    BEGIN
      INSERT INTO events (id, tenant_id, event_id, idempotency_key, event_type, schema_version, occurred_at, received_at,
                          processed_at, payload, extra, fingerprint, source_id, source_offset)
      SELECT p_receipt[n], p_type_tenants[p_types[n]], p_event_id[n], p_key[n], p_type_names[p_types[n]], p_version[n],
             p_occurred[n], to_timestamp(p_received[n] / 1000::float8), v_now, p_payload[n], p_extra[n], p_fingerprint[n],
             v_source_ids[p_part[n]], p_offset[n]
      FROM generate_series(1, c_records) n
      WHERE p_status[n] = 1;
      GET DIAGNOSTICS v_stored = ROW_COUNT;
    EXCEPTION WHEN unique_violation THEN
      v_stored := -1;
    END;
  END IF;
  IF v_stored = -1 THEN
    -- No conflict target: with one, a twin inserted meanwhile raises 23505 on the id.
    INSERT INTO events (id, tenant_id, event_id, idempotency_key, event_type, schema_version, occurred_at, received_at,
                        processed_at, payload, extra, fingerprint, source_id, source_offset)
    SELECT p_receipt[n], p_type_tenants[p_types[n]], p_event_id[n], p_key[n], p_type_names[p_types[n]], p_version[n],
           p_occurred[n], to_timestamp(p_received[n] / 1000::float8), v_now, p_payload[n], p_extra[n], p_fingerprint[n],
           v_source_ids[p_part[n]], p_offset[n]
    FROM generate_series(1, c_records) n
    WHERE p_status[n] = 1
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_stored = ROW_COUNT;
  END IF;

  -- 3. What was not inserted is a repeat of the row that holds its key, or in conflict with it.
  IF v_stored + cardinality(p_dead) < c_records THEN
    FOR r IN
      SELECT n, h.id, h.fingerprint = p_fingerprint[n] OR h.id = p_receipt[n] AS same,
             EXISTS (SELECT FROM events t WHERE t.id = p_receipt[n]) AS receipt_taken
      FROM generate_series(1, c_records) n
      LEFT JOIN events h ON h.tenant_id = p_type_tenants[p_types[n]] AND h.idempotency_key = p_key[n]
      WHERE p_status[n] = 1
        -- Not this very record, stored just now or settled before.
        AND (h.source_id = v_source_ids[p_part[n]] AND h.source_offset = p_offset[n]) IS NOT TRUE
      ORDER BY n
    LOOP
      IF r.same THEN
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
  IF cardinality(p_dead) > 0 THEN
    FOR r IN
      SELECT d.n, e.id
      FROM unnest(p_dead) d (n)
      JOIN events e ON e.tenant_id = p_type_tenants[p_types[d.n]]
       AND e.idempotency_key = p_key[d.n]
      WHERE p_receipt[d.n] IS NOT NULL
        AND (e.fingerprint = p_fingerprint[d.n] OR e.id = p_receipt[d.n])
    LOOP
      v_status[r.n] := 2;
      v_row[r.n] := r.id;
    END LOOP;
  END IF;

  -- 5. Lock the dead letters that this batch may close or reopen: those of its events, and those it redrives.
  -- Most tenants have none, which one look per tenant tells.
  SELECT array_agg(t.tenant) INTO v_watched
  FROM unnest(p_balance_tenants) t (tenant)
  WHERE EXISTS (SELECT FROM dead_letters d WHERE d.tenant_id = t.tenant AND d.state IN ('open', 'redriving'));
  IF v_watched IS NOT NULL THEN
    SELECT array_agg(d.id), array_agg(n) INTO v_close, v_close_by
    FROM generate_series(1, c_records) n
    JOIN dead_letters d ON d.tenant_id = p_type_tenants[p_types[n]] AND d.idempotency_key = p_key[n]
     AND d.fingerprint = p_fingerprint[n]
    WHERE v_status[n] IN (1, 2) AND p_receipt[n] IS NOT NULL AND p_type_tenants[p_types[n]] = ANY (v_watched)
      AND d.state IN ('open', 'redriving');
  END IF;

  IF v_close IS NOT NULL OR cardinality(p_redrive) > 0 THEN
    PERFORM FROM dead_letters d WHERE d.id = ANY (v_close || p_redrive_id) ORDER BY d.id FOR UPDATE;
    -- A redriven record belongs to its dead letter whatever its fingerprint is by now.
    FOR r IN
      SELECT x.n, d.id
      FROM unnest(p_redrive, p_redrive_id) x (n, id)
      JOIN dead_letters d ON d.id = x.id
      WHERE d.tenant_id IS NULL OR p_receipt[x.n] IS NULL
         OR d.tenant_id = p_type_tenants[p_types[x.n]]
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
           substr(p_originals, p_original_at[l.n], p_original_at[l.n + 1] - p_original_at[l.n]), v_now, v_now,
           CASE WHEN p_receipt[l.n] IS NOT NULL THEN p_type_tenants[p_types[l.n]] END,
           p_receipt[l.n],
           CASE WHEN p_receipt[l.n] IS NOT NULL
                THEN p_key[l.n] END,
           CASE WHEN p_receipt[l.n] IS NOT NULL THEN p_fingerprint[l.n] END,
           to_timestamp(p_received[l.n] / 1000::float8),
           nullif(p_event_id[l.n], ''),
           nullif(p_type_names[p_types[l.n]], ''),
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
          AND k.tenant_id = p_type_tenants[p_types[l.n]]
          AND k.idempotency_key = p_key[l.n]
          AND k.fingerprint = p_fingerprint[l.n]
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
            original = substr(p_originals, p_original_at[r.n], p_original_at[r.n + 1] - p_original_at[r.n]),
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
      SELECT p_receipt[x.n], x.stands_for, p_type_tenants[p_types[x.n]]
      FROM unnest(v_row) WITH ORDINALITY x (stands_for, n)
      WHERE x.stands_for <> p_receipt[x.n]
    ) a
    ORDER BY a.receipt
    ON CONFLICT DO NOTHING;
  END IF;

  -- 10. Count again what the caller counted, where not every event was simply stored. Only positions at or beyond their
  -- partition's next count, so a batch that is settled again moves nothing.
  IF v_replayed OR cardinality(p_redrive) > 0 OR (v_stored < c_records AND v_status <> p_status) THEN
    SELECT array_agg(c.last ORDER BY p.part), array_agg(coalesce(c.stored, 0) ORDER BY p.part),
           array_agg(coalesce(c.dead, 0) ORDER BY p.part), array_agg(coalesce(c.repeats, 0) ORDER BY p.part)
    INTO v_part_last, v_part_stored, v_part_dead, v_part_repeats
    FROM generate_subscripts(p_partitions, 1) p (part)
    LEFT JOIN (
      SELECT r.part, max(r.record_offset) AS last, count(*) FILTER (WHERE r.status = 1)::integer AS stored,
             count(*) FILTER (WHERE r.status = 3)::integer AS dead,
             count(*) FILTER (WHERE r.status IN (2, 4))::integer AS repeats
      FROM unnest(p_part, p_offset, v_status) r (part, record_offset, status)
      WHERE r.record_offset >= v_next[r.part]
      GROUP BY r.part
    ) c ON c.part = p.part;
    -- A redriven record was accounted for when it was accepted: only the row that it became is new.
    v_accounted := v_status;
    FOR i IN 1 .. cardinality(p_redrive) LOOP
      IF v_letter[p_redrive[i]] IS NOT NULL AND v_status[p_redrive[i]] <> 1 THEN
        v_accounted[p_redrive[i]] := 0;
      END IF;
    END LOOP;
    SELECT array_agg(coalesce(c.stored, 0) ORDER BY b.balance), array_agg(coalesce(c.dead, 0) ORDER BY b.balance),
           array_agg(coalesce(c.repeats, 0) ORDER BY b.balance)
    INTO v_balance_stored, v_balance_dead, v_balance_repeats
    FROM generate_subscripts(p_balance_tenants, 1) b (balance)
    LEFT JOIN (
      SELECT r.balance, count(*) FILTER (WHERE r.status = 1)::integer AS stored,
             count(*) FILTER (WHERE r.status = 3)::integer AS dead,
             count(*) FILTER (WHERE r.status IN (2, 4))::integer AS repeats
      FROM unnest(p_part, p_offset, v_accounted, p_balances) r (part, record_offset, status, balance)
      WHERE r.record_offset >= v_next[r.part]
      GROUP BY r.balance
    ) c ON c.balance = b.balance;
  END IF;

  -- 11. How the rollups name the types. Once every type of the batch has its row of this minute there is nothing to look for.
  v_minute := date_bin('1 minute', v_now, '2000-01-01 00:00Z');
  IF EXISTS (
    SELECT FROM unnest(p_type_tenants, p_type_names) t (tenant, name)
    WHERE NOT EXISTS (
      SELECT FROM rollup_minute m WHERE m.bucket = v_minute AND m.tenant_id = t.tenant AND m.event_type = t.name
    )
  ) THEN
    WITH known AS ( -- how many types each tenant has in this minute
      SELECT m.tenant_id, count(DISTINCT m.event_type) AS n
      FROM rollup_minute m
      WHERE m.bucket = v_minute AND m.tenant_id IN (SELECT unnest(p_type_tenants))
      GROUP BY m.tenant_id
    ), named AS (
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
    )
    SELECT array_agg(s.name ORDER BY s.type), array_agg(s.slot ORDER BY s.type) INTO v_names, v_slots
    FROM (
      SELECT n.type, n.name, min(n.type) OVER (PARTITION BY n.tenant, n.name)::integer AS slot FROM named n
    ) s;
  END IF;

  -- 12. Count by type, and stored events by their latency: the first bucket whose bound is not below it, in whole ms, rounded
  -- up; 0 when clocks disagree.
  v_now_ms := ceil(extract(epoch FROM v_now) * 1000);
  FOR r IN
    SELECT p_types[n] AS type, v_status[n] AS status,
           width_bucket((least(greatest(v_now_ms - p_received[n], 0), 2147483647) - 1)::integer, p_bounds) AS bucket,
           count(*)::integer AS records
    FROM generate_series(1, c_records) n
    WHERE NOT v_replayed OR p_offset[n] >= v_next[p_part[n]]
    GROUP BY 1, 2, 3
  LOOP
    v_slot := coalesce(v_slots[r.type], r.type);
    IF r.status = 1 THEN
      v_type_stored[v_slot] := v_type_stored[v_slot] + r.records;
      v_latency[(v_slot - 1) * c_buckets + r.bucket + 1] := v_latency[(v_slot - 1) * c_buckets + r.bucket + 1] + r.records;
    ELSIF r.status = 3 THEN
      v_type_dead[v_slot] := v_type_dead[v_slot] + r.records;
    ELSE
      v_type_repeats[v_slot] := v_type_repeats[v_slot] + r.records;
    END IF;
  END LOOP;

  -- 13. Move the counters.
  WITH all_buckets AS MATERIALIZED (
    SELECT v_latency[:] AS latency -- flat: a variable's own form would be flattened for each slice
  ), moves AS MATERIALIZED (
    SELECT t.tenant, t.name, t.stored, t.dead, t.repeats,
           a.latency[(t.slot - 1) * c_buckets + 1 : t.slot * c_buckets] AS latency
    FROM all_buckets a, unnest(p_type_tenants, v_names, v_type_stored, v_type_dead, v_type_repeats) WITH ORDINALITY
      t (tenant, name, stored, dead, repeats, slot)
    WHERE t.stored + t.dead + t.repeats > 0
    ORDER BY t.tenant, t.name
  ), by_10s AS (
    INSERT INTO rollup_10s AS r (bucket, tenant_id, event_type, shard, stored, dead_lettered, repeats, latency)
    SELECT date_bin('10 seconds', v_now, '2000-01-01 00:00Z'), m.tenant, m.name, p_shard, m.stored, m.dead, m.repeats, m.latency
    FROM moves m
    ON CONFLICT (bucket, tenant_id, event_type, shard) DO UPDATE
    SET stored = r.stored + excluded.stored, dead_lettered = r.dead_lettered + excluded.dead_lettered,
        repeats = r.repeats + excluded.repeats, latency = ARRAY(
          SELECT coalesce(h.x, 0) + coalesce(h.y, 0) FROM (SELECT unnest(r.latency) AS x, unnest(excluded.latency) AS y) h)
  )
  INSERT INTO rollup_minute AS r (bucket, tenant_id, event_type, shard, stored, dead_lettered, repeats, latency)
  SELECT v_minute, m.tenant, m.name, p_shard, m.stored, m.dead, m.repeats, m.latency FROM moves m
  ON CONFLICT (bucket, tenant_id, event_type, shard) DO UPDATE
  SET stored = r.stored + excluded.stored, dead_lettered = r.dead_lettered + excluded.dead_lettered,
      repeats = r.repeats + excluded.repeats, latency = ARRAY(
        SELECT coalesce(h.x, 0) + coalesce(h.y, 0) FROM (SELECT unnest(r.latency) AS x, unnest(excluded.latency) AS y) h);

  INSERT INTO balance_minute AS b (minute, tenant_id, shard, stored, dead_lettered, repeats)
  SELECT m.minute, m.tenant, p_shard, sum(m.stored), sum(m.dead), sum(m.repeats)
  FROM (
    SELECT coalesce(to_timestamp(u.minute * 60), v_minute) AS minute, u.tenant, u.stored, u.dead, u.repeats
    FROM unnest(p_balance_tenants, p_balance_minutes, v_balance_stored, v_balance_dead, v_balance_repeats)
      u (tenant, minute, stored, dead, repeats)
    WHERE u.stored + u.dead + u.repeats > 0
    UNION ALL
    SELECT date_bin('1 minute', d.at, '2000-01-01 00:00Z'), coalesce(d.tenant, ''), 0, -1, d.repeats
    FROM unnest(v_moved_tenants, v_moved_at, v_moved_repeats) d (tenant, at, repeats)
  ) m
  GROUP BY 1, 2
  ORDER BY 1, 2
  ON CONFLICT (minute, tenant_id, shard) DO UPDATE
  SET stored = b.stored + excluded.stored, dead_lettered = b.dead_lettered + excluded.dead_lettered,
      repeats = b.repeats + excluded.repeats;

  UPDATE settled_offsets s
  SET next = greatest(s.next, c.last + 1), stored = s.stored + c.stored, dead_lettered = s.dead_lettered + c.dead,
      repeats = s.repeats + c.repeats, settled_at = v_now
  FROM unnest(v_source_ids, v_part_last, v_part_stored, v_part_dead, v_part_repeats) c (id, last, stored, dead, repeats)
  WHERE s.id = c.id AND c.last IS NOT NULL;

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
