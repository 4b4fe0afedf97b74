-- Dated facts of employers: what the business register says from a day on. `identity.employer` holds what is so now.
ALTER TABLE identity.employer
    ADD COLUMN standing      text NOT NULL DEFAULT 'QUALIFIED'
        CONSTRAINT employer_standing_known CHECK (standing IN ('QUALIFIED', 'UNQUALIFIED', 'BANKRUPT', 'LICENCE_REVOKED', 'QUALIFICATION_REVOKED', 'DISSOLVED')),
    ADD COLUMN standing_from date;
UPDATE identity.employer SET standing_from = (created_at AT TIME ZONE 'Asia/Shanghai')::date;
ALTER TABLE identity.employer
    ALTER COLUMN standing DROP DEFAULT,
    ALTER COLUMN standing_from SET NOT NULL;

CREATE TABLE identity.employer_fact (
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT employer_fact_pkey PRIMARY KEY,
    employer_id uuid        NOT NULL CONSTRAINT employer_fact_of_employer REFERENCES identity.employer,
    -- First day; the last is the one before the next fact's first.
    valid_from  date        NOT NULL,
    title       text        NOT NULL,
    credit_code text        NOT NULL,
    standing    text        NOT NULL,
    -- What shows it: a notice of the business register.
    evidence    text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX employer_fact_in_order ON identity.employer_fact (employer_id, id);
INSERT INTO identity.employer_fact (employer_id, valid_from, title, credit_code, standing, evidence, recorded_at)
SELECT id, standing_from, title, credit_code, standing, '', created_at FROM identity.employer;
CALL shared.append_only('identity.employer_fact');
