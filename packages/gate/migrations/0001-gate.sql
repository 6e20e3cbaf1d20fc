-- The gate on PostgreSQL: limits, claims, counts. Rules: docs/architecture.md, "The gate".
-- Limits and claims may be lost, so they are UNLOGGED: empty after a crash, like a cache that was restarted.
--
-- Every function that writes takes its locks in one order, or two of them would wait for each other:
--   1. rows missing in gate_limits, sorted by tenant   2. the tenants' rows, sorted   3. claims   4. counts, sorted by tenant
-- A claim belongs to one tenant, so whoever holds 2 is alone with its claims, the sweep aside, which never waits.
--
-- Each function takes p_at: null in production, where the clock is clock_timestamp(), read once all locks are held
-- (now() is older than the wait for them). Only tests give it.

CREATE UNLOGGED TABLE gate_limits (
  tenant_id text COLLATE "C" PRIMARY KEY,
  -- The second (Unix time) that the last element of taken counts.
  second    bigint NOT NULL DEFAULT 0,
  -- Events let through in each of 61 seconds, ascending: the current one and the 60 before it.
  taken     integer[] NOT NULL DEFAULT array_fill(0, ARRAY[61])
) WITH (fillfactor = 10); -- every admit updates its tenants' rows: room on the page keeps those updates off the index

CREATE TYPE gate_claim_state AS ENUM ('pending', 'unknown', 'done');

CREATE UNLOGGED TABLE gate_claims (
  key         uuid PRIMARY KEY, -- 16 bytes of SHA-256 over tenant and idempotency key: finds the claim of a request
  token       uuid NOT NULL,
  receipt_id  uuid NOT NULL,
  lease_until timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL, -- not indexed: that would end updates within the page; gate_sweep walks the blocks
  state       gate_claim_state NOT NULL,
  tried       boolean NOT NULL, -- an earlier try may be in the log
  fingerprint bytea NOT NULL
) WITH (fillfactor = 70); -- most rows are updated once, from pending to done

CREATE TABLE gate_counts (
  minute     timestamptz NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  accepted   bigint NOT NULL,
  duplicates bigint NOT NULL,
  limited    bigint NOT NULL,
  PRIMARY KEY (minute, tenant_id) -- the minutes asked for; removal of those that are over
) WITH (fillfactor = 50);

-- Counts before this moment were never taken.
CREATE TABLE gate_counts_since (since timestamptz NOT NULL);
INSERT INTO gate_counts_since VALUES (clock_timestamp());

-- One row: how far the sweep has come, shared by all processes.
CREATE UNLOGGED TABLE gate_sweep_position (
  id         boolean PRIMARY KEY DEFAULT true CHECK (id),
  next_block bigint NOT NULL DEFAULT 0,
  due_at     timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 10);

CREATE FUNCTION gate_is_over(c gate_claims, p_at timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  -- A running lease outlives a window that is shorter.
  SELECT c.expires_at <= p_at AND NOT (c.state = 'pending' AND c.lease_until > p_at)
$$;

CREATE FUNCTION gate_lock_tenants(p_tenants text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gate_limits (tenant_id)
    SELECT t COLLATE "C" FROM unnest(p_tenants) t ORDER BY 1 ON CONFLICT DO NOTHING;
  PERFORM FROM gate_limits WHERE tenant_id = ANY (p_tenants) ORDER BY tenant_id FOR UPDATE;
END $$;

-- Milliseconds until so many of the counted seconds have left the window that at least p_units units are free again.
CREATE FUNCTION gate_wait_ms(p_taken integer[], p_units integer, p_second bigint, p_now_ms bigint) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  freed integer := 0;
BEGIN
  FOR i IN 1 .. 61 LOOP
    freed := freed + p_taken[i];
    -- Element i counts second p_second - 61 + i, which is out of the window 61 s after it began.
    IF freed >= p_units THEN RETURN (p_second + i) * 1000 - p_now_ms; END IF;
  END LOOP;
  RETURN (p_second + 61) * 1000 - p_now_ms;
END $$;

-- One item whose key has a row already: the table of states. Returns null for "claimed with my own receipt".
CREATE FUNCTION gate_judge(
  p_key uuid, p_fingerprint bytea, p_token uuid, p_receipt_id uuid,
  p_now timestamptz, p_lease interval, p_window interval, OUT outcome text, OUT receipt_id uuid
) LANGUAGE plpgsql AS $$
DECLARE
  c gate_claims;
BEGIN
  LOOP
    -- FOR UPDATE: the sweep may be removing it, and what was removed must not be updated.
    SELECT * INTO c FROM gate_claims WHERE key = p_key FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO gate_claims VALUES
      (p_key, p_token, p_receipt_id, p_now + p_lease, p_now + p_window, 'pending', false, p_fingerprint)
      ON CONFLICT DO NOTHING;
    IF FOUND THEN RETURN; END IF;
  END LOOP;
  IF gate_is_over(c, p_now) THEN
    UPDATE gate_claims g SET state = 'pending', tried = false, token = p_token, receipt_id = p_receipt_id,
      fingerprint = p_fingerprint, lease_until = p_now + p_lease, expires_at = p_now + p_window WHERE g.key = p_key;
    RETURN;
  END IF;
  receipt_id := c.receipt_id;
  IF c.fingerprint <> p_fingerprint THEN
    outcome := 'other_body';
  ELSIF c.state = 'done' THEN
    outcome := 'duplicate';
  ELSIF c.token <> p_token AND c.state = 'pending' AND c.lease_until > p_now THEN
    outcome := 'in_flight';
  ELSE
    -- Mine, executed twice; or nobody holds it any more and an earlier try may be in the log.
    UPDATE gate_claims g SET state = 'pending', tried = c.tried OR c.token <> p_token, token = p_token,
      lease_until = p_now + p_lease, expires_at = p_now + p_window WHERE g.key = p_key;
    IF c.receipt_id <> p_receipt_id THEN outcome := 'claimed'; END IF;
  END IF;
END $$;

CREATE FUNCTION gate_count(p_now timestamptz, p_tenants text[], p_accepted integer[], p_duplicates integer[], p_limited integer[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO gate_counts AS g
    SELECT date_trunc('minute', p_now, 'UTC'), t.id, t.accepted, t.duplicates, t.limited
    FROM unnest(p_tenants, p_accepted, p_duplicates, p_limited) t (id, accepted, duplicates, limited)
    WHERE t.accepted + t.duplicates + t.limited > 0
    ORDER BY t.id COLLATE "C"
    ON CONFLICT (minute, tenant_id) DO UPDATE SET accepted = g.accepted + excluded.accepted,
      duplicates = g.duplicates + excluded.duplicates, limited = g.limited + excluded.limited;
END $$;

-- Takes a share of the limit and claims the key for each item, all in one step.
--   p_tenants, p_sizes   the tenants, each once, and how many items each has
--   the other arrays     one element per item: the items of the first tenant in order of arrival, then those of the next …
-- Returns per tenant   (null, its position, null, what was taken before, ms until the oldest counted second leaves)
--         per item that is not simply claimed with its own receipt
--                      (outcome, its position, the record's receipt, null, ms to wait if over_limit)
CREATE FUNCTION gate_admit(
  p_tenants text[], p_sizes integer[], p_limits integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[],
  p_receipts uuid[], p_lease_ms integer, p_window_ms bigint, p_at timestamptz DEFAULT NULL
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
  PERFORM gate_lock_tenants(p_tenants);
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

-- Ends claims. Arrays as gate_admit takes them; outcomes are done, refused and unknown.
CREATE FUNCTION gate_settle(
  p_tenants text[], p_sizes integer[], p_keys uuid[], p_fingerprints text[], p_tokens uuid[], p_receipts uuid[],
  p_outcomes text[], p_window_ms bigint, p_at timestamptz DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  time_window interval := p_window_ms * interval '1 millisecond';
  at timestamptz;
  nothing integer[] := array_fill(0, ARRAY[cardinality(p_tenants)]);
  accepted integer[];
  first_items integer[];
  item record;
BEGIN
  PERFORM gate_lock_tenants(p_tenants);
  at := coalesce(p_at, clock_timestamp());
  SELECT array_agg(s.first_item ORDER BY s.tenant) INTO first_items
    FROM (
      SELECT u.tenant, 1 + sum(u.size) OVER (ORDER BY u.tenant)::integer - u.size AS first_item
      FROM unnest(p_sizes) WITH ORDINALITY u (size, tenant)
    ) s;

  -- The event IS in the log: done, whoever holds the claim. One that is done already stands, unless its window is over.
  -- All done ones first: after them a refused or unknown of the same key changes nothing, before them it would not matter.
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

  IF accepted <> nothing THEN PERFORM gate_count(at, p_tenants, accepted, nothing, nothing); END IF;
END $$;

-- Removes what is over from the next p_blocks blocks of gate_claims, and counts older than 24 h at the start of each round.
-- Many processes may call it: one works, the others find the position taken or not due. Waits for nobody.
-- Returns the ms until the next step is due.
CREATE FUNCTION gate_sweep(p_blocks integer, p_round_ms integer, p_at timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz := coalesce(p_at, clock_timestamp());
  blocks bigint;
  pause_ms integer;
  step gate_sweep_position;
BEGIN
  INSERT INTO gate_sweep_position DEFAULT VALUES ON CONFLICT DO NOTHING;
  blocks := pg_relation_size('gate_claims') / current_setting('block_size')::integer;
  -- One round in p_round_ms, in steps of 20 ms to 1 s: a table of any size is swept at a steady, low price.
  pause_ms := greatest(20, least(1000, p_round_ms * p_blocks / greatest(1, blocks)));
  SELECT * INTO step FROM gate_sweep_position FOR UPDATE SKIP LOCKED;
  IF NOT FOUND OR step.due_at > clock_timestamp() THEN RETURN pause_ms; END IF;

  IF step.next_block >= blocks THEN step.next_block := 0; END IF;
  IF step.next_block = 0 THEN DELETE FROM gate_counts WHERE minute < at - interval '24 hours'; END IF;
  DELETE FROM gate_claims WHERE ctid = ANY (ARRAY(
    SELECT g.ctid FROM gate_claims g
    WHERE g.ctid >= format('(%s,0)', step.next_block)::tid AND g.ctid < format('(%s,0)', step.next_block + p_blocks)::tid
      AND gate_is_over(g, at)
    FOR UPDATE SKIP LOCKED
  ));
  UPDATE gate_sweep_position SET next_block = step.next_block + p_blocks,
    due_at = clock_timestamp() + pause_ms * interval '1 millisecond';
  RETURN pause_ms;
END $$;
