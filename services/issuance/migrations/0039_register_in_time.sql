-- The register in time (decision 0031): what time alone does to a registration is told once, when the day begins.

-- The next day on which something changes by itself as long as nobody acts; none once nothing will. One row for each entry, so
-- that a day costs its own people only. Such a day is an end that every verifier is told (design §5), never a birth date alone.
CREATE TABLE register.transition_due (
    person     uuid CONSTRAINT transition_due_pkey PRIMARY KEY
                    CONSTRAINT transition_due_of_person REFERENCES register.person,
    day        date,
    updated_by text NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX transition_due_day ON register.transition_due (day, person) WHERE day IS NOT NULL;

-- What has been told, written with the change that tells it: a day is told of a person once, whatever crashes and however
-- often work is begun anew.
CREATE TABLE register.transition (
    person      uuid        NOT NULL CONSTRAINT transition_of_person REFERENCES register.person,
    day         date        NOT NULL,
    -- The change that told it.
    change      bigint      NOT NULL CONSTRAINT transition_change REFERENCES log.change,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT transition_pkey PRIMARY KEY (person, day)
);
CALL shared.append_only('register.transition');
