-- Ends the claims of micro-batches that are done and admits the next one, in one call: at some events a second each call carries
-- one of them, and nearly all of its price is that of the statements in it. So gate_settle and gate_admit are cut in two, locking
-- and the rest, and the rest says little where there is little to say.

-- gate_settle without the lock. Replaces its body in 0001-gate.sql.
CREATE FUNCTION gate_end_locked(
  p_tenants text[], p_sizes integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[], p_receipts uuid[],
  p_outcomes text[], p_window_ms bigint, p_at timestamptz
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  time_window interval := p_window_ms * interval '1 millisecond';
  at timestamptz := coalesce(p_at, clock_timestamp());
  accepted integer[];
  written integer;
  first_items integer[];
  item record;
BEGIN
  -- The event IS in the log: done, whoever holds the claim. One that is done already stands, unless its window is over.
  -- All done ones first: after them a refused or unknown of the same key changes nothing, before them it would not matter.
  IF cardinality(p_tenants) = 1 THEN
    INSERT INTO gate_claims AS g (key, token, receipt_id, lease_until, expires_at, state, tried, fingerprint)
      SELECT DISTINCT ON (u.key) u.key, u.token, u.receipt, at, at + time_window, 'done'::gate_claim_state, true,
        decode(u.fingerprint, 'hex')
      FROM unnest(p_keys, p_fingerprints, p_tokens, p_receipts, p_outcomes)
        WITH ORDINALITY u (key, fingerprint, token, receipt, outcome, place)
      WHERE u.outcome = 'done'
      ORDER BY u.key, u.place
      ON CONFLICT (key) DO UPDATE SET state = 'done', token = excluded.token, receipt_id = excluded.receipt_id,
        expires_at = excluded.expires_at, tried = true, fingerprint = excluded.fingerprint
        WHERE g.state <> 'done' OR g.expires_at <= at;
    GET DIAGNOSTICS written = ROW_COUNT;
    accepted := ARRAY[written];
  ELSE
    SELECT array_agg(s.first_item ORDER BY s.tenant) INTO first_items
      FROM (
        SELECT u.tenant, 1 + sum(u.size) OVER (ORDER BY u.tenant)::integer - u.size AS first_item
        FROM unnest(p_sizes) WITH ORDINALITY u (size, tenant)
      ) s;
    WITH done AS (
      SELECT DISTINCT ON (u.key) u.*
      FROM unnest(p_keys, p_fingerprints, p_tokens, p_receipts, p_outcomes)
        WITH ORDINALITY u (key, fingerprint, token, receipt, outcome, place)
      WHERE u.outcome = 'done'
      ORDER BY u.key, u.place
    ), written AS (
      INSERT INTO gate_claims AS g (key, token, receipt_id, lease_until, expires_at, state, tried, fingerprint)
        SELECT d.key, d.token, d.receipt, at, at + time_window, 'done', true, decode(d.fingerprint, 'hex')
        FROM done d ORDER BY d.key
        ON CONFLICT (key) DO UPDATE SET state = 'done', token = excluded.token, receipt_id = excluded.receipt_id,
          expires_at = excluded.expires_at, tried = true, fingerprint = excluded.fingerprint
          WHERE g.state <> 'done' OR g.expires_at <= at
        RETURNING g.key
    ), by_tenant AS (
      -- Pairs found by sorting, as in gate_admit.
      SELECT width_bucket(p.place, first_items) AS tenant, count(*)::integer AS accepted
      FROM (
        SELECT max(u.place)::integer AS place
        FROM (SELECT d.key, d.place FROM done d UNION ALL SELECT w.key, 0 FROM written w) u
        GROUP BY u.key HAVING min(u.place) = 0
      ) p
      GROUP BY 1
    )
    SELECT array_agg(coalesce(b.accepted, 0) ORDER BY t.tenant) INTO accepted
      FROM generate_subscripts(p_tenants, 1) t (tenant) LEFT JOIN by_tenant b USING (tenant);
  END IF;

  IF p_outcomes && '{refused,unknown}' THEN
    FOR item IN
      SELECT u.* FROM unnest(p_keys, p_tokens, p_outcomes) WITH ORDINALITY u (key, token, outcome, place)
      WHERE u.outcome <> 'done'
      ORDER BY u.key, u.place
    LOOP
      -- Refused: nothing of this try is in the log. Only if an earlier one may be is there something left to remember.
      DELETE FROM gate_claims g
        WHERE item.outcome = 'refused' AND g.key = item.key AND g.state = 'pending' AND g.token = item.token
          AND NOT g.tried AND NOT gate_is_over(g, at);
      CONTINUE WHEN FOUND;
      UPDATE gate_claims g SET state = 'unknown', tried = true
        WHERE g.key = item.key AND g.state = 'pending' AND g.token = item.token AND NOT gate_is_over(g, at);
    END LOOP;
  END IF;

  IF 0 < ANY (accepted) THEN
    PERFORM gate_count(at, p_tenants, accepted, array_fill(0, ARRAY[cardinality(p_tenants)]), array_fill(0, ARRAY[cardinality(p_tenants)]));
  END IF;
END $$;

CREATE OR REPLACE FUNCTION gate_settle(
  p_tenants text[], p_sizes integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[], p_receipts uuid[],
  p_outcomes text[], p_window_ms bigint, p_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM gate_lock_tenants(p_tenants);
  PERFORM gate_end_locked(p_tenants, p_sizes, p_keys, p_fingerprints, p_tokens, p_receipts, p_outcomes, p_window_ms, p_at);
END $$;

-- gate_admit without the lock. Replaces its body in 0001-gate.sql.
CREATE FUNCTION gate_admit_locked(
  p_tenants text[], p_sizes integer[], p_limits integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[],
  p_receipts uuid[], p_lease_ms integer, p_window_ms bigint, p_at timestamptz
) RETURNS TABLE (outcome text, place integer, receipt_id uuid, used integer, wait_ms integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  items integer := cardinality(p_keys);
  lease interval := p_lease_ms * interval '1 millisecond';
  time_window interval := p_window_ms * interval '1 millisecond';
  at timestamptz;
  now_ms bigint;
  now_second bigint;
  shift integer;
  tenant record;
  item record;
  ring integer[];
  first_items integer[] := '{}';
  first_item integer := 1;
  used_now integer;
  waited_for integer;
  refused integer := 0;
  fits boolean[] := array_fill(true, ARRAY[items]);
  nothing integer[] := array_fill(0, ARRAY[cardinality(p_tenants)]);
  duplicates integer[] := nothing;
  limited integer[] := nothing;
  fresh uuid[];
BEGIN
  at := coalesce(p_at, clock_timestamp());
  now_ms := floor(extract(epoch FROM at) * 1000);
  now_second := now_ms / 1000;

  FOR tenant IN
    SELECT t.place::integer AS place, l.tenant_id AS id, l.second AS second, l.taken AS taken
    FROM unnest(p_tenants) WITH ORDINALITY t (id, place) JOIN gate_limits l ON l.tenant_id = t.id
    ORDER BY t.place
  LOOP
    -- A clock that went back leaves the counters where they are: counted from now on, they stay a little too long.
    shift := greatest(0, least(61, now_second - tenant.second));
    ring := tenant.taken[shift + 1 : 61] || array_fill(0, ARRAY[shift]);
    SELECT sum(n) INTO used_now FROM unnest(ring) n;
    outcome := NULL;
    place := tenant.place;
    receipt_id := NULL;
    used := used_now;
    wait_ms := gate_wait_ms(ring, 1, now_second, now_ms);
    RETURN NEXT;

    outcome := 'over_limit';
    used := NULL;
    waited_for := NULL;
    first_items := first_items || first_item;
    FOR i IN first_item .. first_item + p_sizes[tenant.place] - 1 LOOP
      IF used_now < p_limits[i] THEN
        used_now := used_now + 1;
        ring[61] := ring[61] + 1;
        CONTINUE;
      END IF;
      fits[i] := false;
      refused := refused + 1;
      limited[tenant.place] := limited[tenant.place] + 1;
      IF waited_for IS DISTINCT FROM used_now - p_limits[i] + 1 THEN
        waited_for := used_now - p_limits[i] + 1;
        wait_ms := gate_wait_ms(ring, waited_for, now_second, now_ms);
      END IF;
      place := i;
      RETURN NEXT;
    END LOOP;
    first_item := first_item + p_sizes[tenant.place];
    UPDATE gate_limits l SET second = now_second, taken = ring WHERE l.tenant_id = tenant.id;
  END LOOP;

  WITH inserted AS (
    INSERT INTO gate_claims AS g (key, token, receipt_id, lease_until, expires_at, state, tried, fingerprint)
      SELECT i.key, i.token, i.receipt, at + lease, at + time_window, 'pending', false, decode(i.fingerprint, 'hex')
      FROM unnest(p_keys, p_tokens, p_receipts, p_fingerprints, fits)
        WITH ORDINALITY i (key, token, receipt, fingerprint, fits, place)
      WHERE i.fits
      ORDER BY i.key, i.place
      ON CONFLICT DO NOTHING
      RETURNING g.key
  ) SELECT array_agg(key) INTO fresh FROM inserted;

  IF coalesce(cardinality(fresh), 0) < items - refused THEN
    used := NULL;
    wait_ms := NULL;
    FOR item IN
      -- What was inserted stands at place 0, before the item that inserted it: sorting finds that pair, where a join of
      -- arrays, whose lengths the planner does not know, would compare all with all.
      SELECT i.place, width_bucket(i.place, first_items) AS tenant
      FROM (
        SELECT u.key, u.place, min(u.place) OVER by_key AS first, row_number() OVER by_key AS nth
        FROM (
          SELECT a.key, a.place::integer FROM unnest(p_keys, fits) WITH ORDINALITY a (key, fits, place) WHERE a.fits
          UNION ALL SELECT f.key, 0 FROM unnest(fresh) f (key)
        ) u (key, place)
        WINDOW by_key AS (PARTITION BY u.key ORDER BY u.place)
      ) i
      WHERE i.first > 0 OR i.nth > 2
      ORDER BY i.key, i.place
    LOOP
      place := item.place;
      SELECT j.outcome, j.receipt_id INTO outcome, receipt_id
        FROM gate_judge(p_keys[place], decode(p_fingerprints[place], 'hex'), p_tokens[place], p_receipts[place],
          at, lease, time_window) j;
      CONTINUE WHEN outcome IS NULL;
      IF outcome = 'duplicate' THEN duplicates[item.tenant] := duplicates[item.tenant] + 1; END IF;
      RETURN NEXT;
    END LOOP;
  END IF;

  IF duplicates <> nothing OR limited <> nothing THEN
    PERFORM gate_count(at, p_tenants, nothing, duplicates, limited);
  END IF;
END $$;

CREATE OR REPLACE FUNCTION gate_admit(
  p_tenants text[], p_sizes integer[], p_limits integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[],
  p_receipts uuid[], p_lease_ms integer, p_window_ms bigint, p_at timestamptz DEFAULT NULL
) RETURNS TABLE (outcome text, place integer, receipt_id uuid, used integer, wait_ms integer)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM gate_lock_tenants(p_tenants);
  RETURN QUERY SELECT * FROM gate_admit_locked(p_tenants, p_sizes, p_limits, p_keys, p_fingerprints, p_tokens, p_receipts,
    p_lease_ms, p_window_ms, p_at);
END $$;

-- The arrays of gate_settle, then those of gate_admit, whose rows it returns. The tenants of both are locked before either, so that
-- all calls take their locks in one order.
CREATE FUNCTION gate_end_and_admit(
  p_ended_tenants text[], p_ended_sizes integer[], p_ended_keys uuid[], p_ended_fingerprints text[],
  p_ended_tokens uuid[], p_ended_receipts uuid[], p_ended_outcomes text[],
  p_tenants text[], p_sizes integer[], p_limits integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[],
  p_receipts uuid[], p_lease_ms integer, p_window_ms bigint, p_at timestamptz DEFAULT NULL
) RETURNS TABLE (outcome text, place integer, receipt_id uuid, used integer, wait_ms integer)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM gate_lock_tenants(p_ended_tenants || p_tenants);
  PERFORM gate_end_locked(p_ended_tenants, p_ended_sizes, p_ended_keys, p_ended_fingerprints, p_ended_tokens,
    p_ended_receipts, p_ended_outcomes, p_window_ms, p_at);
  RETURN QUERY SELECT * FROM gate_admit_locked(p_tenants, p_sizes, p_limits, p_keys, p_fingerprints, p_tokens, p_receipts,
    p_lease_ms, p_window_ms, p_at);
END $$;

-- Most calls are of tenants that are known: then nothing is inserted, which is dearer than a look.
CREATE OR REPLACE FUNCTION gate_lock_tenants(p_tenants text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM unnest(p_tenants) t (id) WHERE NOT EXISTS (SELECT FROM gate_limits l WHERE l.tenant_id = t.id)
  ) THEN
    INSERT INTO gate_limits (tenant_id)
      SELECT t COLLATE "C" FROM unnest(p_tenants) t ORDER BY 1 ON CONFLICT DO NOTHING;
  END IF;
  PERFORM FROM gate_limits WHERE tenant_id = ANY (p_tenants) ORDER BY tenant_id FOR UPDATE;
END $$;
