-- How often the event of a receipt came again, and when last.
CREATE INDEX receipt_aliases_of ON receipt_aliases (stands_for, seen_at);
