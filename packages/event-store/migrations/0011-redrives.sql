-- What people change, and how dead letters are appended to the log again.

-- Every change: who, what, when. Its operation id makes it repeat-safe: the row is written in the change's own transaction.
CREATE TABLE audit (
  operation_id   uuid PRIMARY KEY, -- the same operation sent again
  at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  by             text NOT NULL, -- as the caller named itself
  action         text NOT NULL,
  target         text, -- the dead letter, the job or the tenant
  count          integer,
  note           text,
  request_id     text NOT NULL,
  -- Tells the same operation sent again from another one under its id.
  request_digest bytea NOT NULL,
  before         jsonb,
  after          jsonb
);
-- Newest first.
CREATE INDEX audit_newest ON audit (at, operation_id);

-- A redrive of one or many. state: running -> done | cancelled.
CREATE TABLE redrive_jobs (
  id              uuid PRIMARY KEY,
  operation_id    uuid NOT NULL UNIQUE, -- the job of an operation that is sent again
  state           text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'cancelled')),
  by              text NOT NULL,
  note            text,
  filter          jsonb, -- null: chosen by id
  -- As text: numbers keep their digits. At most one of them.
  edit            json,
  event           text,
  rate_per_second integer NOT NULL,
  matched         integer NOT NULL,
  appended        integer NOT NULL DEFAULT 0,
  stored          integer NOT NULL DEFAULT 0,
  failed_again    integer NOT NULL DEFAULT 0,
  left_out        integer NOT NULL DEFAULT 0,
  started_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at        timestamptz,
  -- False once every outcome is known; a cancelled job lives on until then.
  is_live         boolean NOT NULL DEFAULT true,
  -- The admin that works on it; another one takes over when the lease is over.
  lease_by        uuid,
  lease_until     timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
-- Newest first.
CREATE INDEX redrive_jobs_newest ON redrive_jobs (started_at, id);
-- What there is to do.
CREATE INDEX redrive_jobs_live ON redrive_jobs (started_at) WHERE is_live;

-- The dead letters of a job, chosen when it is made. state: chosen -> taken -> appended -> stored | failed_again; chosen -> left_out.
-- taken: the dead letter is `redriving` and its record may be in the log or not, so it is appended (again).
CREATE TABLE redrive_items (
  job_id         uuid NOT NULL REFERENCES redrive_jobs (id) ON DELETE CASCADE,
  position       integer NOT NULL,
  dead_letter_id uuid NOT NULL,
  state          text NOT NULL DEFAULT 'chosen'
                 CHECK (state IN ('chosen', 'taken', 'appended', 'stored', 'failed_again', 'left_out')),
  -- dead_letters.attempts when it was taken; null: it never was.
  attempt        integer,
  appended_at    timestamptz,
  PRIMARY KEY (job_id, position)
) WITH (fillfactor = 70);
-- What is left of a job to choose, append and watch.
CREATE INDEX redrive_items_open ON redrive_items (job_id, state, position) WHERE state IN ('chosen', 'taken', 'appended');
-- Dead letters by the job that took them.
CREATE INDEX redrive_items_taken ON redrive_items (job_id, dead_letter_id) WHERE attempt IS NOT NULL;

-- Of what = redriven.
ALTER TABLE dead_letter_history ADD COLUMN job_id uuid, ADD COLUMN edited boolean;
