-- What other programs are told of calls. Every statement is valid for SQLite and for PostgreSQL.

-- One row for each event and each sink that wants it, inserted by the transaction that writes down what it tells. `seq`
-- counts the events of an attempt from 1, and a sink is told them in that order. `kind` and `which` name the event within its
-- attempt; `key` is the same in every delivery of it, to every sink. `payload` is JSON.
-- `due_at` is when a waiting row is to be sent; while a node, `held_by`, has it in hand, when anybody else may. `tries` counts
-- what was answered or timed out since `since`: the moment of the event, or of its last replay. `trouble` is what was wrong at
-- the last of them, `ended_at` when the row was delivered or given up.
CREATE TABLE outbox (
    attempt_id  BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    sink        TEXT   NOT NULL,
    campaign_id BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    which       BIGINT NOT NULL,
    key         TEXT   NOT NULL,
    payload     TEXT   NOT NULL,
    told_at     BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    tries       BIGINT NOT NULL,
    since       BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    held_by     TEXT,
    ended_at    BIGINT,
    trouble     TEXT,
    PRIMARY KEY (attempt_id, seq, sink)
);

-- What sending walks: it stays as small as what waits.
CREATE INDEX outbox_due ON outbox (sink, due_at, told_at) WHERE state = 'waiting';
-- What a restart gives back.
CREATE INDEX outbox_held ON outbox (held_by) WHERE held_by IS NOT NULL;
CREATE INDEX outbox_dead ON outbox (sink, told_at) WHERE state = 'dead';
-- What is deleted after a while.
CREATE INDEX outbox_delivered ON outbox (ended_at) WHERE state = 'delivered';
