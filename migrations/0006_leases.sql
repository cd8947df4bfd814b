-- Claims that end by themselves. Every statement is valid for SQLite and for PostgreSQL.

-- Until when an item that is claimed stays claimed, unless its claim is renewed: whoever claimed it may have gone.
-- `claimed_by` is the node that holds the item, or `@shelf` for those that any node may take from the shared hopper.
ALTER TABLE queue ADD COLUMN claimed_until BIGINT;
UPDATE queue SET claimed_until = 0 WHERE state = 'claimed';
