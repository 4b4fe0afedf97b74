-- What a piece of an import wrote is one row, and what a registration points to is checked once for each statement: a
-- register comes in by the hundred thousand, and a row, two index entries and five checks of its own for each person
-- were more than half of the work of a piece.

-- Who came with an existing register: where the registration has its number from. Element n of each array is of row n.
CREATE TABLE registration.imported_piece (
    import_id           uuid      NOT NULL,
    piece               integer   NOT NULL,
    -- Derived from import and row: the same row is the same id after a crash.
    row_ids             uuid[]    NOT NULL,
    row_numbers         integer[] NOT NULL,
    person_ids          uuid[]    NOT NULL,
    -- As the file has it: a number of the old generation stays one.
    numbers_as_given    text[]    NOT NULL,
    -- 证书编号 of the printed certificate; empty if the file has none.
    certificate_numbers text[]    NOT NULL,
    recorded_by         text      NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT imported_piece_pkey PRIMARY KEY (import_id, piece),
    CONSTRAINT imported_piece_of_piece FOREIGN KEY (import_id, piece) REFERENCES registration.import_piece,
    CONSTRAINT imported_piece_whole CHECK (
        cardinality(row_ids) > 0
        AND cardinality(row_numbers) = cardinality(row_ids) AND cardinality(person_ids) = cardinality(row_ids)
        AND cardinality(numbers_as_given) = cardinality(row_ids) AND cardinality(certificate_numbers) = cardinality(row_ids))
);
INSERT INTO registration.imported_piece
        (import_id, piece, row_ids, row_numbers, person_ids, numbers_as_given, certificate_numbers)
    SELECT import_id, piece, array_agg(row_id ORDER BY row_number), array_agg(row_number ORDER BY row_number),
           array_agg(person_id ORDER BY row_number), array_agg(number_as_given ORDER BY row_number),
           array_agg(certificate_number ORDER BY row_number)
    FROM registration.imported_registration GROUP BY import_id, piece;
CALL shared.append_only('registration.imported_piece');

ALTER TABLE registration.active_registration
    DROP CONSTRAINT active_registration_of_imported_row,
    -- The piece that brought it, where it rests on a row of one.
    ADD COLUMN import_id    uuid,
    ADD COLUMN import_piece integer;
UPDATE registration.active_registration AS registered SET import_id = imported.import_id, import_piece = imported.piece
FROM registration.imported_registration AS imported WHERE imported.row_id = registered.imported_row;
ALTER TABLE registration.active_registration
    ADD CONSTRAINT active_registration_import_whole CHECK (num_nonnulls(imported_row, import_id, import_piece) IN (0, 3));

DROP TABLE registration.imported_registration;
-- A row for each person, for whoever looks one up by hand.
CREATE VIEW registration.imported_registration AS
    SELECT row_id, import_id, row_number, piece, person_id, number_as_given, certificate_number
    FROM registration.imported_piece,
         unnest(row_ids, row_numbers, person_ids, numbers_as_given, certificate_numbers)
             AS imported (row_id, row_number, person_id, number_as_given, certificate_number);

-- Persons and employers stay for good (erasure destroys a key, never a row) and keep their ids: whatever points to one
-- that was there when it was written points to it for ever.
CREATE FUNCTION registration.refuse_removal() RETURNS trigger LANGUAGE plpgsql
    AS $$
    BEGIN
        RAISE foreign_key_violation USING
            MESSAGE = format('%I.%I stays', TG_TABLE_SCHEMA, TG_TABLE_NAME),
            SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME;
    END
    $$;
CREATE TRIGGER person_stays BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON registration.person
    FOR EACH STATEMENT EXECUTE FUNCTION registration.refuse_removal();
CREATE TRIGGER employer_stays BEFORE DELETE OR TRUNCATE OR UPDATE OF id ON registration.employer
    FOR EACH STATEMENT EXECUTE FUNCTION registration.refuse_removal();
CREATE TRIGGER imported_piece_stays BEFORE DELETE OR TRUNCATE OR UPDATE ON registration.imported_piece
    FOR EACH STATEMENT EXECUTE FUNCTION registration.refuse_removal();

-- Person, employer and imported row of registrations, in place of three foreign keys: one look for a statement, by index
-- whatever the statistics say. That an imported row is this person's the foreign key did not say.
CREATE FUNCTION registration.check_registrations_added() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    AS $$
    DECLARE missing text;
    BEGIN
        SELECT CASE
            WHEN EXISTS (
                SELECT FROM written LEFT JOIN registration.person ON person.id = written.person_id WHERE person.id IS NULL
            ) THEN 'active_registration_of_person'
            WHEN EXISTS (
                SELECT FROM (SELECT DISTINCT employer_id FROM written) AS named
                    LEFT JOIN registration.employer ON employer.id = named.employer_id WHERE employer.id IS NULL
            ) THEN 'active_registration_of_employer'
            WHEN EXISTS (
                SELECT import_id, import_piece, imported_row, person_id FROM written WHERE imported_row IS NOT NULL
                EXCEPT
                SELECT piece.import_id, piece.piece, unnest(piece.row_ids), unnest(piece.person_ids)
                FROM (SELECT DISTINCT import_id, import_piece FROM written WHERE imported_row IS NOT NULL) AS named
                    JOIN registration.imported_piece AS piece
                        ON piece.import_id = named.import_id AND piece.piece = named.import_piece
            ) THEN 'active_registration_of_imported_row'
        END INTO missing;
        IF missing IS NOT NULL THEN
            RAISE foreign_key_violation USING
                MESSAGE = format('active_registration: %s', missing),
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = missing;
        END IF;
        RETURN NULL;
    END
    $$;
ALTER TABLE registration.active_registration
    DROP CONSTRAINT active_registration_of_person,
    DROP CONSTRAINT active_registration_of_employer;
CREATE TRIGGER active_registration_added AFTER INSERT ON registration.active_registration
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION registration.check_registrations_added();
-- A registration stays its person's and never comes to rest on another row; only its employer changes.
CREATE FUNCTION registration.check_registration_changed() RETURNS trigger LANGUAGE plpgsql
    AS $$
    DECLARE missing text;
    BEGIN
        missing := CASE
            WHEN NEW.person_id <> OLD.person_id THEN 'active_registration_of_person'
            WHEN NEW.imported_row IS NOT NULL AND (NEW.imported_row, NEW.import_id, NEW.import_piece)
                IS DISTINCT FROM (OLD.imported_row, OLD.import_id, OLD.import_piece) THEN 'active_registration_of_imported_row'
            WHEN NOT EXISTS (SELECT FROM registration.employer WHERE id = NEW.employer_id) THEN 'active_registration_of_employer'
        END;
        IF missing IS NOT NULL THEN
            RAISE foreign_key_violation USING
                MESSAGE = format('active_registration: %s', missing),
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, CONSTRAINT = missing;
        END IF;
        RETURN NULL;
    END
    $$;
CREATE TRIGGER active_registration_changed
    AFTER UPDATE OF person_id, employer_id, imported_row, import_id, import_piece ON registration.active_registration
    FOR EACH ROW
    WHEN ((NEW.person_id, NEW.employer_id, NEW.imported_row, NEW.import_id, NEW.import_piece)
        IS DISTINCT FROM (OLD.person_id, OLD.employer_id, OLD.imported_row, OLD.import_id, OLD.import_piece))
    EXECUTE FUNCTION registration.check_registration_changed();
