-- Changes of employer: notices of termination (解聘告知), the national entry of whoever comes from another province,
-- successions of employers (企业更名、合并、分立).
CREATE TABLE registration.termination_notice (
    application_id   uuid        CONSTRAINT termination_notice_pkey PRIMARY KEY CONSTRAINT termination_notice_of_application REFERENCES registration.application,
    -- Who was told.
    employer_id      uuid        NOT NULL,
    state            text        NOT NULL,
    -- The notice of the domain: days and ids, nothing personal.
    facts            jsonb       NOT NULL,
    objections_until date        NOT NULL,
    -- Grounds of the old employer, sealed under the person's key.
    sealed_grounds   bytea,
    -- Grounds of the officer.
    resolution       text,
    notified_at      timestamptz NOT NULL,
    settled_at       timestamptz,
    updated_by       text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX termination_notice_open ON registration.termination_notice (objections_until) WHERE state = 'OPEN';
CREATE INDEX termination_notice_objected ON registration.termination_notice (notified_at, application_id) WHERE state = 'OBJECTED';

-- What the nation told of the registration that an application would move here.
CREATE TABLE registration.national_entry (
    application_id      uuid        CONSTRAINT national_entry_pkey PRIMARY KEY CONSTRAINT national_entry_of_application REFERENCES registration.application,
    person_id           uuid        NOT NULL,
    province            text        NOT NULL,
    registration_number text        NOT NULL,
    employer_id         uuid        NOT NULL,
    employer_title      text        NOT NULL,
    specialties         jsonb       NOT NULL,
    read_at             timestamptz NOT NULL,
    recorded_by         text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX national_entry_person ON registration.national_entry (person_id);
CALL shared.append_only('registration.national_entry');

-- A registration keeps the employer's name as announced until its next version; and where it is going.
ALTER TABLE registration.active_registration
    ADD COLUMN employer_title text,
    ADD COLUMN moving_to      text;
UPDATE registration.active_registration AS registered SET employer_title = employer.title
FROM registration.employer WHERE employer.id = registered.employer_id;
ALTER TABLE registration.active_registration ALTER COLUMN employer_title SET NOT NULL;

CREATE TABLE registration.succession (
    id          uuid        CONSTRAINT succession_pkey PRIMARY KEY,
    employer_id uuid        NOT NULL CONSTRAINT succession_of_employer REFERENCES registration.employer,
    state       text        NOT NULL,
    -- The succession of the domain: ids and days, nothing personal.
    facts       jsonb       NOT NULL,
    proposed_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX succession_employer ON registration.succession (employer_id);

-- One row for each person registered with the employer when the succession was announced.
CREATE TABLE registration.succession_row (
    id                 uuid   CONSTRAINT succession_row_pkey PRIMARY KEY,
    succession_id      uuid   NOT NULL CONSTRAINT succession_row_of_succession REFERENCES registration.succession,
    person_id          uuid   NOT NULL CONSTRAINT succession_row_of_person REFERENCES registration.person,
    successor_id       uuid   NOT NULL CONSTRAINT succession_row_of_successor REFERENCES registration.employer,
    state              text   NOT NULL CONSTRAINT succession_row_state CHECK (state IN ('WAITING', 'ANNOUNCED', 'ISSUED', 'REFUSED', 'SKIPPED')),
    reason             text,
    -- Number of its event in the outbox.
    position           bigint,
    licence_identifier text,
    -- What the mirror said before, to be put back where the nation refuses.
    before             jsonb,
    updated_by         text   NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT succession_row_once UNIQUE (succession_id, person_id)
);
CREATE INDEX succession_row_waiting ON registration.succession_row (succession_id, id) WHERE state = 'WAITING';
