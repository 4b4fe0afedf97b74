-- Officers at work: who has a file in hand (领办), delegations (委托), conflicts of interest (回避), opinion templates,
-- and the numbered notices (文书).
CREATE TABLE registration.work_claim (
    application_id uuid        NOT NULL CONSTRAINT work_claim_of_application REFERENCES registration.application,
    authority      text        NOT NULL,
    officer_id     uuid        NOT NULL,
    -- The leader who assigned it, if one did.
    assigned_by    uuid,
    claimed_at     timestamptz NOT NULL,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT work_claim_pkey PRIMARY KEY (application_id, authority)
);
CREATE INDEX work_claim_officer ON registration.work_claim (officer_id, application_id);

CREATE TABLE registration.conflict_of_interest (
    application_id uuid        NOT NULL CONSTRAINT conflict_of_interest_of_application REFERENCES registration.application,
    officer_id     uuid        NOT NULL,
    ground         text        NOT NULL,
    -- The officer, or the leader who ordered it.
    declared_by    uuid        NOT NULL,
    declared_at    timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT conflict_of_interest_pkey PRIMARY KEY (application_id, officer_id, ground)
);
CALL shared.append_only('registration.conflict_of_interest');

CREATE TABLE registration.delegation (
    id           uuid        CONSTRAINT delegation_pkey PRIMARY KEY,
    authority    text        NOT NULL,
    delegator_id uuid        NOT NULL,
    delegate_id  uuid        NOT NULL,
    from_day     date        NOT NULL,
    to_day       date        NOT NULL,
    -- Ids of the person and employers behind the delegator: the delegate inherits the conflicts.
    relations    jsonb       NOT NULL,
    delegated_at timestamptz NOT NULL,
    revoked_at   timestamptz,
    updated_by   text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT delegation_order CHECK (from_day <= to_day),
    CONSTRAINT delegation_between_two CHECK (delegator_id <> delegate_id)
);
CREATE INDEX delegation_authority ON registration.delegation (authority, id DESC);
CREATE INDEX delegation_delegate ON registration.delegation (delegate_id, to_day) WHERE revoked_at IS NULL;

-- Held by the transaction that gives a delegation: none is passed on meanwhile.
CREATE TABLE registration.delegation_register (
    authority  text   CONSTRAINT delegation_register_pkey PRIMARY KEY,
    given      bigint NOT NULL,
    updated_by text   NOT NULL DEFAULT shared.transaction_name()
);

-- Every version of a template; the last one is in force.
CREATE TABLE registration.opinion_template (
    id        uuid        NOT NULL,
    version   integer     NOT NULL CONSTRAINT opinion_template_version_natural CHECK (version > 0),
    authority text        NOT NULL,
    title     text        NOT NULL,
    body      text        NOT NULL,
    saved_by  uuid        NOT NULL,
    saved_at  timestamptz NOT NULL,
    recorded_by text      NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT opinion_template_pkey PRIMARY KEY (id, version)
);
CREATE INDEX opinion_template_authority ON registration.opinion_template (authority, id, version DESC);
CALL shared.append_only('registration.opinion_template');

-- The template version that an opinion's text was made of.
ALTER TABLE registration.review
    ADD COLUMN template_id      uuid,
    ADD COLUMN template_version integer,
    ADD CONSTRAINT review_template FOREIGN KEY (template_id, template_version) REFERENCES registration.opinion_template (id, version);

-- Numbers of notices by authority, kind and year; the row is held by the transaction that takes the next one.
CREATE TABLE registration.notice_sequence (
    authority  text    NOT NULL,
    kind       text    NOT NULL,
    year       integer NOT NULL,
    last       integer NOT NULL CONSTRAINT notice_sequence_natural CHECK (last >= 0),
    updated_by text    NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT notice_sequence_pkey PRIMARY KEY (authority, kind, year)
);

CREATE TABLE registration.notice (
    id             uuid        CONSTRAINT notice_pkey PRIMARY KEY,
    application_id uuid        NOT NULL CONSTRAINT notice_of_application REFERENCES registration.application,
    person_id      uuid        NOT NULL CONSTRAINT notice_of_person REFERENCES registration.person,
    authority      text        NOT NULL,
    kind           text        NOT NULL,
    year           integer     NOT NULL,
    serial         integer     NOT NULL,
    number         text        NOT NULL CONSTRAINT notice_number UNIQUE,
    -- The notice of the domain as JSON, sealed under the person's data key.
    sealed         bytea       NOT NULL,
    -- SHA-256 over that JSON.
    digest         bytea       NOT NULL CONSTRAINT notice_digest_length CHECK (octet_length(digest) = 32),
    issued_at      timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT notice_serial UNIQUE (authority, kind, year, serial)
);
CREATE INDEX notice_application ON registration.notice (application_id, id);
CALL shared.append_only('registration.notice');
