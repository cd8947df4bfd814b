-- Whoever was called for a callee, and how long the callee was on hold, while the call goes on. Every statement is valid for SQLite
-- and for PostgreSQL.

-- The legs to others as `call_log.transfers` would have them if nobody heard any more of the call, by which the next process goes
-- on; one that is not over has no end yet.
ALTER TABLE attempts ADD COLUMN transfers TEXT;

-- The engine's own account of the time on hold, as JSON.
ALTER TABLE attempts ADD COLUMN hold TEXT;
