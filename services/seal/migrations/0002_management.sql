-- Seals are requested, made, filed, suspended, renewed and destroyed here (国办发〔2025〕33号); a seal that is renewed is made
-- anew, and what documents carry is one making. The keys themselves never enter the database.

ALTER TABLE seal.seal
    -- A seal has its bytes once it is made.
    ALTER COLUMN digest DROP NOT NULL,
    DROP CONSTRAINT seal_state_known,
    ADD CONSTRAINT seal_state_known
        CHECK (state IN ('requested', 'made', 'active', 'suspended', 'destroyed')),
    ADD CONSTRAINT seal_made CHECK (digest IS NOT NULL OR state IN ('requested', 'destroyed')),
    -- `imported`: made by a ceremony and found in the keystore.
    ADD COLUMN origin text NOT NULL DEFAULT 'imported' CONSTRAINT seal_origin_known CHECK (origin IN ('imported', 'requested')),
    -- 备案
    ADD COLUMN filing_number    text,
    ADD COLUMN filing_authority text,
    ADD COLUMN filed_on         date,
    ADD COLUMN state_ground     text NOT NULL DEFAULT '',
    ADD CONSTRAINT seal_filing_whole
        CHECK (num_nulls(filing_number, filing_authority, filed_on) IN (0, 3)),
    ADD CONSTRAINT seal_filed
        CHECK (origin = 'imported' OR filing_number IS NOT NULL OR state IN ('requested', 'made', 'destroyed'));

-- What was asked for: 申请.
CREATE TABLE seal.request (
    seal         text        CONSTRAINT request_pkey PRIMARY KEY CONSTRAINT request_of_seal REFERENCES seal.seal,
    title        text        NOT NULL CONSTRAINT request_title CHECK (title <> ''),
    -- Type number of SES_ESPropertyInfo.
    kind         bigint      NOT NULL,
    picture      bytea       NOT NULL CONSTRAINT request_picture CHECK (octet_length(picture) > 0),
    width_mm     integer     NOT NULL CONSTRAINT request_width CHECK (width_mm BETWEEN 10 AND 100),
    height_mm    integer     NOT NULL CONSTRAINT request_height CHECK (height_mm BETWEEN 10 AND 100),
    requested_by text        NOT NULL,
    requested_at timestamptz NOT NULL,
    recorded_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('seal.request');

-- The keys of a seal: facts about them, never they.
CREATE TABLE seal.key (
    seal         text        NOT NULL CONSTRAINT key_of_seal REFERENCES seal.seal,
    -- 0: installed beside the seal; the service makes 1, 2, …
    generation   integer     NOT NULL CONSTRAINT key_generation CHECK (generation >= 0),
    kind         text        NOT NULL CONSTRAINT key_kind_known CHECK (kind IN ('ofd', 'pdf')),
    -- Where it is, as configuration names it.
    backend      text        NOT NULL,
    -- SubjectPublicKeyInfo; absent until the backend has made it.
    public_key   bytea,
    -- PKCS#10, for the certification authority.
    request      bytea,
    -- `ending`: it was decided to destroy it, and the backend has not yet said that it did.
    state        text        NOT NULL CONSTRAINT key_state_known CHECK (state IN ('live', 'ending', 'destroyed')),
    request_id   uuid,
    created_at   timestamptz NOT NULL,
    destroyed_at timestamptz,
    updated_by   text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT key_pkey PRIMARY KEY (seal, generation, kind),
    CONSTRAINT key_whole CHECK ((public_key IS NULL) = (request IS NULL)),
    CONSTRAINT key_destroyed CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL))
);

-- Every making of a seal, for ever: what verifies the documents that carry it.
CREATE TABLE seal.making (
    seal           text        NOT NULL CONSTRAINT making_of_seal REFERENCES seal.seal,
    generation     integer     NOT NULL CONSTRAINT making_generation CHECK (generation >= 1),
    key_generation integer     NOT NULL,
    -- SM3 of the SESeal.
    digest         bytea       NOT NULL CONSTRAINT making_digest UNIQUE CHECK (octet_length(digest) = 32),
    -- SESeal, DER.
    content        bytea       NOT NULL,
    -- DER certificates, the signer first.
    seal_chain     bytea[]     NOT NULL CONSTRAINT making_seal_chain CHECK (cardinality(seal_chain) > 0),
    pdf_chain      bytea[]     NOT NULL CONSTRAINT making_pdf_chain CHECK (cardinality(pdf_chain) > 0),
    made_at        timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT making_pkey PRIMARY KEY (seal, generation)
);
CALL shared.append_only('seal.making');

-- The first of two officers' words on an act that needs both. It is gone when the second has spoken.
CREATE TABLE seal.proposal (
    seal        text        CONSTRAINT proposal_pkey PRIMARY KEY CONSTRAINT proposal_of_seal REFERENCES seal.seal,
    act         text        NOT NULL CONSTRAINT proposal_act_known CHECK (act IN ('resume', 'renew', 'destroy')),
    -- SHA-256 of everything that was proposed: the second officer says the same.
    content     bytea       NOT NULL CONSTRAINT proposal_content_length CHECK (octet_length(content) = 32),
    ground      text        NOT NULL,
    proposed_by text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);

-- Every move of every seal.
CREATE TABLE seal.event (
    seal           text        NOT NULL CONSTRAINT event_of_seal REFERENCES seal.seal,
    number         integer     NOT NULL,
    act            text        NOT NULL,
    first_officer  text        NOT NULL,
    second_officer text,
    ground         text        NOT NULL DEFAULT '',
    at             timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT event_pkey PRIMARY KEY (seal, number),
    CONSTRAINT event_act_known CHECK (act IN
        ('import', 'request', 'rotate_key', 'make', 'file', 'suspend', 'resume', 'renew', 'destroy')),
    CONSTRAINT event_two_officers CHECK (act NOT IN ('make', 'resume', 'renew', 'destroy')
        OR (second_officer IS NOT NULL AND second_officer <> first_officer))
);
CALL shared.append_only('seal.event');

-- Which making an act is done with: an external platform is asked again for exactly the same TBS_Sign after an answer was
-- lost. Absent in acts of before.
ALTER TABLE seal.act ADD COLUMN making bytea CONSTRAINT act_with_making REFERENCES seal.making (digest);
CREATE INDEX act_requested_at ON seal.act (requested_at, intent_id, kind);
