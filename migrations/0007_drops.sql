-- Who was dropped, and when. Every statement is valid for SQLite and for PostgreSQL.

-- When a number was last dropped is found by it: by the message that its callee heard, or by its result. They are few.
CREATE INDEX call_log_dropped ON call_log (number, ended_at) WHERE result = 'dropped' OR message_at IS NOT NULL;
