-- Cancellation, correction, re-registration: what the mirror must know of a registration that has ended, and of the
-- facts that it stands under.
ALTER TABLE registration.active_registration
    -- The legal moment of its end by an act; expiry is derived and never written.
    ADD COLUMN ended_at timestamptz,
    -- `domain::register::EndCause`.
    ADD COLUMN end_cause text,
    -- Name, document, sex, birth date as registered, sealed under the person's data key: what a correction compares
    -- with identity's. Null for registrations from before.
    ADD COLUMN sealed_facts bytea,
    ADD CONSTRAINT active_registration_end_whole CHECK ((ended_at IS NULL) = (end_cause IS NULL));

-- Cancellations and corrections stand beside other applications, but one of a kind by one initiator: what the person
-- leaves lying does not bar the employer or the authority.
CREATE UNIQUE INDEX application_one_open_beside
    ON registration.application (person_id, type, (coalesce(facts -> 'particulars' ->> 'initiator', '')))
    WHERE open AND type IN ('CANCELLATION', 'CORRECTION');
