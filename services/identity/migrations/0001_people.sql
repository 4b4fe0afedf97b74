-- Persons, their data keys and documents, and the real-name record they are matched against.
CALL shared.grant_schema('identity');
CALL shared.read_only('identity.migration');

-- One row per natural person, the same through all documents; knows nothing personal.
CREATE TABLE identity.person (
    id         uuid        CONSTRAINT person_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);

-- The wrapped data key under which everything personal of one owner is sealed. Destroying the row erases it all.
CREATE TABLE identity.data_key (
    -- A person, or a line of the real-name record that no account has claimed.
    owner_id   uuid        CONSTRAINT data_key_pkey PRIMARY KEY,
    wrapped    bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);

-- Documents of a person over time: 15 to 18 digits, old and new permanent-resident cards, renewed passports.
CREATE TABLE identity.identity_document (
    id            uuid        CONSTRAINT identity_document_pkey PRIMARY KEY,
    person_id     uuid        NOT NULL CONSTRAINT identity_document_of_person REFERENCES identity.person,
    kind          text        NOT NULL,
    number_index  bytea       NOT NULL,
    -- Sealed under the person's data key: number, name, and sex and birth date with it.
    sealed_number bytea       NOT NULL,
    sealed_name   bytea       NOT NULL,
    sealed_facts  bytea       NOT NULL,
    valid_from    timestamptz NOT NULL,
    superseded_by uuid        CONSTRAINT identity_document_superseded REFERENCES identity.identity_document,
    updated_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT identity_document_number UNIQUE (number_index)
);
COMMENT ON CONSTRAINT identity_document_number ON identity.identity_document IS
    'A document belongs to one person, for ever.';
CREATE UNIQUE INDEX identity_document_current ON identity.identity_document (person_id) WHERE superseded_by IS NULL;

-- Who carries which document, as told by the real-name authority. Only keyed digests and sealed facts.
CREATE TABLE identity.real_name_record (
    id           uuid        CONSTRAINT real_name_record_pkey PRIMARY KEY,
    number_index bytea       NOT NULL CONSTRAINT real_name_record_number UNIQUE,
    name_index   bytea       NOT NULL,
    -- Sex and birth date, sealed under the data key of this row.
    sealed_facts bytea       NOT NULL,
    recorded_at  timestamptz NOT NULL,
    updated_by   text        NOT NULL DEFAULT shared.transaction_name()
);
