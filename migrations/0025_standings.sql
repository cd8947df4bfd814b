-- How campaigns stand, by node. Every statement is valid for SQLite and for PostgreSQL.

-- Each node is steered on its own: what one is told to do with a campaign is nothing to the others. Where there is no row the
-- campaign is ready. `closes_at` is when it is to pause by itself there, `flow_edition` the call flow that it was started with
-- there. `served` is 0 where the node's last process was not configured with the campaign.
CREATE TABLE standings (
    node         TEXT   NOT NULL,
    campaign_id  BIGINT NOT NULL REFERENCES campaigns (id),
    state        TEXT   NOT NULL,
    closes_at    BIGINT,
    flow_edition TEXT,
    served       BIGINT NOT NULL DEFAULT 1 CHECK (served IN (0, 1)),
    PRIMARY KEY (node, campaign_id)
);

-- There was one row for all nodes, so that each would have gone on from it.
INSERT INTO standings (node, campaign_id, state, closes_at, flow_edition)
SELECT nodes.name, campaigns.id, campaigns.state, campaigns.closes_at, campaigns.flow_edition FROM nodes CROSS JOIN campaigns;

ALTER TABLE campaigns DROP COLUMN state;
ALTER TABLE campaigns DROP COLUMN closes_at;
ALTER TABLE campaigns DROP COLUMN flow_edition;
