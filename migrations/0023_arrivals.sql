-- What is new, and what was lately. Every statement is valid for SQLite and for PostgreSQL.

-- How often leads were added to a campaign, or made to wait again, by whomever: every node finds by it that there may be
-- more. It stands apart from the campaign's own row, which those who dial change, since an import holds it for a moment.
CREATE TABLE arrivals (
    campaign_id BIGINT NOT NULL PRIMARY KEY,
    nth         BIGINT NOT NULL
);

-- What a start looks back at where the uses of caller ids are limited.
CREATE INDEX transfers_created ON transfers (created_at);
