-- The whole floor. Every statement is valid for SQLite and for PostgreSQL.
--
-- Times are microseconds since 1970-01-01 00:00 UTC. Enumerations and JSON are text. Ids are assigned by the dialer.
-- A phone number is stored in its canonical form: 3 to 15 digits, no prefix.

-- Dialers that share this database. A node's attempts are numbered from id * 2^40 + 1, so that two of them never use
-- one attempt id; the first node has id 0 and counts 1, 2, 3.
CREATE TABLE nodes (
    id           BIGINT NOT NULL PRIMARY KEY,
    name         TEXT   NOT NULL UNIQUE,
    last_session BIGINT NOT NULL
);

CREATE TABLE campaigns (
    id    BIGINT NOT NULL PRIMARY KEY,
    name  TEXT   NOT NULL UNIQUE,
    state TEXT   NOT NULL
);

CREATE TABLE carriers (
    id   BIGINT NOT NULL PRIMARY KEY,
    name TEXT   NOT NULL UNIQUE
);

-- `channel` is the agent's own leg, `bridge` the conversation the agent is joined in: what a restart tears down.
CREATE TABLE agents (
    id          BIGINT NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL UNIQUE,
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    node        TEXT,
    state       TEXT   NOT NULL,
    session     BIGINT,
    channel     TEXT,
    bridge      TEXT,
    paused      TEXT,
    since       BIGINT NOT NULL
);

-- How each agent stood, appended and never changed; a state lasts until the agent's next row. `campaign_id` is the
-- campaign the agent worked for at the time.
CREATE TABLE agent_states (
    agent_id    BIGINT NOT NULL REFERENCES agents (id),
    seq         BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    since       BIGINT NOT NULL,
    PRIMARY KEY (agent_id, seq)
);

-- `attributes` is a JSON list of [name, value] pairs in the order imported.
CREATE TABLE leads (
    id          BIGINT NOT NULL PRIMARY KEY,
    number      TEXT   NOT NULL,
    external_id TEXT,
    attributes  TEXT   NOT NULL
);

CREATE INDEX leads_number ON leads (number);

-- One lead's place in one campaign. `completed` and `exhausted` are final. `last_result` is the last call result, or
-- `bad_row` where the row could not be read back and was set aside.
CREATE TABLE queue (
    id          BIGINT NOT NULL PRIMARY KEY,
    campaign_id BIGINT NOT NULL REFERENCES campaigns (id),
    lead_id     BIGINT NOT NULL REFERENCES leads (id),
    number      TEXT   NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'claimed', 'open', 'completed', 'exhausted')),
    due_at      BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    last_result TEXT,
    carrier_id  BIGINT,
    attempt_id  BIGINT,
    channel     TEXT,
    bridge      TEXT,
    claimed_by  TEXT,
    UNIQUE (campaign_id, number)
);

-- What claiming walks: it stays as small as the leads that wait.
CREATE INDEX queue_due ON queue (campaign_id, due_at, id) WHERE state = 'waiting';
CREATE INDEX queue_claimed ON queue (claimed_by) WHERE state = 'claimed';
CREATE INDEX queue_lead ON queue (lead_id);
CREATE INDEX queue_number ON queue (number);

-- What each try was placed with: inserted before it is dialled, never changed.
CREATE TABLE call_requests (
    attempt_id BIGINT NOT NULL,
    ordinal    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    carrier_id BIGINT NOT NULL,
    request    TEXT   NOT NULL,
    PRIMARY KEY (attempt_id, ordinal)
);

-- How far each attempt has come. `agent_id` is whom the callee was joined with.
CREATE TABLE attempts (
    id          BIGINT NOT NULL PRIMARY KEY,
    node        TEXT   NOT NULL,
    queue_id    BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    number      TEXT   NOT NULL,
    ordinal     BIGINT NOT NULL,
    carrier_id  BIGINT NOT NULL,
    agent_id    BIGINT,
    channel     TEXT,
    bridge      TEXT,
    created_at  BIGINT NOT NULL,
    placed_at   BIGINT,
    rang_at     BIGINT,
    answered_at BIGINT,
    bridged_at  BIGINT,
    message_at  BIGINT,
    ended_at    BIGINT,
    closed      BIGINT NOT NULL CHECK (closed IN (0, 1))
);

-- One number is never on two live calls of the house, whichever campaign or node wants it.
CREATE UNIQUE INDEX attempts_live ON attempts (number) WHERE closed = 0;
-- What a restart asks for.
CREATE INDEX attempts_open ON attempts (node, id) WHERE closed = 0;
CREATE INDEX attempts_created ON attempts (created_at);

-- The one record of each attempt: inserted once, never changed. `tries` is JSON. `dialled` is 1 where at least one try
-- was given to the PBX and not turned away by it.
CREATE TABLE call_log (
    attempt_id  BIGINT NOT NULL PRIMARY KEY,
    campaign_id BIGINT NOT NULL,
    queue_id    BIGINT NOT NULL,
    lead_id     BIGINT NOT NULL,
    number      TEXT   NOT NULL,
    nth         BIGINT NOT NULL,
    carrier_id  BIGINT NOT NULL,
    agent_id    BIGINT,
    result      TEXT   NOT NULL,
    dialled     BIGINT NOT NULL CHECK (dialled IN (0, 1)),
    phase       TEXT   NOT NULL,
    act         TEXT,
    cause       BIGINT,
    tech        BIGINT,
    unplaced    TEXT,
    tries       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    placed_at   BIGINT,
    rang_at     BIGINT,
    answered_at BIGINT,
    bridged_at  BIGINT,
    message_at  BIGINT,
    ended_at    BIGINT,
    fate        TEXT   NOT NULL CHECK (fate IN ('retry', 'completed', 'exhausted')),
    retry_at    BIGINT,
    why         TEXT,
    recording   TEXT
);

CREATE INDEX call_log_created ON call_log (created_at);
CREATE INDEX call_log_queue ON call_log (queue_id);
CREATE INDEX call_log_number ON call_log (number);
