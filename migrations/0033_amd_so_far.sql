-- Who is taken to have answered a call that goes on. Every statement is valid for SQLite and for PostgreSQL.

-- As `call_log.amd` has it, by which the next process goes on: a machine that is to be left a message is offered to nobody.
ALTER TABLE attempts ADD COLUMN amd TEXT;
