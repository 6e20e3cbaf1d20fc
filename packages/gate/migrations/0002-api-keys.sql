-- API keys that were made here, besides those of API_KEYS. Nothing in it lets anybody in: of a key only its SHA-256 is kept.
-- LOGGED, other than the gate's own tables: a lost row would lock a tenant out, or let a revoked key in again.

CREATE TABLE api_keys (
  number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- lists, newest first; a place in them
  id         text COLLATE "C" NOT NULL UNIQUE,                -- sk_<id>_…; one key by name
  tenant_id  text COLLATE "C" NOT NULL,
  digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
  label      text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by text NOT NULL,
  revoked_at timestamptz,
  revoked_by text,
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);

-- What every process reads again and again, however many were revoked before.
CREATE INDEX api_keys_in_force ON api_keys (number) WHERE revoked_at IS NULL;
