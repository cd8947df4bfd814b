-- How far a callee has come in a call flow while their call goes on. Every statement is valid for SQLite and for PostgreSQL.

-- Their way as `call_log.flow` would have it if nobody heard any more of the call, by which the next process goes on: which
-- nodes they have passed and when, what they have answered, and what is being recorded.
ALTER TABLE attempts ADD COLUMN flow TEXT;
