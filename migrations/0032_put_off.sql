-- Leads that rules have put off are told from those that are due later by themselves. Every statement is valid for SQLite and for
-- PostgreSQL.

-- The moment to which a campaign's or a callee's hours, a cap or a drop have put the lead off, which is its `due_at` then; NULL again
-- from its next claim on. No retry, no callback and no skip is such a moment. Of leads that were put off before this was kept nobody
-- knows it any more.
ALTER TABLE queue ADD COLUMN put_off_until BIGINT;

-- What a start walks whose rules are others than the last one's.
CREATE INDEX queue_put_off ON queue (campaign_id, id) WHERE state = 'waiting' AND put_off_until IS NOT NULL;

-- A digest of the rules by which the node's last process put leads of the campaign off; NULL where none has said.
ALTER TABLE standings ADD COLUMN put_off_by TEXT;
