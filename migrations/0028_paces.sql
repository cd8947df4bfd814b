-- What is changed of a campaign's pacing while it dials. Every statement is valid for SQLite and for PostgreSQL.

-- NULL: as configured. JSON: what was configured when it was changed, and the change. Where the campaign is configured otherwise by
-- now, it holds no longer.
ALTER TABLE standings ADD COLUMN paced TEXT;
