-- What has been recorded of a conversation that goes on. Every statement is valid for SQLite and for PostgreSQL.

-- The engine's own account as JSON, by which the next process goes on: which takes there were, which of them runs, and
-- since when it is silent. Once the call is over its record has them (`call_log.recordings`).
ALTER TABLE attempts ADD COLUMN takes TEXT;
