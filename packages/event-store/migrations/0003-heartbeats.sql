-- Signs of life of processors. All times are this database's: the age of a heartbeat compares no two clocks.
CREATE TABLE processor_heartbeats (
  instance_id  text PRIMARY KEY,
  started_at   timestamptz NOT NULL,
  -- When the row was written last, and when the loop last ended a turn.
  beat_at      timestamptz NOT NULL,
  last_turn_at timestamptz NOT NULL,
  -- What the loop waits for; null while it works or has nothing to do.
  waits_for    text,
  partitions   integer[] NOT NULL,
  -- Set by a clean exit.
  stopped_at   timestamptz
) WITH (fillfactor = 50);
