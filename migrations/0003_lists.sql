-- Lists of leads, which campaigns share. Every statement is valid for SQLite and for PostgreSQL.

CREATE TABLE lists (
    id   BIGINT NOT NULL PRIMARY KEY,
    name TEXT   NOT NULL UNIQUE
);

-- Which campaigns dial which lists. `filled` is the greatest lead id of the list that the campaign has looked at: leads
-- behind it have their queue item, or another lead of the campaign has their number; those that come later get higher ids.
CREATE TABLE campaign_lists (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    list_id     BIGINT NOT NULL REFERENCES lists (id),
    filled      BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, list_id)
);

-- Each file that was imported. `digest` is the SHA-256 of its bytes. An import is `open` until all its rows are in, also
-- where the process that began it has gone.
CREATE TABLE imports (
    id       BIGINT NOT NULL PRIMARY KEY,
    list_id  BIGINT NOT NULL REFERENCES lists (id),
    file     TEXT   NOT NULL,
    digest   TEXT   NOT NULL,
    state    TEXT   NOT NULL CHECK (state IN ('open', 'done', 'undone')),
    began_at BIGINT NOT NULL
);

-- `zone` is a zone of the IANA database, where the callee lives.
ALTER TABLE leads ADD COLUMN list_id BIGINT REFERENCES lists (id);
ALTER TABLE leads ADD COLUMN import_id BIGINT;
ALTER TABLE leads ADD COLUMN zone TEXT;

-- Further numbers of a lead, in the order to be tried; `ord` counts from 2, since the lead's own number is the first.
CREATE TABLE lead_numbers (
    lead_id BIGINT NOT NULL REFERENCES leads (id),
    ord     BIGINT NOT NULL,
    number  TEXT   NOT NULL,
    PRIMARY KEY (lead_id, ord)
);

CREATE INDEX lead_numbers_number ON lead_numbers (number);

-- What there was before is a list of its own for each campaign, called like it.
INSERT INTO lists (id, name)
SELECT id, name FROM campaigns WHERE EXISTS (SELECT 1 FROM queue WHERE queue.campaign_id = campaigns.id);

UPDATE leads SET list_id = (SELECT MIN(campaign_id) FROM queue WHERE queue.lead_id = leads.id);

INSERT INTO campaign_lists (campaign_id, list_id, filled)
SELECT lists.id, lists.id, COALESCE((SELECT MAX(leads.id) FROM leads WHERE leads.list_id = lists.id), 0) FROM lists;

-- A list has each number once. By number, so that it also finds a number in every list.
CREATE UNIQUE INDEX leads_of_number ON leads (number, list_id);
DROP INDEX leads_number;
-- What a campaign that begins to dial a list walks.
CREATE INDEX leads_of_list ON leads (list_id, id);

-- The unique index of the table begins with the campaign, of which there are few: it finds a number as well.
DROP INDEX queue_number;
