-- Room `exchange`: what the nation and a province say to each other. Envelopes are judged in `shared.inbox`
-- (source `provinces/32`).
CALL shared.grant_schema('exchange');

-- One open application per person nationwide; cancellation and correction excepted (design §3).
CREATE TABLE exchange.claim (
    province    text        NOT NULL CONSTRAINT claim_province CHECK (province ~ '^[0-9]{2}$'),
    application uuid        NOT NULL,
    person      uuid        NOT NULL,
    type        text        NOT NULL,
    exclusive   boolean     NOT NULL,
    state       text        NOT NULL CONSTRAINT claim_state_known CHECK (state IN ('open', 'released', 'used')),
    claimed_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    -- Why it was released.
    reason      text,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT claim_pkey PRIMARY KEY (province, application),
    CONSTRAINT claim_end_dated CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX claim_one_open ON exchange.claim (person) WHERE state = 'open' AND exclusive;

-- The nation's word that one application may be announced.
CREATE TABLE exchange.clearance (
    id               uuid        CONSTRAINT clearance_pkey PRIMARY KEY,
    province         text        NOT NULL CONSTRAINT clearance_province CHECK (province ~ '^[0-9]{2}$'),
    application      uuid        NOT NULL,
    person           uuid        NOT NULL CONSTRAINT clearance_of_person REFERENCES register.person,
    type             text        NOT NULL,
    exclusive        boolean     NOT NULL,
    application_hash bytea       NOT NULL CONSTRAINT clearance_hash_length CHECK (octet_length(application_hash) = 32),
    -- As it is to be printed.
    number           text        NOT NULL,
    -- What was cleared, sealed under the person's key.
    facts            bytea       NOT NULL,
    state            text        NOT NULL CONSTRAINT clearance_state_known CHECK (state IN ('cleared', 'used', 'released')),
    cleared_at       timestamptz NOT NULL,
    announce_by      timestamptz NOT NULL,
    -- When it was used or released; freed only on the province's own evidence, never by a timer.
    ended_at         timestamptz,
    updated_by       text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT clearance_end_dated CHECK ((state = 'cleared') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX clearance_of_application ON exchange.clearance (province, application) WHERE state <> 'released';
CREATE UNIQUE INDEX clearance_one_open ON exchange.clearance (person) WHERE state = 'cleared' AND exclusive;

-- How far a province has told: everything that happened there before `through` has been applied.
CREATE TABLE exchange.watermark (
    province   text        CONSTRAINT watermark_pkey PRIMARY KEY,
    sequence   bigint      NOT NULL,
    through    timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);

-- What the nation tells a province, numbered without a gap per province. Ids only.
CREATE TABLE exchange.downstream_head (
    province   text   CONSTRAINT downstream_head_pkey PRIMARY KEY,
    number     bigint NOT NULL,
    updated_by text   NOT NULL DEFAULT shared.transaction_name()
);

CREATE TABLE exchange.downstream (
    province           text        NOT NULL CONSTRAINT downstream_of_province REFERENCES exchange.downstream_head,
    number             bigint      NOT NULL CONSTRAINT downstream_number_positive CHECK (number > 0),
    kind               text        NOT NULL CONSTRAINT downstream_kind_known
                                   CHECK (kind IN ('certificate_issued', 'moved_away')),
    person             uuid        NOT NULL,
    -- Set for `certificate_issued`.
    application        uuid,
    licence_identifier text,
    -- Set for `moved_away`.
    to_province        text,
    recorded_at        timestamptz NOT NULL,
    recorded_by        text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT downstream_pkey PRIMARY KEY (province, number),
    CONSTRAINT downstream_complete CHECK (
        CASE kind WHEN 'moved_away' THEN to_province IS NOT NULL ELSE licence_identifier IS NOT NULL END)
);
CALL shared.append_only('exchange.downstream');
