-- Room `register`: who is registered where, as the sum of acts.
CALL shared.grant_schema('register');
CALL shared.read_only('register.migration');

-- One data key per person. Destroying it erases the person from every room at once; ids and chains stay.
CREATE TABLE register.person (
    -- `persons/{person}`, the national id.
    person      uuid        CONSTRAINT person_pkey PRIMARY KEY,
    -- Empty once the person was erased.
    wrapped_key bytea       NOT NULL,
    created_at  timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);

-- Digits are allocated once and never change (domain §1.8); reserved by the first clearance.
CREATE TABLE register.registration_number (
    -- The sixteen digits, without the prefix that moves.
    number      text        CONSTRAINT registration_number_pkey PRIMARY KEY
                            CONSTRAINT registration_number_digits CHECK (number ~ '^[0-9]{16}$'),
    person      uuid        NOT NULL CONSTRAINT registration_number_of_person UNIQUE
                            CONSTRAINT registration_number_person REFERENCES register.person,
    reserved_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);

-- Acts in the order in which they were applied.
CREATE TABLE register.act (
    id            uuid        CONSTRAINT act_pkey PRIMARY KEY,
    person        uuid        NOT NULL CONSTRAINT act_of_person REFERENCES register.person,
    -- The legal moment.
    at            timestamptz NOT NULL,
    kind          text        NOT NULL,
    province      text        NOT NULL CONSTRAINT act_province CHECK (province ~ '^[0-9]{2}$'),
    application   uuid,
    decided_by    text        NOT NULL,
    announced_by  text        NOT NULL,
    announcement_number text,
    -- The whole record, sealed under the person's key: it holds the birth date.
    record        bytea       NOT NULL,
    recorded_at   timestamptz NOT NULL,
    recorded_by   text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX act_of_person_in_order ON register.act (person, recorded_at);
CALL shared.append_only('register.act');

-- What the acts of a person add up to.
CREATE TABLE register.entry (
    person     uuid        CONSTRAINT entry_pkey PRIMARY KEY CONSTRAINT entry_of_person REFERENCES register.person,
    -- Who announced it last, and therefore holds it.
    province   text        NOT NULL CONSTRAINT entry_province CHECK (province ~ '^[0-9]{2}$'),
    last_act   uuid        NOT NULL CONSTRAINT entry_last_act REFERENCES register.act,
    -- The entry itself, sealed: it holds the birth date.
    entry      bytea       NOT NULL,
    -- Name, document and pictures as last cleared, sealed.
    facts      bytea       NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);

-- A person has at most one registration in force (153号 art 15(2); domain §1.13).
CREATE TABLE register.active_registration (
    person     uuid        CONSTRAINT active_registration_pkey PRIMARY KEY
                           CONSTRAINT active_registration_entry REFERENCES register.entry,
    province   text        NOT NULL CONSTRAINT active_registration_province CHECK (province ~ '^[0-9]{2}$'),
    employer   uuid        NOT NULL,
    -- As printed, with its prefix.
    number     text        NOT NULL CONSTRAINT active_registration_number UNIQUE,
    since      timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX active_registration_of_employer ON register.active_registration (employer);
