-- Roles of officers, backends of others, and who looked up whom.
CREATE TABLE identity.role_grant (
    id         uuid        CONSTRAINT role_grant_pkey PRIMARY KEY,
    account_id uuid        NOT NULL CONSTRAINT role_grant_of_account REFERENCES identity.account,
    role       text        NOT NULL CONSTRAINT role_grant_role_known CHECK (role IN ('national_administrator', 'officer')),
    -- `nation` for the administrator; whose officer otherwise.
    authority  text        NOT NULL,
    granted_at timestamptz NOT NULL,
    granted_by text        NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT role_grant_revocation_complete CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE UNIQUE INDEX role_grant_current ON identity.role_grant (account_id, role, authority) WHERE revoked_at IS NULL;
CREATE INDEX role_grant_listed ON identity.role_grant (granted_at, id);

CREATE TABLE identity.client (
    -- NAME of spiffe://jianzheng/client/NAME
    name          text        CONSTRAINT client_pkey PRIMARY KEY,
    title         text        NOT NULL CONSTRAINT client_titled CHECK (title <> ''),
    scopes        text[]      NOT NULL,
    registered_at timestamptz NOT NULL,
    registered_by text        NOT NULL,
    updated_by    text        NOT NULL DEFAULT shared.transaction_name()
);

-- Every look-up of a person or employer by another service. Names and ids only.
CREATE TABLE identity.access_log (
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT access_log_pkey PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text        NOT NULL,
    method      text        NOT NULL,
    -- `persons/…` or `employers/…`; null: nobody was found.
    subject     text,
    purpose     text        NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX access_log_subject ON identity.access_log (subject, id);
CALL shared.append_only('identity.access_log');
