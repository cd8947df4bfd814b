-- What minutes were like. Every statement is valid for SQLite and for PostgreSQL.

-- How a campaign stood on a node at the end of a minute, what kept it from dialling then, and how often each reason did within
-- the minute, as JSON. A minute in which it neither ran nor changed has no row.
CREATE TABLE minutes (
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    began_at    BIGINT NOT NULL,
    node        TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    reason      TEXT,
    refusals    TEXT   NOT NULL,
    PRIMARY KEY (campaign_id, began_at, node)
);
