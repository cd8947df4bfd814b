-- What agents say of their calls. Every statement is valid for SQLite and for PostgreSQL.

-- One row for each call that an agent talked on in a campaign that has dispositions, inserted with the call's record. Until
-- the disposition is given, by the agent or at `owed_until` by default, `code` is NULL and the agent owes it; then it is
-- filled in once and never changed. `said` is 1 where the agent has said it. The record of such a call has the fate `retry`,
-- why `disposition`: what becomes of the lead stands here.
CREATE TABLE dispositions (
    attempt_id  BIGINT NOT NULL PRIMARY KEY,
    campaign_id BIGINT NOT NULL,
    agent_id    BIGINT NOT NULL,
    owed_until  BIGINT NOT NULL,
    code        TEXT,
    said        BIGINT CHECK (said IN (0, 1)),
    given_at    BIGINT,
    fate        TEXT CHECK (fate IN ('retry', 'completed', 'exhausted')),
    retry_at    BIGINT,
    why         TEXT
);

-- What a restart asks for.
CREATE INDEX dispositions_owed ON dispositions (attempt_id) WHERE code IS NULL;

-- How many microseconds the callee was on hold.
ALTER TABLE call_log ADD COLUMN held BIGINT NOT NULL DEFAULT 0;
