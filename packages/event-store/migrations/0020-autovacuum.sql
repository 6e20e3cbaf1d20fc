-- How autovacuum works on events, whatever the server has for other tables; measured in docs/performance.md, "The store by its size".
-- Other tables keep the server's settings. Those whose few rows are updated by every batch (settled_offsets, processor_heartbeats, the
-- running minutes) are cleaned by the updates themselves: room on their pages keeps 87 to 100 % of them off the indexes.

-- Rows come in order, are never updated, and go by their age.
ALTER TABLE events SET (
  -- A vacuum writes a new row's page anyway, and to freeze the row then costs nothing more. Left for later, all rows come due in one
  -- vacuum of the whole table: 1.3 µs and 330 bytes of WAL each, that is 27 s of CPU and 6.5 GB at 20 million.
  autovacuum_freeze_min_age = 0,
  -- New pages are summarised, frozen and marked as visible to all at 0.9 µs an event, however seldom. But once retention deletes as many
  -- rows as come, a vacuum for new rows meets dead ones, too, and goes through all indexes, at 1 µs for each row of the table: at a
  -- fifth of the table 5 µs an event, at a twentieth 20 µs, at a fiftieth 50 µs, which is half of what settling takes.
  autovacuum_vacuum_insert_scale_factor = 0.2,
  autovacuum_vacuum_scale_factor = 0.2,
  -- 0.9 s of CPU from 5 million rows on, as a sample is read and not the table: 2 µs an event at 5 million, less beyond.
  autovacuum_analyze_scale_factor = 0.1
);
