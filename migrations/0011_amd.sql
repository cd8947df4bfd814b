-- Answering machine detection. Every statement is valid for SQLite and for PostgreSQL.

-- Who was taken to have answered, as JSON: who listened, verdict, cause, how long it took, and what came of it.
ALTER TABLE call_log ADD COLUMN amd TEXT;

-- What the call counts as of a drop, in thousandths, since a person may have been taken for a machine.
ALTER TABLE call_log ADD COLUMN drop_share BIGINT NOT NULL DEFAULT 0;
