-- Who asked about whom, and why. The register itself is never here: every replica reads it anew from the feed.
CALL shared.grant_schema('verification');
CALL shared.read_only('verification.migration');

CREATE TABLE verification.access_record (
    id            bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT access_record_pkey PRIMARY KEY,
    -- Register time of the answer.
    at            timestamptz NOT NULL,
    -- `client/portal`, `account/…`
    caller        text        NOT NULL,
    method        text        NOT NULL,
    subject_kind  text        NOT NULL CONSTRAINT access_record_kind_known
        CHECK (subject_kind IN ('registration_number', 'document_number', 'licence_identifier', 'qr_token', 'file')),
    -- Keyed digest of what was asked: equal subjects are equal, nothing else can be read from it.
    subject_index bytea       NOT NULL CONSTRAINT access_record_index_length CHECK (octet_length(subject_index) = 34),
    -- As the caller stated it; empty for the public.
    purpose       text        NOT NULL CONSTRAINT access_record_purpose_length CHECK (char_length(purpose) <= 200),
    -- The verdict that was answered.
    verdict       text        NOT NULL,
    recorded_by   text        NOT NULL DEFAULT shared.transaction_name()
);
COMMENT ON TABLE verification.access_record IS
    'Written in batches after the answer: a crash loses those of the last fraction of a second, nothing else does.';
CREATE INDEX access_record_of_subject ON verification.access_record (subject_index, at);
CREATE INDEX access_record_of_caller ON verification.access_record (caller, at);
CALL shared.append_only('verification.access_record');
