-- How the log and its consumers stood, every 10 s while an admin ran: lag over time survives a restart of whoever measured it.
CREATE TABLE lag_samples (
  at             timestamptz PRIMARY KEY, -- a multiple of 10 s, by admin's clock; of several admins one writes it
  total_lag      bigint NOT NULL,
  behind_seconds real,
  -- Log positions, all partitions together: their differences are the rates.
  appended       bigint NOT NULL,
  settled        bigint NOT NULL,
  consuming      boolean NOT NULL
);
