-- Sessions of people, the secrets that renew their tokens, and the feed of revocations.
CREATE TABLE identity.session (
    id               uuid        CONSTRAINT session_pkey PRIMARY KEY,
    account_id       uuid        NOT NULL CONSTRAINT session_of_account REFERENCES identity.account,
    -- SPIFFE id of the backend that carries the session; no other may continue it.
    carrier          text        NOT NULL,
    state            text        NOT NULL CONSTRAINT session_state_known CHECK (state IN ('pending', 'active', 'revoked')),
    audiences        text[]      NOT NULL,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    -- When the second factor was proved to sign in, and when it was last proved again on demand.
    second_factor_at timestamptz,
    stepped_up_at    timestamptz,
    revoked_at       timestamptz,
    updated_by       text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT session_factor_proved CHECK (state <> 'active' OR second_factor_at IS NOT NULL),
    CONSTRAINT session_revocation_dated CHECK ((state = 'revoked') = (revoked_at IS NOT NULL))
);
CREATE INDEX session_expiry ON identity.session (expires_at);
CREATE INDEX session_account ON identity.session (account_id, created_at DESC, id DESC);

-- SHA-256 of 256 random bits; the secret itself is never stored.
CREATE TABLE identity.refresh_token (
    hash        bytea       CONSTRAINT refresh_token_pkey PRIMARY KEY CONSTRAINT refresh_token_hash_length CHECK (octet_length(hash) = 32),
    session_id  uuid        NOT NULL CONSTRAINT refresh_token_of_session REFERENCES identity.session ON DELETE CASCADE,
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    -- Redeemed, or replaced by a newer one; presenting it again revokes the session.
    used_at     timestamptz,
    -- The request that redeemed it: the same one repeated gets a fresh successor while none was used.
    used_by     uuid,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT refresh_token_use_dated CHECK (used_by IS NULL OR used_at IS NOT NULL)
);
CREATE INDEX refresh_token_session ON identity.refresh_token (session_id);

-- Numbers are handed out under the head's row lock, so no reader sees one before its predecessor.
CREATE TABLE identity.revocation_head (
    only_row boolean CONSTRAINT revocation_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT revocation_head_single CHECK (only_row),
    number   bigint  NOT NULL
);
INSERT INTO identity.revocation_head (number) VALUES (0);

CREATE TABLE identity.revocation (
    number      bigint      CONSTRAINT revocation_pkey PRIMARY KEY,
    -- `sessions/…` or `clients/…`
    subject     text        NOT NULL,
    revoked_at  timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('identity.revocation');
