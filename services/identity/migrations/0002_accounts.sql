-- Accounts of persons, their second factors, and what slows guessing down.
CREATE TABLE identity.account (
    id            uuid        CONSTRAINT account_pkey PRIMARY KEY,
    person_id     uuid        NOT NULL CONSTRAINT account_of_person REFERENCES identity.person
                              CONSTRAINT account_one_per_person UNIQUE,
    -- Argon2id in PHC form.
    password_hash text        NOT NULL,
    state         text        NOT NULL CONSTRAINT account_state_known CHECK (state IN ('enrolled', 'active')),
    enrolled_at   timestamptz NOT NULL,
    activated_at  timestamptz,
    updated_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT account_activation_dated CHECK ((state = 'active') = (activated_at IS NOT NULL))
);

CREATE TABLE identity.second_factor (
    account_id    uuid   CONSTRAINT second_factor_pkey PRIMARY KEY CONSTRAINT second_factor_of_account REFERENCES identity.account,
    -- Sealed under the person's data key.
    sealed_secret bytea  NOT NULL,
    -- The newest time step whose code was accepted: neither it nor an older one is accepted again.
    last_step     bigint NOT NULL DEFAULT 0,
    updated_by    text   NOT NULL DEFAULT shared.transaction_name()
);

-- Failed attempts by what was guessed at, whether or not it exists: an unknown number locks like a known one.
CREATE TABLE identity.attempt_guard (
    what         text        NOT NULL CONSTRAINT attempt_guard_known CHECK (what IN ('enrolment', 'password', 'second_factor')),
    subject      bytea       NOT NULL,
    failures     integer     NOT NULL CONSTRAINT attempt_guard_failures_positive CHECK (failures > 0),
    failed_at    timestamptz NOT NULL,
    locked_until timestamptz,
    updated_by   text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT attempt_guard_pkey PRIMARY KEY (what, subject)
);
CREATE INDEX attempt_guard_failed_at ON identity.attempt_guard (failed_at);
