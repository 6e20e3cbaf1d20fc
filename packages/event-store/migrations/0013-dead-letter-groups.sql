-- Newest first of one failure, a rare one too. A pointer may be longer than an index takes, so its beginning finds it.
CREATE INDEX dead_letters_group ON dead_letters (state, reason, left(coalesce(pointer, ''), 60), failed_at, id);
