-- Versions of do-not-call lists that are being written. Every statement is valid for SQLite and for PostgreSQL.

-- Whoever is put on a list meanwhile is put on these too, and no two imports write the same. One that broke off is cleared away
-- when a later one holds.
CREATE TABLE dnc_drafts (
    list_id BIGINT NOT NULL REFERENCES dnc_lists (id),
    version BIGINT NOT NULL,
    PRIMARY KEY (list_id, version)
);

-- An import that broke off before left its version so.
INSERT INTO dnc_drafts (list_id, version) SELECT id, version + 1 FROM dnc_lists;
