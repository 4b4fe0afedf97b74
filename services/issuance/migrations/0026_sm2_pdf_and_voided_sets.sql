-- A third document of a set, the PDF signed with SM2; and sets that are prepared anew because their seal was (decision 0024).

ALTER TABLE issuing.document_set
    -- Whether the set has the PDF signed with SM2 (GB/T 35275) too.
    ADD COLUMN pdf_sm2     boolean NOT NULL DEFAULT false,
    -- 1 for the first; one more for each that was voided before it.
    ADD COLUMN preparation integer NOT NULL DEFAULT 1
               CONSTRAINT document_set_preparation_positive CHECK (preparation > 0),
    DROP CONSTRAINT document_set_once,
    ADD CONSTRAINT document_set_once UNIQUE NULLS NOT DISTINCT (version, copy, preparation);

-- Sets of which nothing will ever be signed again or handed out. What the keeper may have signed of them stays in its
-- journal, and this says why no document belongs to it.
CREATE TABLE issuing.voided_set (
    document_set uuid        CONSTRAINT voided_set_pkey PRIMARY KEY CONSTRAINT voided_set_of_set REFERENCES issuing.document_set,
    -- Stable name of the keeper's refusal.
    reason       text        NOT NULL,
    voided_at    timestamptz NOT NULL,
    recorded_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('issuing.voided_set');

ALTER TABLE issuing.intent
    -- SM3 of the PDF's byte range, where it is signed with SM2 too.
    ADD COLUMN pdf_sm3 bytea CONSTRAINT intent_pdf_sm3_length CHECK (octet_length(pdf_sm3) = 32);

ALTER TABLE issuing.document
    DROP CONSTRAINT document_format_known,
    ADD CONSTRAINT document_format_known CHECK (format IN ('ofd', 'pdf', 'pdf_sm2'));
