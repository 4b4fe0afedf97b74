-- Events for another deployment. One stream per province; its head row is locked by the transaction that
-- appends, so sequences have no gap and no reader sees one before its predecessor.
CREATE TABLE shared.outbox_head (
    stream     text   CONSTRAINT outbox_head_pkey PRIMARY KEY,
    sequence   bigint NOT NULL CONSTRAINT outbox_head_sequence_natural CHECK (sequence >= 0),
    hash       bytea  NOT NULL CONSTRAINT outbox_head_hash_length CHECK (octet_length(hash) = 32),
    updated_by text   NOT NULL DEFAULT shared.transaction_name()
);

CREATE TABLE shared.outbox (
    stream        text        NOT NULL CONSTRAINT outbox_of_stream REFERENCES shared.outbox_head,
    sequence      bigint      NOT NULL CONSTRAINT outbox_sequence_positive CHECK (sequence > 0),
    format        integer     NOT NULL CONSTRAINT outbox_format_positive CHECK (format > 0),
    -- The bytes as sent: ciphertext or person ids where a person is meant, so erasure breaks no chain.
    payload       bytea       NOT NULL,
    previous_hash bytea       NOT NULL CONSTRAINT outbox_previous_length CHECK (octet_length(previous_hash) = 32),
    hash          bytea       NOT NULL CONSTRAINT outbox_hash_length CHECK (octet_length(hash) = 32),
    at            timestamptz NOT NULL,
    recorded_by   text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT outbox_pkey PRIMARY KEY (stream, sequence)
);

-- What the receiver signed for: everything up to and including a sequence.
CREATE TABLE shared.outbox_receipt (
    stream   text        NOT NULL,
    sequence bigint      NOT NULL,
    receipt  bytea       NOT NULL,
    at       timestamptz NOT NULL,
    CONSTRAINT outbox_receipt_pkey PRIMARY KEY (stream, sequence),
    CONSTRAINT outbox_receipt_of_event FOREIGN KEY (stream, sequence) REFERENCES shared.outbox
);

CALL shared.append_only('shared.outbox');
CALL shared.append_only('shared.outbox_receipt');
