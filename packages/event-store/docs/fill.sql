-- A store of a busy day, for looking at plans: 1,000,000 events unless told and 100,000 dead letters of 20 tenants and 50 types within
-- 24 h, with the counters that settling would have moved. Into an empty, migrated database:
--   psql -v ON_ERROR_STOP=1 -f packages/event-store/docs/fill.sql "$DATABASE_URL"
-- Another number of events, a multiple of 100,000, is set beforehand: SET fill.events = 5000000
SELECT set_config('fill.events', coalesce(nullif(current_setting('fill.events', true), ''), '1000000'), false);
SELECT set_config('fill.records', (current_setting('fill.events')::integer + 100000)::text, false);

INSERT INTO settled_offsets (topic, generation, partition, base, next, stored, dead_lettered, repeats)
SELECT 'events.raw', 'filled', p, 0, current_setting('fill.records')::integer / 6 + 1, current_setting('fill.events')::integer / 6 + 1,
       16667, 0
FROM generate_series(0, 5) p;

CREATE TEMPORARY TABLE filled AS
SELECT n, 'tenant_' || n % 20 AS tenant_id, 'type.' || (n / 20) % 50 AS event_type,
       now() - (current_setting('fill.records')::integer - n) * (interval '23.98 hours' / current_setting('fill.records')::integer) AS received_at,
       n % 6 AS partition, n / 6 AS source_offset, n % (current_setting('fill.records')::integer / 100000) = 0 AS is_dead
FROM generate_series(1, current_setting('fill.records')::integer) n;

INSERT INTO events (id, tenant_id, event_id, idempotency_key, event_type, schema_version, occurred_at, received_at,
                    processed_at, payload, fingerprint, source_id, source_offset)
SELECT (lpad(to_hex((extract(epoch FROM f.received_at) * 1000)::bigint), 12, '0') || '7000a000' || lpad(to_hex(f.n), 12, '0'))::uuid,
       f.tenant_id, 'event-' || f.n, 'key-' || f.n, f.event_type, 1, f.received_at, f.received_at,
       f.received_at + interval '40 milliseconds', jsonb_build_object('n', f.n, 'text', repeat('x', 200)),
       sha256(f.n::text::bytea), s.id, f.source_offset
FROM filled f JOIN settled_offsets s ON s.partition = f.partition
WHERE NOT f.is_dead ORDER BY f.n;

INSERT INTO dead_letters (state, reason, detail, pointer, stage, original, first_failed_at, failed_at, tenant_id, receipt_id,
                          idempotency_key, fingerprint, received_at, event_id, event_type, source_id, source_offset)
SELECT CASE WHEN f.n % 10 < 7 THEN 'open' WHEN f.n % 10 < 9 THEN 'redriven' ELSE 'dismissed' END,
       CASE f.n % 4 WHEN 0 THEN 'MISSING_FIELD' ELSE 'INVALID_FIELD' END, 'event_type is missing or not as it must be.',
       (ARRAY['/event_type', '/occurred_at', '/payload', '/schema_version', '/event_id'])[1 + f.n % 5], 'validate',
       convert_to(repeat('x', 700), 'UTF8'), f.received_at, f.received_at, f.tenant_id,
       (lpad(to_hex((extract(epoch FROM f.received_at) * 1000)::bigint), 12, '0') || '7000a000' || lpad(to_hex(f.n), 12, '0'))::uuid,
       'key-' || f.n, sha256(f.n::text::bytea), f.received_at, 'event-' || f.n, f.event_type, s.id, f.source_offset
FROM filled f JOIN settled_offsets s ON s.partition = f.partition
WHERE f.is_dead ORDER BY f.n;

INSERT INTO rollup_minute (bucket, tenant_id, event_type, shard, stored, dead_lettered, repeats, latency)
SELECT date_bin('1 minute', received_at, '2000-01-01 00:00Z'), tenant_id, event_type, 0, count(*) FILTER (WHERE NOT is_dead),
       count(*) FILTER (WHERE is_dead), 0, array_fill(1, ARRAY[31])
FROM filled GROUP BY 1, 2, 3 ORDER BY 1, 2, 3; -- as settling would have written them, minute after minute

INSERT INTO balance_minute (minute, tenant_id, shard, stored, dead_lettered, repeats)
SELECT date_bin('1 minute', f.received_at, '2000-01-01 00:00Z'), f.tenant_id, 0, count(*) FILTER (WHERE NOT f.is_dead),
       count(*) FILTER (WHERE f.is_dead AND f.n % 10 NOT IN (7, 8)), 0
FROM filled f GROUP BY 1, 2 ORDER BY 1, 2;
ANALYZE;
