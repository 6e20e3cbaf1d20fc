-- What lets a processor tell a record that kills processes from any other reason to die.

-- Who began to read a partition, and where. The row goes when the partition is given back in good order, so what is left
-- of others at the same place are processes that died without getting any further.
CREATE TABLE partition_starts (
  topic       text NOT NULL,
  partition   integer NOT NULL,
  instance_id text NOT NULL, -- made anew at each start of a process
  committed   bigint NOT NULL, -- where reading began; -1: nothing was ever committed
  started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, partition, instance_id) -- deaths at one place of a partition
);

-- The record that is being judged, while records go one by one. What is found here at a start was in hand at a death.
CREATE TABLE crash_markers (
  topic         text NOT NULL,
  partition     integer NOT NULL,
  record_offset bigint NOT NULL,
  instance_id   text NOT NULL,
  crashes       integer NOT NULL DEFAULT 0, -- starts of other processes that found it here
  marked_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, partition, record_offset) -- markers of a partition
);
