-- What holders allow employers (授权), what employers ask of them, and the packages of use copies that come of it.

-- Standing consents (长期授权). That the last day has passed is derived; what ends one before it is written down in the
-- transaction that ends it, together with the registration where it is that.
CREATE TABLE issuing.standing_consent (
    id         uuid        CONSTRAINT standing_consent_pkey PRIMARY KEY,
    person     uuid        NOT NULL CONSTRAINT standing_consent_of_person REFERENCES register.person,
    employer   uuid        NOT NULL,
    purposes   text[]      NOT NULL CONSTRAINT standing_consent_has_purpose CHECK (cardinality(purposes) > 0),
    ends_on    date        NOT NULL,
    granted_at timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_by   text        CONSTRAINT standing_consent_end_known CHECK (ended_by IN ('revoked', 'employment_ended')),
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT standing_consent_end_dated CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX standing_consent_of_person_in_order ON issuing.standing_consent (person, granted_at DESC, id DESC);
CREATE INDEX standing_consent_open ON issuing.standing_consent (person, employer) WHERE ended_at IS NULL;

ALTER TABLE issuing.use_copy
    -- What the holder said, sealed under the person's key.
    ADD COLUMN revocation_reason bytea,
    -- By which consent an employer had it made; none: the holder's own.
    ADD COLUMN consent uuid CONSTRAINT use_copy_by_consent REFERENCES issuing.standing_consent;
CREATE INDEX use_copy_of_person_by_day ON issuing.use_copy (person, made_on);

-- One call for a package. Its terms are those of the request, which `shared.request` knows by their digest.
CREATE TABLE issuing.package (
    id          uuid        CONSTRAINT package_pkey PRIMARY KEY,
    employer    uuid        NOT NULL,
    made_at     timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('issuing.package');

-- Its people in their order. Undecided until a transaction of its own finds a copy or says why there is none.
CREATE TABLE issuing.package_member (
    package    uuid     NOT NULL CONSTRAINT package_member_of_package REFERENCES issuing.package,
    ordinal    integer  NOT NULL,
    person     uuid     NOT NULL,
    copy       uuid     CONSTRAINT package_member_copy REFERENCES issuing.use_copy,
    -- By which the copy may go along; none where the holder made it for this recipient.
    consent    uuid     CONSTRAINT package_member_consent REFERENCES issuing.standing_consent,
    missing    text,
    updated_by text     NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT package_member_pkey PRIMARY KEY (package, ordinal),
    CONSTRAINT package_member_once UNIQUE (package, person),
    CONSTRAINT package_member_one_answer CHECK (copy IS NULL OR missing IS NULL),
    CONSTRAINT package_member_consent_to_copy CHECK (consent IS NULL OR copy IS NOT NULL)
);

-- Every use of a consent, for its holder to see.
CREATE TABLE issuing.consent_use (
    id          uuid        CONSTRAINT consent_use_pkey PRIMARY KEY,
    consent     uuid        NOT NULL CONSTRAINT consent_use_of_consent REFERENCES issuing.standing_consent,
    copy        uuid        NOT NULL CONSTRAINT consent_use_of_copy REFERENCES issuing.use_copy,
    package     uuid        NOT NULL CONSTRAINT consent_use_in_package REFERENCES issuing.package,
    used_at     timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT consent_use_once UNIQUE (consent, copy, package)
);
CREATE INDEX consent_use_in_order ON issuing.consent_use (consent, used_at DESC, id DESC);
CALL shared.append_only('issuing.consent_use');

-- What an employer asks a holder for. That the days to answer have passed is derived.
CREATE TABLE issuing.copy_request (
    id         uuid        CONSTRAINT copy_request_pkey PRIMARY KEY,
    person     uuid        NOT NULL CONSTRAINT copy_request_of_person REFERENCES register.person,
    employer   uuid        NOT NULL,
    -- Purpose, reference and recipient, sealed under the person's key.
    terms      bytea       NOT NULL,
    state      text        NOT NULL CONSTRAINT copy_request_state_known
                           CHECK (state IN ('pending', 'approved', 'declined', 'lapsed')),
    asked_at   timestamptz NOT NULL,
    expires_on date        NOT NULL,
    settled_at timestamptz,
    copy       uuid        CONSTRAINT copy_request_copy REFERENCES issuing.use_copy,
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT copy_request_settled_dated CHECK ((state = 'pending') = (settled_at IS NULL)),
    CONSTRAINT copy_request_copy_if_approved CHECK ((state = 'approved') = (copy IS NOT NULL))
);
CREATE INDEX copy_request_of_person_in_order ON issuing.copy_request (person, asked_at DESC, id DESC);
CREATE INDEX copy_request_pending ON issuing.copy_request (person, employer) WHERE state = 'pending';
