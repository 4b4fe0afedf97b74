-- Who stands for a person whom two officers of the nation have merged away (design §3): documents of both lead to the survivor.
ALTER TABLE identity.person
    ADD COLUMN survivor uuid CONSTRAINT person_survivor REFERENCES identity.person,
    ADD CONSTRAINT person_not_own_survivor CHECK (survivor <> id);
