-- What was recorded of conversations. Every statement is valid for SQLite and for PostgreSQL.

-- Every take of the call, as JSON: its name, what came of it, when it began, how long it took and how much of that is
-- silence. `recording`, which was there from the beginning, has the name of the first that was kept.
ALTER TABLE call_log ADD COLUMN recordings TEXT;
