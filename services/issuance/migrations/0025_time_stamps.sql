-- Level B-T and long-term validation of the PDF: what a set was prepared with, so that it is rendered to the same bytes.

-- Certificates and revocation lists that PDF documents bring along (DSS), as they were.
CREATE TABLE issuing.validation_data (
    -- SHA-256 over the lengths and values, in order.
    digest           bytea   CONSTRAINT validation_data_pkey PRIMARY KEY
                             CONSTRAINT validation_data_digest_length CHECK (octet_length(digest) = 32),
    -- DER of each.
    certificates     bytea[] NOT NULL,
    revocation_lists bytea[] NOT NULL,
    recorded_by      text    NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('issuing.validation_data');

ALTER TABLE issuing.document_set
    -- None for sets that were prepared before documents brought any along.
    ADD COLUMN validation_data  bytea   CONSTRAINT document_set_with_validation_data REFERENCES issuing.validation_data,
    -- Room for the PDF's CMS, in bytes.
    ADD COLUMN contents_reserve integer NOT NULL DEFAULT 6144
               CONSTRAINT document_set_reserve_positive CHECK (contents_reserve > 0);
