-- What agents' pauses were for. Every statement is valid for SQLite and for PostgreSQL.

-- The code of the pause, where the state is `paused`. Each code has a row of its own.
ALTER TABLE agent_states ADD COLUMN pause_code TEXT;

-- How many rings an agent has not picked up since the last one that they did, and when the last was given up.
ALTER TABLE agents ADD COLUMN missed_rings BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN missed_at BIGINT;

-- Each ring that an agent did not pick up; inserted once, never changed. `campaign_id` is the campaign that they worked for.
CREATE TABLE missed_rings (
    agent_id    BIGINT NOT NULL REFERENCES agents (id),
    missed_at   BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    PRIMARY KEY (agent_id, missed_at)
);
