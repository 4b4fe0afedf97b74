-- Events from another deployment, applied exactly once by (source, sequence) and in order.
CREATE TABLE shared.inbox_head (
    source     text   CONSTRAINT inbox_head_pkey PRIMARY KEY,
    sequence   bigint NOT NULL CONSTRAINT inbox_head_sequence_natural CHECK (sequence >= 0),
    hash       bytea  NOT NULL CONSTRAINT inbox_head_hash_length CHECK (octet_length(hash) = 32),
    -- Why this source alone is stopped (gap, fork, bad signature, unknown version); null while it runs.
    stopped    text,
    stopped_at timestamptz,
    updated_by text   NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT inbox_head_stop_dated CHECK ((stopped IS NULL) = (stopped_at IS NULL))
);

CREATE TABLE shared.inbox (
    source      text        NOT NULL CONSTRAINT inbox_of_source REFERENCES shared.inbox_head,
    sequence    bigint      NOT NULL CONSTRAINT inbox_sequence_positive CHECK (sequence > 0),
    hash        bytea       NOT NULL CONSTRAINT inbox_hash_length CHECK (octet_length(hash) = 32),
    at          timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT inbox_pkey PRIMARY KEY (source, sequence)
);

CALL shared.append_only('shared.inbox');
