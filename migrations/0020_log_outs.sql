-- Who has logged out and is kept. Every statement is valid for SQLite and for PostgreSQL.

-- 1 where the agent goes home as soon as nothing keeps them any more, neither their call nor its work; 0 otherwise.
ALTER TABLE agents ADD COLUMN leaves BIGINT NOT NULL DEFAULT 0 CHECK (leaves IN (0, 1));
