-- The transparency log (C2SP): entries and full tiles, which are only ever added. Partial tiles follow from them and are
-- nowhere stored (docs/decisions/0026).

-- What the log gets when the change is numbered: a commitment or digests, written with the change. It tells nothing about
-- whom the change is. None for changes that make neither a version nor a document, and for those from before the log.
ALTER TABLE log.change ADD COLUMN leaf bytea;

-- Leaves of the tree.
ALTER TABLE log.head ADD COLUMN size bigint NOT NULL DEFAULT 0 CONSTRAINT head_size_natural CHECK (size >= 0);

CREATE TABLE log.leaf (
    index       bigint CONSTRAINT leaf_pkey PRIMARY KEY CONSTRAINT leaf_index_natural CHECK (index >= 0),
    position    bigint NOT NULL CONSTRAINT leaf_of_change UNIQUE REFERENCES log.change (position),
    entry       bytea  NOT NULL,
    -- SHA-256 of 0x00 and the entry (RFC 6962).
    hash        bytea  NOT NULL CONSTRAINT leaf_hash_length CHECK (octet_length(hash) = 32),
    recorded_by text   NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('log.leaf');

CREATE TABLE log.tile (
    -- Leaf hashes are at level 0; a hash above is the root of a full tile below.
    level       smallint NOT NULL CONSTRAINT tile_level_range CHECK (level BETWEEN 0 AND 7),
    index       bigint   NOT NULL CONSTRAINT tile_index_natural CHECK (index >= 0),
    -- 256 hashes.
    hashes      bytea    NOT NULL CONSTRAINT tile_full CHECK (octet_length(hashes) = 8192),
    root        bytea    NOT NULL CONSTRAINT tile_root_length CHECK (octet_length(root) = 32),
    recorded_by text     NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT tile_pkey PRIMARY KEY (level, index)
);
CALL shared.append_only('log.tile');
