-- Room `issuing`, the two tables that step 1 (apply) writes. Everything else of this room follows from 0010 on.
CALL shared.grant_schema('issuing');

CREATE TABLE issuing.certificate_version (
    id                 uuid        CONSTRAINT certificate_version_pkey PRIMARY KEY,
    person             uuid        NOT NULL CONSTRAINT certificate_version_of_person REFERENCES register.person,
    -- The act that made it.
    act                uuid        NOT NULL CONSTRAINT certificate_version_of_act REFERENCES register.act,
    -- 电子证照标识, with root and dots.
    licence_identifier text        NOT NULL CONSTRAINT certificate_version_licence_identifier UNIQUE,
    serial             text        NOT NULL,
    version            smallint    NOT NULL CONSTRAINT certificate_version_range CHECK (version BETWEEN 1 AND 999),
    -- The sixteen digits, which do not move.
    registration_digits text       NOT NULL CONSTRAINT certificate_version_digits
                                   REFERENCES register.registration_number,
    -- Canonical bytes of the facts record (RFC 8785), sealed under the person's key
    -- (column `issuing.certificate_version.facts:{id}`).
    facts              bytea       NOT NULL,
    -- SHA-256 of the canonical bytes; they hold a random salt and serial, so it cannot be guessed from.
    facts_hash         bytea       NOT NULL CONSTRAINT certificate_version_hash_length CHECK (octet_length(facts_hash) = 32),
    -- Places in the object store, sealed (columns `register.photo`, `register.signature_image`).
    photo              text        NOT NULL,
    signature_image    text        NOT NULL,
    -- Operation of the national code set, two digits.
    operation          text        NOT NULL,
    -- Who announced, and what it rests on.
    province           text        NOT NULL,
    application        uuid        NOT NULL,
    announced_at       timestamptz NOT NULL,
    -- Documents are being made, or can be had.
    state              text        NOT NULL CONSTRAINT certificate_version_state_known CHECK (state IN ('issuing', 'issued')),
    issued_at          timestamptz,
    -- Whether it counts. A later version, or the end of the registration, takes that away.
    current            boolean     NOT NULL,
    superseded_at      timestamptz,
    -- Licence identifier of the later version; none when the registration ended.
    superseded_by      text,
    changed_facts      text[]      NOT NULL DEFAULT '{}',
    made_at            timestamptz NOT NULL,
    updated_by         text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT certificate_version_of_serial UNIQUE (serial, version),
    CONSTRAINT certificate_version_issue_dated CHECK ((state = 'issued') = (issued_at IS NOT NULL)),
    CONSTRAINT certificate_version_end_dated CHECK (current = (superseded_at IS NULL))
);
CREATE UNIQUE INDEX certificate_version_one_current ON issuing.certificate_version (person) WHERE current;
CREATE INDEX certificate_version_of_person_in_order ON issuing.certificate_version (person, made_at);

-- One document set on its way through steps 3 to 7. Leased row by row; the fence grows with every holder.
CREATE TABLE issuing.job (
    id         uuid        CONSTRAINT job_pkey PRIMARY KEY,
    version    uuid        NOT NULL CONSTRAINT job_of_version REFERENCES issuing.certificate_version,
    -- The use copy; none for the original. (0010 adds the reference.)
    copy       uuid,
    state      text        NOT NULL CONSTRAINT job_state_known CHECK (state IN ('waiting', 'intended', 'issued', 'stopped')),
    -- Stable reason when stopped.
    reason     text,
    attempts   integer     NOT NULL DEFAULT 0,
    -- Not before this instant of the system clock.
    due_at     timestamptz NOT NULL,
    holder     text,
    fence      bigint      NOT NULL DEFAULT 0,
    expires_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT job_reason_of_stop CHECK ((state = 'stopped') = (reason IS NOT NULL)),
    CONSTRAINT job_lease_whole CHECK ((holder IS NULL) = (expires_at IS NULL))
);
CREATE UNIQUE INDEX job_one_per_original ON issuing.job (version) WHERE copy IS NULL;
CREATE UNIQUE INDEX job_one_per_copy ON issuing.job (copy) WHERE copy IS NOT NULL;
CREATE INDEX job_open ON issuing.job (due_at) WHERE state IN ('waiting', 'intended');
