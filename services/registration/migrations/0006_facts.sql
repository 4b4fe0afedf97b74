-- Facts (事实记录) about persons and employers, the papers they rest on, and answers of external checks.

-- A paper; its bytes are sealed under the key of its one person, else under a key of its own.
CREATE TABLE registration.fact_evidence (
    id          uuid        CONSTRAINT fact_evidence_pkey PRIMARY KEY,
    person_id   uuid        CONSTRAINT fact_evidence_of_person REFERENCES registration.person,
    wrapped_key bytea,
    media_type  text        NOT NULL,
    size_bytes  bigint      NOT NULL,
    -- SM3 of the content.
    digest      bytea       NOT NULL CONSTRAINT fact_evidence_digest_length CHECK (octet_length(digest) = 32),
    -- Place in the object store.
    object      text        NOT NULL,
    stored_at   timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT fact_evidence_one_key CHECK ((person_id IS NULL) <> (wrapped_key IS NULL))
);
CALL shared.append_only('registration.fact_evidence');

CREATE TABLE registration.fact (
    id          uuid        CONSTRAINT fact_pkey PRIMARY KEY,
    person_id   uuid        CONSTRAINT fact_of_person REFERENCES registration.person,
    employer_id uuid        CONSTRAINT fact_of_employer REFERENCES registration.employer,
    -- What it says and on whose word: sealed under the person's data key.
    sealed      bytea,
    -- The same about an employer; nothing personal.
    content     jsonb,
    evidence_id uuid        NOT NULL CONSTRAINT fact_of_evidence REFERENCES registration.fact_evidence,
    -- The fact that this one takes the place of.
    corrects    uuid        CONSTRAINT fact_of_corrected REFERENCES registration.fact,
    state       text        NOT NULL CONSTRAINT fact_state_known CHECK (state IN ('PROPOSED', 'CONFIRMED', 'DECLINED', 'CORRECTED')),
    -- The officers' acts on it: ids and instants, grounds of a decline.
    proposed    jsonb       NOT NULL,
    progress    jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT fact_one_subject CHECK ((person_id IS NULL) <> (employer_id IS NULL)),
    CONSTRAINT fact_sealed_if_personal CHECK ((person_id IS NULL) = (sealed IS NULL) AND (sealed IS NULL) <> (content IS NULL))
);
CREATE INDEX fact_person ON registration.fact (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX fact_employer ON registration.fact (employer_id, id) WHERE employer_id IS NOT NULL;
CREATE INDEX fact_proposed ON registration.fact (id) WHERE state = 'PROPOSED';
-- One correction at a time.
CREATE UNIQUE INDEX fact_one_correction ON registration.fact (corrects) WHERE state IN ('PROPOSED', 'CONFIRMED', 'CORRECTED');

-- What another system said to a question about an application; every answer ever given.
CREATE TABLE registration.check_answer (
    id             uuid        CONSTRAINT check_answer_pkey PRIMARY KEY,
    application_id uuid        NOT NULL CONSTRAINT check_answer_of_application REFERENCES registration.application,
    check_code     text        NOT NULL,
    answer         text        NOT NULL CONSTRAINT check_answer_known CHECK (answer IN ('YES', 'NO', 'UNAVAILABLE')),
    -- The answer as it came, sealed under the person's data key, and its SM3; null where none came.
    sealed_reply   bytea,
    digest         bytea       CONSTRAINT check_answer_digest_length CHECK (octet_length(digest) = 32),
    asked_at       timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT check_answer_reply CHECK ((sealed_reply IS NULL) = (digest IS NULL))
);
CREATE INDEX check_answer_application ON registration.check_answer (application_id, check_code, asked_at);
CALL shared.append_only('registration.check_answer');

-- How an officer settled an answer that was no yes.
CREATE TABLE registration.check_settlement (
    answer_id   uuid        CONSTRAINT check_settlement_pkey PRIMARY KEY CONSTRAINT check_settlement_of_answer REFERENCES registration.check_answer,
    passed      boolean     NOT NULL,
    officer_id  uuid        NOT NULL,
    authority   text        NOT NULL,
    -- Sealed under the person's data key.
    sealed_grounds bytea    NOT NULL,
    settled_at  timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('registration.check_settlement');

-- What stood against an application when it was last judged: the dates and papers of each failing rule, which the
-- application itself names by its code only.
CREATE TABLE registration.failing_rules (
    application_id uuid        CONSTRAINT failing_rules_pkey PRIMARY KEY CONSTRAINT failing_rules_of_application REFERENCES registration.application,
    -- Sealed under the person's data key.
    sealed         bytea       NOT NULL,
    judged_at      timestamptz NOT NULL,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);
