-- What is deleted by its age is found by its age.

-- Minutes and hours of all tenants that are older than events are kept.
CREATE INDEX rollup_totals_age ON rollup_totals (bucket);
CREATE INDEX rollup_hour_age ON rollup_hour (bucket);
