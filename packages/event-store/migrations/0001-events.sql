-- The store: every accepted event is one row in events or one open row in dead_letters.
-- Identifiers are compared byte by byte (COLLATE "C"): faster, and the same on every system.

-- How far each partition of a topic is settled, and what its positions became. Moved in the settling transaction:
-- (next - base) - (stored + dead_lettered + repeats) is the number of positions that nobody accounted for.
CREATE TABLE settled_offsets (
  -- Stands for (topic, generation, partition) in events and dead_letters.
  id            integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  topic         text NOT NULL,
  -- Tells one life of the topic from another: offsets of a topic deleted and made again are not comparable.
  generation    text NOT NULL,
  partition     integer NOT NULL,
  -- The first position that was settled here, and the one after the last.
  base          bigint NOT NULL,
  next          bigint NOT NULL,
  stored        bigint NOT NULL DEFAULT 0,
  dead_lettered bigint NOT NULL DEFAULT 0,
  repeats       bigint NOT NULL DEFAULT 0,
  settled_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (topic, generation, partition), -- settling: lock the partitions of a batch
  CHECK (base <= next)
) WITH (fillfactor = 10); -- every batch updates a row here: room on the page keeps those updates off the indexes

CREATE TABLE events (
  -- The receipt id.
  id              uuid PRIMARY KEY, -- an event by its receipt
  tenant_id       text COLLATE "C" NOT NULL,
  event_id        text COLLATE "C" NOT NULL,
  idempotency_key text COLLATE "C" NOT NULL,
  event_type      text COLLATE "C" NOT NULL,
  schema_version  integer NOT NULL,
  occurred_at     timestamptz NOT NULL, -- by the producer's clock
  received_at     timestamptz NOT NULL, -- by ingest's clock
  processed_at    timestamptz NOT NULL, -- by this database's clock; one value for all rows of a batch
  payload         jsonb NOT NULL,
  status          text NOT NULL DEFAULT 'stored' CHECK (status = 'stored'),
  -- Members of the event that the platform does not know.
  extra           jsonb,
  -- SHA-256 of the body's bytes: tells a repeat from another event under the same key.
  fingerprint     bytea NOT NULL,
  -- Where in the log the record stood: settled_offsets.id and the offset.
  source_id       integer NOT NULL,
  source_offset   bigint NOT NULL
);
-- The authority on repeats, and search by idempotency key.
CREATE UNIQUE INDEX events_key ON events (tenant_id, idempotency_key);
-- Search by the producer's event id.
CREATE INDEX events_event_id ON events (tenant_id, event_id);
-- Events of one type over a span of the producer's time.
CREATE INDEX events_type_occurred ON events (event_type, occurred_at);
-- Newest first, of one tenant; of all tenants: the newest of each, merged.
CREATE INDEX events_newest ON events (tenant_id, processed_at, id);
-- Newest first of one type, a rare one too.
CREATE INDEX events_type_newest ON events (tenant_id, event_type, processed_at, id);

-- Records that cannot become rows, one row per identity: the event (tenant, key, fingerprint) where it can be read,
-- else the record itself. state: open -> redriving -> redriven | open again; open -> dismissed -> redriving.
CREATE TABLE dead_letters (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Set only where the event cannot be read: SHA-256 of position and bytes.
  record_identity  text COLLATE "C",
  state            text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'redriving', 'redriven', 'dismissed')),
  reason           text NOT NULL,
  detail           text NOT NULL,
  pointer          text,
  stage            text NOT NULL,
  -- The whole record value, byte for byte.
  original         bytea NOT NULL,
  attempts         integer NOT NULL DEFAULT 1,
  first_failed_at  timestamptz NOT NULL,
  failed_at        timestamptz NOT NULL,
  closed_at        timestamptz,
  tenant_id        text COLLATE "C",
  receipt_id       uuid,
  idempotency_key  text COLLATE "C",
  fingerprint      bytea,
  received_at      timestamptz,
  event_id         text COLLATE "C",
  event_type       text COLLATE "C",
  source_id        integer NOT NULL,
  source_offset    bigint NOT NULL,
  CHECK ((record_identity IS NULL) =
         (tenant_id IS NOT NULL AND idempotency_key IS NOT NULL AND fingerprint IS NOT NULL AND receipt_id IS NOT NULL))
);
-- One row per event; search by idempotency key; finding those that a stored event closes.
CREATE UNIQUE INDEX dead_letters_event ON dead_letters (tenant_id, idempotency_key, fingerprint);
-- One row per record that cannot be read.
CREATE UNIQUE INDEX dead_letters_record ON dead_letters (record_identity) WHERE record_identity IS NOT NULL;
-- A dead letter by its receipt.
CREATE INDEX dead_letters_receipt ON dead_letters (receipt_id);
-- Search by the producer's event id.
CREATE INDEX dead_letters_event_id ON dead_letters (tenant_id, event_id);
-- Newest first by state, and the number of open ones.
CREATE INDEX dead_letters_newest ON dead_letters (state, failed_at, id);
-- The same of one tenant.
CREATE INDEX dead_letters_tenant_newest ON dead_letters (tenant_id, state, failed_at, id);

-- What happened to a dead letter after it was opened.
CREATE TABLE dead_letter_history (
  dead_letter_id uuid NOT NULL REFERENCES dead_letters (id) ON DELETE CASCADE,
  at             timestamptz NOT NULL,
  what           text NOT NULL, -- redriven | failed_again | dismissed | stored | opened_again
  by             text NOT NULL, -- processor, or who asked
  note           text
);
-- The history of one dead letter.
CREATE INDEX dead_letter_history_of ON dead_letter_history (dead_letter_id, at);

-- Receipts given out for repeats: each stands for the receipt under which the event is settled.
CREATE TABLE receipt_aliases (
  receipt_id uuid PRIMARY KEY, -- an event by any receipt given out for it
  stands_for uuid NOT NULL,
  tenant_id  text COLLATE "C" NOT NULL,
  seen_at    timestamptz NOT NULL
);
