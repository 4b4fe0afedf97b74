-- Lapses that provinces record (失效), and what the nation itself does to a registration: 撤销, 吊销, 暂扣, 暂扣发还.

-- What a province is told of an act of the nation: what the registration is by it, why, the last day of a suspension, when.
ALTER TABLE exchange.downstream
    ADD COLUMN status text,
    ADD COLUMN cause  text,
    ADD COLUMN day    date,
    ADD COLUMN at     timestamptz,
    ADD CONSTRAINT downstream_lapse_complete CHECK (
        CASE kind
            WHEN 'lapse_refused' THEN row_id IS NOT NULL AND reason IS NOT NULL
            WHEN 'national_act_taken' THEN status IS NOT NULL AND at IS NOT NULL
            ELSE true END);

-- Acts that one officer proposed and another settles.
CREATE TABLE register.national_act (
    id          uuid        CONSTRAINT national_act_pkey PRIMARY KEY,
    person      uuid        NOT NULL CONSTRAINT national_act_of_person REFERENCES register.person,
    state       text        NOT NULL CONSTRAINT national_act_state_known
                            CHECK (state IN ('PROPOSED', 'CONFIRMED', 'DECLINED', 'WITHDRAWN')),
    -- The act of the domain, sealed under the person's key: what somebody did is nobody else's to read.
    record      bytea       NOT NULL,
    media_type  text        NOT NULL,
    -- SM3 of the decision.
    digest      bytea       NOT NULL CONSTRAINT national_act_digest_length CHECK (octet_length(digest) = 32),
    -- Place in the object store of the decision, sealed under the person's key.
    place       text        NOT NULL,
    proposed_at timestamptz NOT NULL,
    -- The change by which it took effect, whose position the confirmation returns.
    change      bigint      CONSTRAINT national_act_change REFERENCES log.change,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT national_act_effect CHECK ((change IS NOT NULL) = (state = 'CONFIRMED'))
);
CREATE INDEX national_act_of_person_in_order ON register.national_act (person, id);
CREATE INDEX national_act_proposed ON register.national_act (id) WHERE state = 'PROPOSED';
