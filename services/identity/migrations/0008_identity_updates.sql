-- What the real-name authority says took the place of what, and the names that people had before.
ALTER TABLE identity.real_name_record ADD COLUMN previous_index bytea;
COMMENT ON COLUMN identity.real_name_record.previous_index IS
    'Keyed digest of the number of the document that this one took the place of, where the authority told it.';

-- The old document is retired and its successor added in one transaction, in this order.
ALTER TABLE identity.identity_document ALTER CONSTRAINT identity_document_superseded DEFERRABLE INITIALLY DEFERRED;

-- A name that stood on a document until an instant, with the facts that went with it; sealed as on the document.
CREATE TABLE identity.former_name (
    document_id  uuid        NOT NULL CONSTRAINT former_name_of_document REFERENCES identity.identity_document,
    until        timestamptz NOT NULL,
    sealed_name  bytea       NOT NULL,
    sealed_facts bytea       NOT NULL,
    updated_by   text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT former_name_pkey PRIMARY KEY (document_id, until)
);
