-- Seals in the keeping of this service, and the journal of every act of sealing.
CALL shared.grant_schema('seal');
CALL shared.read_only('seal.migration');

-- What the keystore held when the service started; the keys themselves never enter the database.
CREATE TABLE seal.seal (
    -- `seals/{seal}`
    name          text        CONSTRAINT seal_pkey PRIMARY KEY,
    es_id         text        NOT NULL,
    -- SM3 of the SESeal as it stands in every document.
    digest        bytea       NOT NULL CONSTRAINT seal_digest_length CHECK (octet_length(digest) = 32),
    state         text        NOT NULL CONSTRAINT seal_state_known CHECK (state IN ('active', 'suspended', 'destroyed')),
    specimen      boolean     NOT NULL,
    registered_at timestamptz NOT NULL,
    updated_by    text        NOT NULL DEFAULT shared.transaction_name()
);

-- The intent of one act, committed before any key is touched.
CREATE TABLE seal.act (
    intent_id    uuid        NOT NULL,
    kind         text        NOT NULL CONSTRAINT act_kind_known CHECK (kind IN ('ofd', 'pdf')),
    -- Exactly what is signed: SM3 of Signature.xml, or SHA-256 of the byte range.
    digest       bytea       NOT NULL CONSTRAINT act_digest_length CHECK (octet_length(digest) = 32),
    profile      text        NOT NULL CONSTRAINT act_profile_known CHECK (profile IN ('original', 'use_copy')),
    seal         text        NOT NULL CONSTRAINT act_with_seal REFERENCES seal.seal,
    specimen     boolean     NOT NULL,
    requested_by text        NOT NULL,
    requested_at timestamptz NOT NULL,
    recorded_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT act_pkey PRIMARY KEY (intent_id, kind)
);
CALL shared.append_only('seal.act');

-- The one signature that is given out for an act, stored before it is answered.
CREATE TABLE seal.signature (
    intent_id   uuid        NOT NULL,
    kind        text        NOT NULL,
    signature   bytea       NOT NULL,
    signed_at   timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT signature_pkey PRIMARY KEY (intent_id, kind),
    CONSTRAINT signature_of_act FOREIGN KEY (intent_id, kind) REFERENCES seal.act
);
CALL shared.append_only('seal.signature');
