-- Records come in order, are never updated, and go by their age. A vacuum writes a new record's page anyway, and to freeze the record then
-- costs nothing more; left for later, a log that takes 200 million transactions within its retention is vacuumed whole for that alone.
ALTER TABLE log_records SET (autovacuum_freeze_min_age = 0);
