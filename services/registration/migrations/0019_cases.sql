-- Cases (案件) on complaints, papers handed in with objections and complaints, and who answered an objection.
ALTER TABLE registration.objection
    -- The officer who answered it: with the one who has the file in hand the only one to read who objected.
    ADD COLUMN resolved_by uuid;
CREATE INDEX objection_application ON registration.objection (application_id, raised_at);

CREATE TABLE registration.case_file (
    id            uuid        CONSTRAINT case_file_pkey PRIMARY KEY,
    person_id     uuid        NOT NULL CONSTRAINT case_file_of_person REFERENCES registration.person,
    state         text        NOT NULL CONSTRAINT case_file_state_known CHECK (state IN ('OPEN', 'PROPOSED', 'DECIDED')),
    -- The case of the domain: ids, days and the officers' words; nothing of the complainant.
    facts         jsonb       NOT NULL,
    -- Key of this row; what the complainant wrote, and who they are, is sealed under it.
    wrapped_key   bytea       NOT NULL,
    sealed_text   bytea       NOT NULL,
    -- What the holder was told, and what they stated, sealed under the person's data key.
    sealed_hearing bytea,
    opened_at     timestamptz NOT NULL,
    updated_by    text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX case_file_work ON registration.case_file (state, id);
CREATE INDEX case_file_person ON registration.case_file (person_id, id);

-- Papers of an objection or a complaint, sealed under its key.
CREATE TABLE registration.sealed_paper (
    id          uuid        CONSTRAINT sealed_paper_pkey PRIMARY KEY,
    -- Id of the objection or case.
    subject_id  uuid        NOT NULL,
    media_type  text        NOT NULL,
    size_bytes  bigint      NOT NULL,
    -- SM3 of the content.
    digest      bytea       NOT NULL CONSTRAINT sealed_paper_digest_length CHECK (octet_length(digest) = 32),
    -- Place in the object store.
    object      text        NOT NULL,
    stored_at   timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX sealed_paper_subject ON registration.sealed_paper (subject_id, id);
CALL shared.append_only('registration.sealed_paper');

-- Documents of reconsiderations and courts (复议决定书、判决书) that brought something back.
CREATE TABLE registration.reopening (
    id              uuid        CONSTRAINT reopening_pkey PRIMARY KEY,
    person_id       uuid        NOT NULL CONSTRAINT reopening_of_person REFERENCES registration.person,
    -- The application taken up again; null where a registration was restored.
    application_id  uuid        CONSTRAINT reopening_of_application REFERENCES registration.application,
    document_number text        NOT NULL,
    evidence_id     uuid        NOT NULL CONSTRAINT reopening_of_evidence REFERENCES registration.fact_evidence,
    officer_id      uuid        NOT NULL,
    authority       text        NOT NULL,
    reopened_at     timestamptz NOT NULL,
    recorded_by     text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX reopening_person ON registration.reopening (person_id, id);
CALL shared.append_only('registration.reopening');

-- The registration that a restoration put back: what stood before, and the event that told the nation.
CREATE TABLE registration.restoration (
    id          uuid        CONSTRAINT restoration_pkey PRIMARY KEY CONSTRAINT restoration_of_reopening REFERENCES registration.reopening,
    person_id   uuid        NOT NULL,
    ended_at    timestamptz NOT NULL,
    end_cause   text        NOT NULL,
    position    bigint      NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('registration.restoration');
