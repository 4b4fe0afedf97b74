-- Announcements (公告) as signed lists, their corrections (更正公告), and the numbers that people had.

-- Numbered per authority and year.
ALTER TABLE registration.number_sequence
    DROP CONSTRAINT number_sequence_kind,
    ADD CONSTRAINT number_sequence_kind
        CHECK (kind IN ('registration', 'announcement', 'announcement/ministry'));

-- Public keys that signed lists here, for ever: an old list is checked with the key of its time.
CREATE TABLE registration.announcement_key (
    -- SM3 of the SubjectPublicKeyInfo.
    key_id        bytea       CONSTRAINT announcement_key_pkey PRIMARY KEY
                              CONSTRAINT announcement_key_id_length CHECK (octet_length(key_id) = 32),
    spki          bytea       NOT NULL,
    first_used_at timestamptz NOT NULL,
    recorded_by   text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('registration.announcement_key');

ALTER TABLE registration.announcement
    DROP CONSTRAINT announcement_serial,
    ADD CONSTRAINT announcement_serial UNIQUE (announced_by, year, serial),
    -- The announcement that this one corrects.
    ADD COLUMN corrects  uuid  CONSTRAINT announcement_corrects REFERENCES registration.announcement,
    -- Merkle root over the commitments of the rows, and what was signed over it.
    ADD COLUMN root      bytea NOT NULL CONSTRAINT announcement_root_length CHECK (octet_length(root) = 32),
    ADD COLUMN key_id    bytea NOT NULL CONSTRAINT announcement_signed_by REFERENCES registration.announcement_key,
    ADD COLUMN signature bytea NOT NULL;
CREATE INDEX announcement_correcting ON registration.announcement (corrects) WHERE corrects IS NOT NULL;

ALTER TABLE registration.announcement_row
    -- Leaf of the tree; stays when the person is erased.
    ADD COLUMN commitment    bytea NOT NULL CONSTRAINT announcement_row_commitment_length CHECK (octet_length(commitment) = 32),
    -- Sealed under the person's data key: erasing the key closes the commitment for ever.
    ADD COLUMN sealed_salt   bytea NOT NULL,
    -- On a correcting announcement: `domain::announcement::ListingFault`, and the row of the corrected one.
    ADD COLUMN fault         text,
    ADD COLUMN corrected_row integer,
    ADD CONSTRAINT announcement_row_corrected CHECK (corrected_row IS NULL OR (corrected_row > 0 AND fault IS NOT NULL));

CREATE TABLE registration.announcement_correction (
    id              uuid        CONSTRAINT announcement_correction_pkey PRIMARY KEY,
    announcement_id uuid        NOT NULL CONSTRAINT announcement_correction_of_announcement REFERENCES registration.announcement,
    state           text        NOT NULL,
    -- The correction of the domain: rows, ids, grounds; nothing personal.
    facts           jsonb       NOT NULL,
    proposed_at     timestamptz NOT NULL,
    updated_by      text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX announcement_correction_open ON registration.announcement_correction (id) WHERE state = 'PROPOSED';
CREATE INDEX announcement_correction_announcement ON registration.announcement_correction (announcement_id, id);

-- Registration numbers that people had here or brought along (domain §1.8): a number that no longer holds still leads to
-- the registration it was of.
CREATE TABLE registration.registration_number (
    person_id   uuid        NOT NULL CONSTRAINT registration_number_of_person REFERENCES registration.person,
    -- Prefix and sixteen digits.
    number      text        NOT NULL,
    -- Null where the number was brought from another province.
    valid_from  timestamptz,
    -- Null while it holds.
    valid_to    timestamptz,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT registration_number_pkey PRIMARY KEY (number, person_id),
    CONSTRAINT registration_number_order CHECK (valid_from <= valid_to)
);
-- One holds at a time.
CREATE UNIQUE INDEX registration_number_present ON registration.registration_number (person_id) WHERE valid_to IS NULL;
-- Digits never change hands: whoever has them, has them under every prefix.
CREATE INDEX registration_number_digits ON registration.registration_number (substr(number, 2));
INSERT INTO registration.registration_number (person_id, number, valid_from)
    SELECT person_id, registration_number, announced_at FROM registration.active_registration WHERE moved_to IS NULL;
INSERT INTO registration.registration_number (person_id, number, valid_from, valid_to)
    SELECT person_id, registration_number, announced_at, announced_at FROM registration.active_registration WHERE moved_to IS NOT NULL;

-- The picture for the certificate, made anew from the pixels of what was handed in: fixed size and format, no metadata.
-- Null for documents, and for pictures from before.
ALTER TABLE registration.material
    ADD COLUMN picture_media_type text,
    -- SM3 of the picture; `digest` is that of the file as handed in.
    ADD COLUMN picture_digest     bytea CONSTRAINT material_picture_digest_length CHECK (octet_length(picture_digest) = 32),
    -- Place in the object store, sealed under the person's data key.
    ADD COLUMN picture_object     text,
    ADD CONSTRAINT material_picture_whole
        CHECK ((picture_object IS NULL) = (picture_digest IS NULL) AND (picture_object IS NULL) = (picture_media_type IS NULL));
