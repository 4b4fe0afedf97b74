-- The province as a witness of the nation's transparency log (C2SP tlog-witness).

-- What the witness stands by, for each log. No row is a loss, not a beginning: nothing is cosigned then.
CREATE TABLE registration.witness_memory (
    origin     text   CONSTRAINT witness_memory_pkey PRIMARY KEY,
    state      text   NOT NULL CONSTRAINT witness_memory_state_known CHECK (state IN ('ENROLLED', 'REMEMBERED', 'LOST')),
    -- The last checkpoint that was cosigned, and its note as the log signed it.
    size       bigint,
    root       bytea  CONSTRAINT witness_memory_root_length CHECK (octet_length(root) = 32),
    note       text,
    updated_by text   NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT witness_memory_complete CHECK (
        CASE state WHEN 'REMEMBERED' THEN num_nonnulls(size, root, note) = 3 ELSE num_nulls(size, root, note) = 3 END)
);
DO $$ BEGIN
    EXECUTE format('REVOKE DELETE, TRUNCATE ON registration.witness_memory FROM %I', shared.app_role());
END $$;

-- A memory only ever moves on: to a larger tree, or it is lost.
CREATE FUNCTION registration.witness_moves_on() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    BEGIN
        IF NEW.state = 'ENROLLED' OR (OLD.state = 'REMEMBERED' AND NEW.state = 'REMEMBERED' AND
            (NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root))) THEN
            RAISE EXCEPTION 'a witness does not go back' USING ERRCODE = 'check_violation',
                CONSTRAINT = 'witness_memory_moves_on';
        END IF;
        RETURN NEW;
    END
    $$;
CREATE TRIGGER witness_moves_on BEFORE UPDATE ON registration.witness_memory
    FOR EACH ROW EXECUTE FUNCTION registration.witness_moves_on();

-- What the log has shown that cannot be of one tree that only grows, or is not the log's.
CREATE TABLE registration.witness_evidence (
    id          bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT witness_evidence_pkey PRIMARY KEY,
    origin      text        NOT NULL,
    reason      text        NOT NULL,
    -- The note that the witness stood by; null where it had none.
    remembered  text,
    -- The request as it came: old size, proof, note.
    offered     text        NOT NULL,
    -- SHA-256 of what was remembered and what was offered: the same twice is one.
    digest      bytea       NOT NULL CONSTRAINT witness_evidence_once UNIQUE,
    found_at    timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CALL shared.append_only('registration.witness_evidence');
