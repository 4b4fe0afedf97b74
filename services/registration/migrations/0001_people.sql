-- Facts about people and employers that a province needs to decide: snapshots and qualifications.
CALL shared.grant_schema('registration');
CALL shared.read_only('registration.migration');

-- What identity told about a person when they last applied. Destroying the wrapped key erases the person here.
CREATE TABLE registration.person (
    -- The national person id.
    id             uuid        CONSTRAINT person_pkey PRIMARY KEY,
    wrapped_key    bytea       NOT NULL,
    -- Name, document, sex, birth date, sealed under the person's data key.
    sealed_facts   bytea       NOT NULL,
    document_index bytea       NOT NULL,
    fetched_at     timestamptz NOT NULL,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);

-- Qualification certificates (资格证书), found by the document of whoever passed the examination.
CREATE TABLE registration.qualification (
    id             uuid        CONSTRAINT qualification_pkey PRIMARY KEY,
    document_index bytea       NOT NULL,
    -- Key of this row; name, document and management number are sealed under it.
    wrapped_key    bytea       NOT NULL,
    sealed_facts   bytea       NOT NULL,
    specialty      text        NOT NULL,
    issued_on      date        NOT NULL,
    imported_at    timestamptz NOT NULL,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT qualification_once UNIQUE (document_index, specialty)
);

-- Dated facts of employers, as identity told them; nothing personal.
CREATE TABLE registration.employer (
    id             uuid        CONSTRAINT employer_pkey PRIMARY KEY,
    title          text        NOT NULL,
    credit_code    text        NOT NULL,
    province       text        NOT NULL,
    qualified      boolean     NOT NULL,
    fetched_at     timestamptz NOT NULL,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);
