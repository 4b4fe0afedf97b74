-- One human being under several ids: merged, and split again, by two national officers. Rows of either id stay where they are.
CREATE TABLE register.person_link (
    -- The act that merged them.
    act         uuid        CONSTRAINT person_link_pkey PRIMARY KEY
                            CONSTRAINT person_link_act REFERENCES register.national_act,
    merged      uuid        NOT NULL CONSTRAINT person_link_merged REFERENCES register.person,
    surviving   uuid        NOT NULL CONSTRAINT person_link_surviving REFERENCES register.person,
    -- The document of the merged one, sealed under the key of the surviving one, by whose registration it is found.
    document    bytea       NOT NULL,
    merged_at   timestamptz NOT NULL,
    -- The act that split them again.
    split_by    uuid        CONSTRAINT person_link_split REFERENCES register.national_act,
    split_at    timestamptz,
    -- Whether identity has been told how it stands.
    told        boolean     NOT NULL DEFAULT false,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT person_link_two CHECK (merged <> surviving),
    CONSTRAINT person_link_split_dated CHECK ((split_by IS NULL) = (split_at IS NULL))
);
CREATE UNIQUE INDEX person_link_one_open ON register.person_link (merged) WHERE split_by IS NULL;
CREATE INDEX person_link_of_surviving ON register.person_link (surviving) WHERE split_by IS NULL;
CREATE INDEX person_link_untold ON register.person_link (merged_at) WHERE NOT told;

-- At most one registration in force through all ids of a human being.
ALTER TABLE register.active_registration
    -- Who stands for the person, if somebody does.
    ADD COLUMN survivor uuid;
CREATE UNIQUE INDEX active_registration_of_natural_person ON register.active_registration (coalesce(survivor, person));

-- A merge of somebody who has no registration changes nothing that is told.
ALTER TABLE register.national_act
    DROP CONSTRAINT national_act_effect,
    ADD CONSTRAINT national_act_effect CHECK (change IS NULL OR state = 'CONFIRMED');

-- Provinces that know either id are told; `row_id` is who stands for the person, none once they are split.
ALTER TABLE exchange.downstream
    ADD CONSTRAINT downstream_link_complete CHECK (kind <> 'persons_linked' OR at IS NOT NULL);
