-- Whom nobody may call. Every statement is valid for SQLite and for PostgreSQL.

-- `version` is the version of the list that holds: an import brings the next one and lets it hold once it is whole.
-- `dated_at` is when that was; NULL where nothing was ever put on the list. `max_age` is how old it may be, in microseconds.
CREATE TABLE dnc_lists (
    id       BIGINT NOT NULL PRIMARY KEY,
    name     TEXT   NOT NULL UNIQUE,
    version  BIGINT NOT NULL,
    dated_at BIGINT,
    max_age  BIGINT
);

CREATE TABLE dnc_numbers (
    number  TEXT   NOT NULL,
    list_id BIGINT NOT NULL REFERENCES dnc_lists (id),
    version BIGINT NOT NULL,
    PRIMARY KEY (number, list_id, version)
);

-- What an import leaves behind is found by.
CREATE INDEX dnc_numbers_of_list ON dnc_numbers (list_id, version);

-- All numbers that begin so. They are few.
CREATE TABLE dnc_areas (
    prefix  TEXT   NOT NULL,
    list_id BIGINT NOT NULL REFERENCES dnc_lists (id),
    version BIGINT NOT NULL,
    PRIMARY KEY (list_id, version, prefix)
);

-- Which lists a campaign keeps to, as the configuration says. It dials nobody on a list that does not allow, and where it has
-- lists that do, only who is on one of those.
CREATE TABLE campaign_dnc (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    list_id     BIGINT NOT NULL REFERENCES dnc_lists (id),
    allows      BIGINT NOT NULL CHECK (allows IN (0, 1)),
    PRIMARY KEY (campaign_id, list_id)
);

-- How often a number has been called is counted by.
CREATE INDEX attempts_number ON attempts (number, created_at);

-- How often numbers that begin with `area` may be called for a campaign, as the configuration says: less than `most` calls, or
-- conversations, of any campaign in the last `within` microseconds.
CREATE TABLE frequency_caps (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    area        TEXT   NOT NULL,
    counts      TEXT   NOT NULL CHECK (counts IN ('calls', 'conversations')),
    most        BIGINT NOT NULL,
    within      BIGINT NOT NULL
);

CREATE INDEX frequency_caps_campaign ON frequency_caps (campaign_id);
