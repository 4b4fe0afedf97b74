-- Reconciliation with the nation's register (decision 0028).

-- Whose rows of the mirror have changed since the tree followed them. Written by triggers: no way of changing the mirror
-- passes it by.
CREATE TABLE registration.register_touched (
    id         bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT register_touched_pkey PRIMARY KEY,
    person_id  uuid NOT NULL,
    updated_by text NOT NULL DEFAULT shared.transaction_name()
);

CREATE FUNCTION registration.touch_register() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        INSERT INTO registration.register_touched (person_id) SELECT DISTINCT person_id FROM touched;
        RETURN NULL;
    END
    $$;
CREATE TRIGGER touch_inserted AFTER INSERT ON registration.active_registration
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registration.touch_register();
CREATE TRIGGER touch_updated AFTER UPDATE ON registration.active_registration
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registration.touch_register();
CREATE TRIGGER touch_deleted AFTER DELETE ON registration.active_registration
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registration.touch_register();
INSERT INTO registration.register_touched (person_id) SELECT person_id FROM registration.active_registration;

-- What the tree holds of each registration: digests alone.
CREATE TABLE registration.register_row (
    person_id  uuid    CONSTRAINT register_row_pkey PRIMARY KEY,
    -- The first sixteen bits of the key.
    bucket     integer NOT NULL CONSTRAINT register_row_bucket_range CHECK (bucket BETWEEN 0 AND 65535),
    key        bytea   NOT NULL CONSTRAINT register_row_key_length CHECK (octet_length(key) = 32),
    digest     bytea   NOT NULL CONSTRAINT register_row_digest_length CHECK (octet_length(digest) = 32),
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX register_row_bucket ON registration.register_row (bucket);

-- Nodes that are not empty: level 0 is the root, level 4 the buckets.
CREATE TABLE registration.register_node (
    level      smallint NOT NULL CONSTRAINT register_node_level CHECK (level BETWEEN 0 AND 4),
    place      integer  NOT NULL CONSTRAINT register_node_place CHECK (place BETWEEN 0 AND 65535),
    digest     bytea    NOT NULL CONSTRAINT register_node_digest_length CHECK (octet_length(digest) = 32),
    updated_by text     NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT register_node_pkey PRIMARY KEY (level, place)
);

-- One comparison each.
CREATE TABLE registration.reconciliation (
    id            uuid        CONSTRAINT reconciliation_pkey PRIMARY KEY,
    state         text        NOT NULL CONSTRAINT reconciliation_state_known
                              CHECK (state IN ('WAITING', 'EQUAL', 'DIFFERENT', 'UNSETTLED')),
    -- The day it ran by itself; null where an officer ordered it.
    scheduled_for date        CONSTRAINT reconciliation_of_day UNIQUE,
    -- Whether every row is digested anew.
    from_rows     boolean     NOT NULL,
    requested_at  timestamptz NOT NULL,
    compared_at   timestamptz,
    sequence      bigint,
    number        bigint,
    root          bytea,
    -- The nation's signature, and the instant that it covers.
    receipt       bytea,
    receipted_at  timestamptz,
    more_rows     boolean     NOT NULL DEFAULT false,
    updated_by    text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT reconciliation_compared CHECK ((state = 'WAITING') = (compared_at IS NULL)),
    CONSTRAINT reconciliation_receipted CHECK ((state = 'EQUAL') = (receipt IS NOT NULL))
);
CREATE INDEX reconciliation_waiting ON registration.reconciliation (id) WHERE state = 'WAITING';

-- What was found to differ. Ids, numbers and days alone.
CREATE TABLE registration.reconciliation_row (
    id                uuid CONSTRAINT reconciliation_row_pkey PRIMARY KEY,
    reconciliation_id uuid NOT NULL CONSTRAINT reconciliation_row_of REFERENCES registration.reconciliation,
    state             text NOT NULL CONSTRAINT reconciliation_row_state_known CHECK (state IN ('OPEN', 'PROPOSED', 'REPAIRED')),
    -- `register_tree::Row` on either side; null where it holds none.
    here              jsonb,
    there             jsonb,
    -- The legal moment of the nation's last act.
    since             timestamptz,
    -- `domain::four_eyes::FourEyes`, once a repair was proposed.
    four_eyes         jsonb,
    statement         text,
    updated_by        text NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT reconciliation_row_differs CHECK (here IS DISTINCT FROM there)
);
CREATE INDEX reconciliation_row_of_run ON registration.reconciliation_row (reconciliation_id, id);
