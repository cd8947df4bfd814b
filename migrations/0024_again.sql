-- Leads that are tried again are found apart from those that were never dialled. Every statement is valid for SQLite and for
-- PostgreSQL.

-- A retry that is due goes ahead of new leads, or its delay would be as long as the list: those of a list that was imported
-- this morning are all due since then.
CREATE INDEX queue_again ON queue (campaign_id, due_at, id)
    WHERE state = 'waiting' AND callback_at IS NULL AND attempts > recycled;
