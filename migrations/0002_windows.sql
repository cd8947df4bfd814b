-- What a campaign's drop windows are counted by, and when it closes. Every statement is valid for SQLite and for
-- PostgreSQL.

-- When the campaign first ran: its blocks of days begin with it. It is set once and never changed.
ALTER TABLE campaigns ADD COLUMN began_at BIGINT;
-- When it is to pause by itself.
ALTER TABLE campaigns ADD COLUMN closes_at BIGINT;

UPDATE campaigns SET began_at = (SELECT MIN(created_at) FROM attempts WHERE attempts.campaign_id = campaigns.id);

-- What a recount walks: those who have answered since a window began.
CREATE INDEX attempts_answered ON attempts (campaign_id, answered_at) WHERE answered_at IS NOT NULL;
