-- Calls that were agreed on are found apart from other leads. Every statement is valid for SQLite and for PostgreSQL.

-- They wait in the same table, and a claim looks for them first: by the index of all that waits it would pass over every
-- lead to find the few of them, so that each kind has an index of its own.
DROP INDEX queue_due;
CREATE INDEX queue_due ON queue (campaign_id, due_at, id) WHERE state = 'waiting' AND callback_at IS NULL;
