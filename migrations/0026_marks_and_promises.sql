-- What a node makes on its PBX is told from what it has made with another database, and a call that was agreed on is promised until
-- it is made. Every statement is valid for SQLite and for PostgreSQL.

-- Six of the digits 0-9 and a-f, drawn when the node is first at work here, and part of every id of its channels, bridges and
-- recordings: each database counts its attempts from 1. NULL where the node has been at work since before there were marks.
ALTER TABLE nodes ADD COLUMN mark TEXT;

-- 1 where the attempt was to be a call that had been agreed on, which is still to be made: with the retry, where there is one.
ALTER TABLE call_log ADD COLUMN promised BIGINT NOT NULL DEFAULT 0 CHECK (promised IN (0, 1));
