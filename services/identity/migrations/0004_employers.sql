-- Employers (聘用企业), the people who act for them, and invitations to do so.
CREATE TABLE identity.employer (
    id             uuid        CONSTRAINT employer_pkey PRIMARY KEY,
    title          text        NOT NULL CONSTRAINT employer_titled CHECK (title <> ''),
    credit_code    text        NOT NULL CONSTRAINT employer_credit_code UNIQUE
                               CONSTRAINT employer_credit_code_length CHECK (length(credit_code) = 18),
    province       text        NOT NULL CONSTRAINT employer_province_form CHECK (province ~ '^[0-9]{2}$'),
    qualifications text[]      NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);

CREATE TABLE identity.invitation (
    code_hash   bytea       CONSTRAINT invitation_pkey PRIMARY KEY CONSTRAINT invitation_hash_length CHECK (octet_length(code_hash) = 32),
    employer_id uuid        NOT NULL CONSTRAINT invitation_of_employer REFERENCES identity.employer,
    invited_by  text        NOT NULL,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    accepted_at timestamptz,
    accepted_by uuid        CONSTRAINT invitation_accepted_by REFERENCES identity.account,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT invitation_acceptance_complete CHECK ((accepted_at IS NULL) = (accepted_by IS NULL))
);

-- A member who was removed and invited again gets a second row.
CREATE TABLE identity.membership (
    id          uuid        CONSTRAINT membership_pkey PRIMARY KEY,
    employer_id uuid        NOT NULL CONSTRAINT membership_of_employer REFERENCES identity.employer,
    account_id  uuid        NOT NULL CONSTRAINT membership_of_account REFERENCES identity.account,
    role        text        NOT NULL CONSTRAINT membership_role_known CHECK (role = 'registrar'),
    since       timestamptz NOT NULL,
    removed_at  timestamptz,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE UNIQUE INDEX membership_current ON identity.membership (employer_id, account_id) WHERE removed_at IS NULL;
CREATE INDEX membership_account ON identity.membership (account_id) WHERE removed_at IS NULL;
