-- Applications (申请) with their materials and opinions.
CREATE TABLE registration.application (
    id                   uuid        CONSTRAINT application_pkey PRIMARY KEY,
    person_id            uuid        NOT NULL CONSTRAINT application_of_person REFERENCES registration.person,
    employer_id          uuid        NOT NULL CONSTRAINT application_of_employer REFERENCES registration.employer,
    previous_employer_id uuid,
    type                 text        NOT NULL,
    state                text        NOT NULL,
    -- Whether nothing is final yet.
    open                 boolean     NOT NULL,
    -- The application of the domain with everything that is true in its state: ids and dates, nothing personal.
    facts                jsonb       NOT NULL,
    -- Grows with every change: the entity tag.
    version              bigint      NOT NULL CONSTRAINT application_version_positive CHECK (version > 0),
    contract             jsonb       NOT NULL,
    -- Paper that shall show the end of the previous employment; null where the employer shall confirm it.
    termination_paper    text,
    created_at           timestamptz NOT NULL,
    state_since          timestamptz NOT NULL,
    due_on               date,
    due_provisional      boolean     NOT NULL DEFAULT false,
    claim                text        CONSTRAINT application_claim_known CHECK (claim IN ('pending', 'held', 'conflict', 'release_due', 'released')),
    -- When the nation is asked next about the claim; null when there is nothing to ask.
    claim_due            timestamptz,
    awaits_clearance     boolean     NOT NULL DEFAULT false,
    -- Number proposed to the nation for someone never registered; kept so that a retry proposes the same.
    proposed_number      text,
    -- What is asked of the nation, frozen when first asked: validity of each specialty and the hash over all.
    clearance_terms      jsonb,
    clearance_hash       bytea,
    -- Every rule that failed, for a refusal.
    failed_rules         jsonb       NOT NULL DEFAULT '[]',
    updated_by           text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE UNIQUE INDEX application_one_open ON registration.application (person_id)
    WHERE open AND type NOT IN ('CANCELLATION', 'CORRECTION');
CREATE INDEX application_person ON registration.application (person_id, created_at);
CREATE INDEX application_employer ON registration.application (employer_id, state);
CREATE INDEX application_work ON registration.application (state, due_on, id);
CREATE INDEX application_claim_due ON registration.application (claim_due) WHERE claim_due IS NOT NULL;
CREATE INDEX application_release_due ON registration.application (id) WHERE claim = 'release_due';
CREATE INDEX application_awaits_clearance ON registration.application (id) WHERE awaits_clearance;

CREATE TABLE registration.material (
    id             uuid        CONSTRAINT material_pkey PRIMARY KEY,
    application_id uuid        NOT NULL CONSTRAINT material_of_application REFERENCES registration.application,
    kind           text        NOT NULL,
    media_type     text        NOT NULL,
    size_bytes     bigint      NOT NULL,
    -- SM3 of the content.
    digest         bytea       NOT NULL CONSTRAINT material_digest_length CHECK (octet_length(digest) = 32),
    -- Place in the object store of the bytes, sealed under the person's data key.
    object         text        NOT NULL,
    attached_at    timestamptz NOT NULL,
    -- A newer one of the same kind took its place.
    replaced       boolean     NOT NULL DEFAULT false,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE UNIQUE INDEX material_current ON registration.material (application_id, kind) WHERE NOT replaced;

-- Every opinion ever recorded, also those of a file that went back to review.
CREATE TABLE registration.review (
    id             bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT review_pkey PRIMARY KEY,
    application_id uuid        NOT NULL CONSTRAINT review_of_application REFERENCES registration.application,
    act            text        NOT NULL,
    officer_id     uuid        NOT NULL,
    authority      text        NOT NULL,
    specialty      text,
    favourable     boolean     NOT NULL,
    grounds        text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX review_application ON registration.review (application_id, id);
CALL shared.append_only('registration.review');
