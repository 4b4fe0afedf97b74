-- Moves between provinces, and successions of employers (企业更名、合并、分立).

-- Acts of one transaction in their order: a move writes 转出 and 转入 at one instant.
ALTER TABLE register.act ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT act_number UNIQUE;
DROP INDEX register.act_of_person_in_order;
CREATE INDEX act_of_person_in_order ON register.act (person, number);

-- Which entry a province has read for which of its applications. The first reading binds the two.
CREATE TABLE exchange.entry_reading (
    province      text        NOT NULL CONSTRAINT entry_reading_province CHECK (province ~ '^[0-9]{2}$'),
    application   uuid        NOT NULL,
    person        uuid        NOT NULL,
    first_read_at timestamptz NOT NULL,
    recorded_by   text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT entry_reading_pkey PRIMARY KEY (province, application)
);
CALL shared.append_only('exchange.entry_reading');

-- The employers of a succession as identity told them when the nation cleared it; nothing personal.
CREATE TABLE exchange.succession (
    province    text        NOT NULL CONSTRAINT succession_province CHECK (province ~ '^[0-9]{2}$'),
    succession  uuid        NOT NULL,
    employer    uuid        NOT NULL,
    successors  jsonb       NOT NULL,
    cleared_at  timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT succession_pkey PRIMARY KEY (province, succession)
);
CALL shared.append_only('exchange.succession');

-- More kinds of news. The kinds are known to the program that reads them; a stranger stops the reader.
ALTER TABLE exchange.downstream
    DROP CONSTRAINT downstream_kind_known,
    DROP CONSTRAINT downstream_complete,
    -- The province's row that a refusal of a succession is about, and its stable reason.
    ADD COLUMN row_id uuid,
    ADD COLUMN reason text,
    ADD CONSTRAINT downstream_kind_known CHECK (kind ~ '^[a-z_]{3,40}$'),
    ADD CONSTRAINT downstream_complete CHECK (
        CASE kind
            WHEN 'moved_away' THEN to_province IS NOT NULL
            WHEN 'move_begun' THEN to_province IS NOT NULL
            WHEN 'certificate_issued' THEN licence_identifier IS NOT NULL
            WHEN 'succession_refused' THEN row_id IS NOT NULL AND reason IS NOT NULL
            ELSE true END);
