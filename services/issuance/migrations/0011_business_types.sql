-- What cancellation, correction and supersession leave behind.

-- Why a later version took the place of this one: `domain::certificate::Supersession` as JSON, nothing personal. None
-- while it is current, or where the registration ended.
ALTER TABLE issuing.certificate_version ADD COLUMN supersession jsonb
    CONSTRAINT certificate_version_supersession_of_end CHECK (supersession IS NULL OR superseded_by IS NOT NULL);

-- Whatever the type: what is cleared is announced, so two clearances of a person never wait for it beside each other.
DROP INDEX exchange.clearance_one_open;
CREATE UNIQUE INDEX clearance_one_open ON exchange.clearance (person) WHERE state = 'cleared';
