-- Every checkpoint that was ever signed. One size has one root for ever: the key says so.
CREATE TABLE log.checkpoint (
    size        bigint      CONSTRAINT checkpoint_pkey PRIMARY KEY CONSTRAINT checkpoint_size_positive CHECK (size > 0),
    root        bytea       NOT NULL CONSTRAINT checkpoint_root_length CHECK (octet_length(root) = 32),
    -- The note as signed (C2SP tlog-checkpoint).
    note        text        NOT NULL,
    signed_at   timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('log.checkpoint');
