-- Steps 3 to 7 of the issuance cycle: what documents are rendered from, the intents, the documents, and use copies.

-- Every seal that documents were prepared with, as it was: a set that is rendered again gets the same one.
CREATE TABLE issuing.seal (
    -- SM3 of the SESeal.
    digest      bytea   CONSTRAINT seal_pkey PRIMARY KEY CONSTRAINT seal_digest_length CHECK (octet_length(digest) = 32),
    -- `seals/{seal}` at its keeper.
    name        text    NOT NULL,
    title       text    NOT NULL,
    der         bytea   NOT NULL,
    picture     bytea   NOT NULL,
    specimen    boolean NOT NULL,
    recorded_by text    NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('issuing.seal');

-- Use copies (加注件). Whether one may be used is derived: version current, not revoked, within use-until; supersession
-- writes nothing here.
CREATE TABLE issuing.use_copy (
    id         uuid        CONSTRAINT use_copy_pkey PRIMARY KEY,
    version    uuid        NOT NULL CONSTRAINT use_copy_of_version REFERENCES issuing.certificate_version,
    person     uuid        NOT NULL,
    made_at    timestamptz NOT NULL,
    made_on    date        NOT NULL,
    use_until  date        NOT NULL CONSTRAINT use_copy_ends_after_it_begins CHECK (use_until >= made_on),
    -- The facts record with the copy's own part, sealed under the person's key.
    facts      bytea       NOT NULL,
    ready_at   timestamptz,
    revoked_at timestamptz,
    -- The change that made it, or that revoked it: whose position a write returns.
    change     bigint      NOT NULL CONSTRAINT use_copy_change REFERENCES log.change,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);
ALTER TABLE issuing.job ADD CONSTRAINT job_of_copy FOREIGN KEY (copy) REFERENCES issuing.use_copy;
CREATE INDEX use_copy_by_version ON issuing.use_copy (version, made_at DESC);

-- What rendering needs beside facts and pictures, fixed before the first rendering so that every later one gives the
-- same bytes. The id is the intent id under which the keeper of the seals signs both documents.
CREATE TABLE issuing.document_set (
    id          uuid        CONSTRAINT document_set_pkey PRIMARY KEY,
    version     uuid        NOT NULL CONSTRAINT document_set_of_version REFERENCES issuing.certificate_version,
    -- None for the original.
    copy        uuid        CONSTRAINT document_set_of_copy REFERENCES issuing.use_copy,
    -- The token of the QR symbol, sealed under the person's key; only its SHA-256 leaves in the feed.
    token       bytea       NOT NULL,
    token_hash  bytea       NOT NULL CONSTRAINT document_set_token UNIQUE
                            CONSTRAINT document_set_token_length CHECK (octet_length(token_hash) = 32),
    seal        bytea       NOT NULL CONSTRAINT document_set_with_seal REFERENCES issuing.seal,
    -- The time that both documents state.
    stated_at   timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT document_set_once UNIQUE NULLS NOT DISTINCT (version, copy)
);
CALL shared.append_only('issuing.document_set');

-- Step 5: what is going to be signed, before anybody is asked to sign it.
CREATE TABLE issuing.intent (
    document_set  uuid        CONSTRAINT intent_pkey PRIMARY KEY CONSTRAINT intent_of_set REFERENCES issuing.document_set,
    -- SM3 of the OFD's Signature.xml.
    ofd_data_hash bytea       NOT NULL CONSTRAINT intent_ofd_length CHECK (octet_length(ofd_data_hash) = 32),
    -- SHA-256 of the PDF's byte range.
    pdf_digest    bytea       NOT NULL CONSTRAINT intent_pdf_length CHECK (octet_length(pdf_digest) = 32),
    -- SHA-256 of both files without their signature values.
    unsigned_ofd  bytea       NOT NULL CONSTRAINT intent_unsigned_ofd_length CHECK (octet_length(unsigned_ofd) = 32),
    unsigned_pdf  bytea       NOT NULL CONSTRAINT intent_unsigned_pdf_length CHECK (octet_length(unsigned_pdf) = 32),
    recorded_at   timestamptz NOT NULL,
    recorded_by   text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('issuing.intent');

-- Step 7: the sealed files. Their bytes are in the object store, sealed under the person's key.
CREATE TABLE issuing.document (
    document_set uuid        NOT NULL CONSTRAINT document_of_set REFERENCES issuing.document_set,
    format       text        NOT NULL CONSTRAINT document_format_known CHECK (format IN ('ofd', 'pdf')),
    -- Of the clear file.
    sha256       bytea       NOT NULL CONSTRAINT document_digest UNIQUE
                             CONSTRAINT document_digest_length CHECK (octet_length(sha256) = 32),
    size         bigint      NOT NULL CONSTRAINT document_not_empty CHECK (size > 0),
    place        text        NOT NULL,
    issued_at    timestamptz NOT NULL,
    recorded_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT document_pkey PRIMARY KEY (document_set, format)
);
CALL shared.append_only('issuing.document');
