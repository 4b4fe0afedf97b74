-- Events of our own that came back from the nation after the database was restored from a backup: what they did is in the
-- nation's register, and not in the tables here. Nothing of it is done a second time.
CREATE TABLE registration.restored_event (
    -- Number in the outbox.
    sequence       bigint      CONSTRAINT restored_event_pkey PRIMARY KEY,
    -- Of an announcement or a completion: what must not be announced again.
    application_id uuid,
    restored_at    timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX restored_event_application ON registration.restored_event (application_id);
CALL shared.append_only('registration.restored_event');

-- Events of ours that two national officers left out: they have their number in the chain and no effect in the register.
CREATE TABLE registration.skipped_event (
    sequence    bigint      CONSTRAINT skipped_event_pkey PRIMARY KEY,
    hash        bytea       NOT NULL CONSTRAINT skipped_event_hash_length CHECK (octet_length(hash) = 32),
    -- Why our stream stood there, and the nation's repair.
    reason      text        NOT NULL,
    repair      text        NOT NULL,
    skipped_at  timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('registration.skipped_event');
