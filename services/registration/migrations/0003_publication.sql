-- Publicity (公示), objections, announcements (公告), the mirror of registrations, and the province's half of the exchange.
CREATE TABLE registration.publicity (
    id         uuid        CONSTRAINT publicity_pkey PRIMARY KEY,
    opens_on   date        NOT NULL,
    closes_on  date        NOT NULL,
    closed     boolean     NOT NULL DEFAULT false,
    opened_at  timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT publicity_order CHECK (opens_on <= closes_on)
);

CREATE TABLE registration.publicity_application (
    publicity_id   uuid NOT NULL CONSTRAINT publicity_application_of_publicity REFERENCES registration.publicity,
    application_id uuid NOT NULL CONSTRAINT publicity_application_of_application REFERENCES registration.application,
    CONSTRAINT publicity_application_pkey PRIMARY KEY (publicity_id, application_id)
);
CALL shared.append_only('registration.publicity_application');

CREATE TABLE registration.objection (
    id             uuid        CONSTRAINT objection_pkey PRIMARY KEY,
    application_id uuid        NOT NULL CONSTRAINT objection_of_application REFERENCES registration.application,
    -- Key of this row; statement and contact of the objector are sealed under it.
    wrapped_key    bytea       NOT NULL,
    sealed_text    bytea       NOT NULL,
    raised_at      timestamptz NOT NULL,
    upheld         boolean,
    grounds        text,
    resolved_at    timestamptz,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);

-- Numbers given out by year: registrations of people never registered, announcements.
CREATE TABLE registration.number_sequence (
    kind       text    NOT NULL CONSTRAINT number_sequence_kind CHECK (kind IN ('registration', 'announcement')),
    year       integer NOT NULL,
    last       integer NOT NULL CONSTRAINT number_sequence_natural CHECK (last >= 0),
    updated_by text    NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT number_sequence_pkey PRIMARY KEY (kind, year)
);

CREATE TABLE registration.announcement (
    id           uuid        CONSTRAINT announcement_pkey PRIMARY KEY,
    year         integer     NOT NULL,
    serial       integer     NOT NULL,
    number       text        NOT NULL CONSTRAINT announcement_number UNIQUE,
    announced_at timestamptz NOT NULL,
    announced_by text        NOT NULL,
    -- The last event of this announcement in the province's outbox.
    position     bigint      NOT NULL,
    recorded_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT announcement_serial UNIQUE (year, serial)
);
CALL shared.append_only('registration.announcement');

CREATE TABLE registration.announcement_row (
    announcement_id     uuid    NOT NULL CONSTRAINT announcement_row_of_announcement REFERENCES registration.announcement,
    ordinal             integer NOT NULL,
    application_id      uuid    NOT NULL CONSTRAINT announcement_row_once UNIQUE CONSTRAINT announcement_row_of_application REFERENCES registration.application,
    person_id           uuid    NOT NULL CONSTRAINT announcement_row_of_person REFERENCES registration.person,
    -- Sealed under the person's data key; read to the public while the key exists.
    sealed_name         bytea   NOT NULL,
    registration_number text    NOT NULL,
    employer_title      text    NOT NULL,
    specialties         text[]  NOT NULL,
    type                text    NOT NULL,
    recorded_by         text    NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT announcement_row_pkey PRIMARY KEY (announcement_id, ordinal)
);
CALL shared.append_only('registration.announcement_row');

-- The province's mirror of who is registered here; the nation's register is the truth.
CREATE TABLE registration.active_registration (
    person_id           uuid        CONSTRAINT active_registration_pkey PRIMARY KEY CONSTRAINT active_registration_of_person REFERENCES registration.person,
    registration_number text        NOT NULL CONSTRAINT active_registration_number UNIQUE,
    employer_id         uuid        NOT NULL CONSTRAINT active_registration_of_employer REFERENCES registration.employer,
    specialties         jsonb       NOT NULL,
    announced_at        timestamptz NOT NULL,
    application_id      uuid        NOT NULL CONSTRAINT active_registration_of_application REFERENCES registration.application,
    -- Number of its event in the outbox.
    position            bigint      NOT NULL,
    licence_identifier  text,
    moved_to            text,
    updated_by          text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX active_registration_employer ON registration.active_registration (employer_id, person_id);

-- How far the nation's feed was read, and why it stopped our stream, if it did.
CREATE TABLE registration.exchange_state (
    only_row       boolean     CONSTRAINT exchange_state_pkey PRIMARY KEY DEFAULT true CONSTRAINT exchange_state_single CHECK (only_row),
    pulled_through bigint      NOT NULL DEFAULT 0,
    stopped        text,
    stopped_at     timestamptz,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO registration.exchange_state DEFAULT VALUES;
