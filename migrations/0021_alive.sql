-- Whether a node is at work, and where. Every statement is valid for SQLite and for PostgreSQL.

-- The installation whose process runs the node, or ran it last: a name that its data directory has.
ALTER TABLE nodes ADD COLUMN instance TEXT;

-- Until when that process has said that it is at work; NULL once it has ended in order.
ALTER TABLE nodes ADD COLUMN alive_until BIGINT;
