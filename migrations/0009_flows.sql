-- Call flows. Every statement is valid for SQLite and for PostgreSQL.

-- Each edition of a flow that a campaign was ever opened with, whole and for good, under a digest of its content.
CREATE TABLE call_flows (
    edition TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    -- The flow as JSON.
    content TEXT NOT NULL
);

-- The edition that a campaign which is under way goes on with, whatever the file says by then.
ALTER TABLE campaigns ADD COLUMN flow_edition TEXT;

-- The callee's way through the flow, as JSON: flow, edition, how it ended, and each node with what came of it, the keys
-- that were pressed and the recording that was made.
ALTER TABLE call_log ADD COLUMN flow TEXT;
