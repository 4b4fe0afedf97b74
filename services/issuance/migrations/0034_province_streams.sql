-- Streams of provinces that survive anything: envelopes kept as sent, stops with their envelope, repairs by two officers,
-- ceilings.

-- Every envelope of a province in its order, as sent: what its chain hashes over, and what a province restored from a
-- backup gets back. Ids only, so erasure breaks nothing.
CREATE TABLE exchange.envelope (
    province      text    NOT NULL CONSTRAINT envelope_province CHECK (province ~ '^[0-9]{2}$'),
    sequence      bigint  NOT NULL CONSTRAINT envelope_sequence_positive CHECK (sequence > 0),
    format        integer NOT NULL,
    previous_hash bytea   NOT NULL CONSTRAINT envelope_previous_length CHECK (octet_length(previous_hash) = 32),
    payload       bytea   NOT NULL,
    CONSTRAINT envelope_pkey PRIMARY KEY (province, sequence)
);
CALL shared.append_only('exchange.envelope');

-- What two officers of the nation do about a stream that stands, or about a clearance.
CREATE TABLE exchange.stream_repair (
    id          uuid        CONSTRAINT stream_repair_pkey PRIMARY KEY,
    province    text        NOT NULL CONSTRAINT stream_repair_province CHECK (province ~ '^[0-9]{2}$'),
    measure     text        NOT NULL,
    state       text        NOT NULL CONSTRAINT stream_repair_state_known
                            CHECK (state IN ('PROPOSED', 'CONFIRMED', 'DECLINED', 'WITHDRAWN')),
    -- The repair of the domain, as JSON. Officers' ids, codes and digests; nothing personal.
    record      text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX stream_repair_of_province ON exchange.stream_repair (province, id);
CREATE INDEX stream_repair_proposed ON exchange.stream_repair (id) WHERE state = 'PROPOSED';

-- The envelope on which a stream stands or stood.
CREATE TABLE exchange.stopped_envelope (
    id            bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT stopped_envelope_pkey PRIMARY KEY,
    province      text        NOT NULL CONSTRAINT stopped_envelope_province CHECK (province ~ '^[0-9]{2}$'),
    sequence      bigint      NOT NULL,
    format        integer     NOT NULL,
    previous_hash bytea       NOT NULL,
    hash          bytea       NOT NULL,
    payload       bytea       NOT NULL,
    reason        text        NOT NULL,
    -- Of one that was held: the kind of act that was counted.
    kind          text,
    stopped_at    timestamptz NOT NULL,
    -- What became of it; null while the stream stands on it.
    ended_at      timestamptz,
    outcome       text        CONSTRAINT stopped_envelope_outcome_known
                              CHECK (outcome IN ('APPLIED', 'SKIPPED', 'RETRIED', 'RELEASED', 'REPLACED')),
    repair        uuid        CONSTRAINT stopped_envelope_repair REFERENCES exchange.stream_repair,
    updated_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT stopped_envelope_end CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX stopped_envelope_current ON exchange.stopped_envelope (province) WHERE ended_at IS NULL;

-- How many acts of a kind a province told in an hour; `released` of them do not count towards a ceiling any more.
CREATE TABLE exchange.act_count (
    province   text        NOT NULL,
    kind       text        NOT NULL,
    hour       timestamptz NOT NULL,
    count      bigint      NOT NULL DEFAULT 0,
    released   bigint      NOT NULL DEFAULT 0,
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT act_count_pkey PRIMARY KEY (province, kind, hour)
);

-- What a province last said about the end of its outbox.
CREATE TABLE exchange.reported_head (
    province    text        CONSTRAINT reported_head_pkey PRIMARY KEY,
    sequence    bigint      NOT NULL,
    hash        bytea       NOT NULL,
    -- PROVINCE_BEHIND, FORK; null where it agrees.
    finding     text,
    reported_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);

-- Voided by two officers, instead of released by the province.
ALTER TABLE exchange.clearance
    ADD COLUMN voided_by uuid CONSTRAINT clearance_voided_by REFERENCES exchange.stream_repair,
    ADD CONSTRAINT clearance_voided_released CHECK (voided_by IS NULL OR state = 'released');

-- News that are about an envelope of the province, and about nobody.
ALTER TABLE exchange.downstream
    ALTER COLUMN person DROP NOT NULL,
    ADD COLUMN sequence bigint,
    ADD COLUMN hash bytea,
    ADD CONSTRAINT downstream_about CHECK (person IS NOT NULL OR kind = 'envelope_skipped'),
    ADD CONSTRAINT downstream_stream_complete CHECK (
        CASE kind
            WHEN 'envelope_skipped' THEN sequence IS NOT NULL AND hash IS NOT NULL AND row_id IS NOT NULL AND reason IS NOT NULL
            WHEN 'clearance_voided' THEN application IS NOT NULL AND row_id IS NOT NULL AND reason IS NOT NULL
            ELSE true END);
