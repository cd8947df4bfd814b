-- What is remembered between two attempts on a lead. Every statement is valid for SQLite and for PostgreSQL.

-- `technical`: how many of the attempts were technical failures, which the cap does not count. `recycled`: how many attempts
-- were made before the lead was last given another round, which nothing counts. `next_number`: the number to
-- be dialled next, where it is not the lead's first. `bad_numbers`: a JSON list of [number, times] of the numbers that were
-- said not to exist when last dialled, and how often in a row.
-- `caller_id`: the one that is to be shown again.
ALTER TABLE queue ADD COLUMN technical BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN recycled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN next_number TEXT;
ALTER TABLE queue ADD COLUMN bad_numbers TEXT;
ALTER TABLE queue ADD COLUMN caller_id TEXT;

-- A call that was agreed on, and with whom (anybody, where there is no agent). It is kept until an attempt has served it.
ALTER TABLE queue ADD COLUMN callback_at BIGINT;
ALTER TABLE queue ADD COLUMN callback_agent BIGINT;
ALTER TABLE queue ADD COLUMN callback_note TEXT;

CREATE INDEX queue_callbacks ON queue (campaign_id, due_at) WHERE callback_at IS NOT NULL;

-- The same as each record decided it.
ALTER TABLE call_log ADD COLUMN technical BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call_log ADD COLUMN recycled BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call_log ADD COLUMN next_number TEXT;
ALTER TABLE call_log ADD COLUMN bad_numbers TEXT;
ALTER TABLE call_log ADD COLUMN caller_id TEXT;
