-- Callees who are put through to somebody else. Every statement is valid for SQLite and for PostgreSQL.

-- Each leg to somebody whom a callee is put through to: what it is placed with, written before it is dialled.
CREATE TABLE transfers (
    attempt_id BIGINT NOT NULL,
    -- Which of the attempt's legs to others, from 1.
    ordinal BIGINT NOT NULL,
    -- None to an endpoint of the PBX.
    carrier_id BIGINT,
    number TEXT,
    created_at BIGINT NOT NULL,
    -- The request as JSON.
    request TEXT NOT NULL,
    PRIMARY KEY (attempt_id, ordinal)
);

-- What came of those legs, as a JSON list.
ALTER TABLE call_log ADD COLUMN transfers TEXT;
