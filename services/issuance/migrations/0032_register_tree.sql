-- Reconciliation: a Merkle tree over the registrations of each province (decision 0028).

-- What the tree holds of each registration. Written with its entry; digests alone.
CREATE TABLE exchange.register_row (
    person     uuid    CONSTRAINT register_row_pkey PRIMARY KEY
                       CONSTRAINT register_row_of_person REFERENCES register.person,
    -- Whose tree it stands in.
    province   text    NOT NULL CONSTRAINT register_row_province CHECK (province ~ '^[0-9]{2}$'),
    -- The first sixteen bits of the key.
    bucket     integer NOT NULL CONSTRAINT register_row_bucket_range CHECK (bucket BETWEEN 0 AND 65535),
    key        bytea   NOT NULL CONSTRAINT register_row_key_length CHECK (octet_length(key) = 32),
    digest     bytea   NOT NULL CONSTRAINT register_row_digest_length CHECK (octet_length(digest) = 32),
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX register_row_bucket ON exchange.register_row (province, bucket);

-- Buckets whose rows have changed since their nodes were computed.
CREATE TABLE exchange.register_touched (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT register_touched_pkey PRIMARY KEY,
    province   text    NOT NULL,
    bucket     integer NOT NULL,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX register_touched_of_province ON exchange.register_touched (province);

-- Where each tree stands; its row is locked while the nodes follow the rows.
CREATE TABLE exchange.register_tree (
    province   text   CONSTRAINT register_tree_pkey PRIMARY KEY,
    -- The province's last event applied, and the last piece of news it was told.
    sequence   bigint NOT NULL DEFAULT 0,
    number     bigint NOT NULL DEFAULT 0,
    updated_by text   NOT NULL DEFAULT shared.transaction_name()
);

-- Nodes that are not empty: level 0 is the root, level 4 the buckets.
CREATE TABLE exchange.register_node (
    province   text     NOT NULL CONSTRAINT register_node_of_tree REFERENCES exchange.register_tree,
    level      smallint NOT NULL CONSTRAINT register_node_level CHECK (level BETWEEN 0 AND 4),
    place      integer  NOT NULL CONSTRAINT register_node_place CHECK (place BETWEEN 0 AND 65535),
    digest     bytea    NOT NULL CONSTRAINT register_node_digest_length CHECK (octet_length(digest) = 32),
    updated_by text     NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT register_node_pkey PRIMARY KEY (province, level, place)
);

-- The roots of past pairs, for a province that asks a little later; kept for some days.
CREATE TABLE exchange.register_root (
    province    text        NOT NULL CONSTRAINT register_root_of_tree REFERENCES exchange.register_tree,
    sequence    bigint      NOT NULL,
    number      bigint      NOT NULL,
    root        bytea       NOT NULL CONSTRAINT register_root_length CHECK (octet_length(root) = 32),
    computed_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT register_root_pkey PRIMARY KEY (province, sequence, number)
);
