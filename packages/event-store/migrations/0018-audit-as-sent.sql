-- An edit in the audit is what was sent: jsonb writes 1e300 as 301 digits, sorts members and drops repeated ones.
ALTER TABLE audit ALTER COLUMN before TYPE json USING before::json, ALTER COLUMN after TYPE json USING after::json;
