-- What was put on do-not-call lists one by one. Every statement is valid for SQLite and for PostgreSQL.

-- 1 where somebody put it there by itself, such as an opt-out on the phone: an import of a file leaves it on the list.
ALTER TABLE dnc_numbers ADD COLUMN by_hand BIGINT NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));
ALTER TABLE dnc_areas ADD COLUMN by_hand BIGINT NOT NULL DEFAULT 0 CHECK (by_hand IN (0, 1));

-- Nobody has written down so far how a number came onto a list. On the house's own are the opt-outs; the others are registries.
UPDATE dnc_numbers SET by_hand = 1 WHERE list_id IN (SELECT id FROM dnc_lists WHERE name = 'house');
UPDATE dnc_areas SET by_hand = 1 WHERE list_id IN (SELECT id FROM dnc_lists WHERE name = 'house');

-- They are few among the numbers of a registry, and found by.
CREATE INDEX dnc_numbers_by_hand ON dnc_numbers (list_id, version) WHERE by_hand = 1;
