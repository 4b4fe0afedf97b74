-- An existing register of a province, cleared row by row (design §3, initial load).
CREATE TABLE exchange.migration (
    -- The province's row.
    id         uuid        CONSTRAINT migration_pkey PRIMARY KEY,
    province   text        NOT NULL CONSTRAINT migration_province CHECK (province ~ '^[0-9]{2}$'),
    -- The province's import.
    import     uuid        NOT NULL,
    person     uuid        NOT NULL CONSTRAINT migration_of_person REFERENCES register.person,
    -- Number, employer, specialties, facts about the person as cleared; sealed under the person's key.
    facts      bytea       NOT NULL,
    state      text        NOT NULL CONSTRAINT migration_state_known CHECK (state IN ('cleared', 'used', 'refused')),
    cleared_at timestamptz NOT NULL,
    ended_at   timestamptz,
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT migration_end_dated CHECK ((state = 'cleared') = (ended_at IS NULL))
);
CREATE INDEX migration_person ON exchange.migration (person);

ALTER TABLE exchange.downstream
    ADD CONSTRAINT downstream_migration_complete CHECK (
        kind <> 'migration_refused' OR (row_id IS NOT NULL AND reason IS NOT NULL));
