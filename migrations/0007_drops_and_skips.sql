-- Who was dropped, and whom agents skipped. Every statement is valid for SQLite and for PostgreSQL.

-- When a number was last dropped is found by it: by the message that its callee heard, or by its result. They are few.
CREATE INDEX call_log_dropped ON call_log (number, ended_at) WHERE result = 'dropped' OR message_at IS NOT NULL;

-- Each time that an agent looked at a lead and skipped it, or looked at it for too long; inserted once, never changed.
CREATE TABLE skips (
    queue_id   BIGINT NOT NULL,
    agent_id   BIGINT NOT NULL,
    skipped_at BIGINT NOT NULL
);

CREATE INDEX skips_queue ON skips (queue_id);
