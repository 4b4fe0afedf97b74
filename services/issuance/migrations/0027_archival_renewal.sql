-- Archival renewal: a stored PDF gets a document time stamp before the proof of its time ends. The file that was issued
-- stays as it is; what is handed out from then on is the newest revision, which begins with all of its bytes.
CREATE TABLE issuing.document_revision (
    document_set uuid        NOT NULL,
    format       text        NOT NULL,
    -- 1, 2, … above the file that was issued.
    revision     integer     NOT NULL CONSTRAINT document_revision_positive CHECK (revision > 0),
    -- Of the clear file.
    sha256       bytea       NOT NULL CONSTRAINT document_revision_digest UNIQUE
                             CONSTRAINT document_revision_digest_length CHECK (octet_length(sha256) = 32),
    size         bigint      NOT NULL CONSTRAINT document_revision_not_empty CHECK (size > 0),
    place        text        NOT NULL,
    -- When the certificates of its newest time stamp end.
    proved_until timestamptz NOT NULL,
    renewed_at   timestamptz NOT NULL,
    recorded_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT document_revision_pkey PRIMARY KEY (document_set, format, revision),
    CONSTRAINT document_revision_of_document FOREIGN KEY (document_set, format) REFERENCES issuing.document
);
CALL shared.append_only('issuing.document_revision');
