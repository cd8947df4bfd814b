-- What an agent has said of a call that goes on. Every statement is valid for SQLite and for PostgreSQL.

-- The engine's own account as JSON, by which the next process goes on. Once the call is over its disposition has it
-- (`dispositions`).
ALTER TABLE attempts ADD COLUMN said TEXT;
