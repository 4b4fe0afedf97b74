-- A backend that subscribes to changes is on record like one that asks: who, why, and a keyed digest of what it asked for.
ALTER TABLE verification.access_record DROP CONSTRAINT access_record_kind_known;
ALTER TABLE verification.access_record ADD CONSTRAINT access_record_kind_known
    CHECK (subject_kind IN ('registration_number', 'document_number', 'licence_identifier', 'qr_token', 'file', 'subscription'));
