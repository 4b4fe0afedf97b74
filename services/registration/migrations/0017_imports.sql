-- Imports (导入): files of officers, what was said about their rows, and registrations that came with an existing register.
CREATE TABLE registration.import (
    id             uuid        CONSTRAINT import_pkey PRIMARY KEY,
    kind           text        NOT NULL CONSTRAINT import_kind_known CHECK (kind IN ('QUALIFICATIONS', 'EMPLOYERS', 'FACTS', 'REGISTER')),
    state          text        NOT NULL,
    -- Officers and instants, as `domain::import::Import` has them.
    facts          jsonb       NOT NULL,
    file_name      text        NOT NULL,
    -- SM3 of the file, and its bytes.
    digest         bytea       NOT NULL CONSTRAINT import_digest_length CHECK (octet_length(digest) = 32),
    size_bytes     bigint      NOT NULL,
    -- Key of this import; its pieces are sealed under it.
    wrapped_key    bytea       NOT NULL,
    -- The heading as the file has it.
    heading        text[]      NOT NULL,
    ignored        text[]      NOT NULL,
    row_count      integer     NOT NULL,
    -- The piece that is worked on next; moved in the transaction that does it.
    next_piece     integer     NOT NULL DEFAULT 0,
    rows_done      integer     NOT NULL DEFAULT 0,
    rows_written   integer     NOT NULL DEFAULT 0,
    rows_unchanged integer     NOT NULL DEFAULT 0,
    rows_failed    integer     NOT NULL DEFAULT 0,
    uploaded_at    timestamptz NOT NULL,
    started_at     timestamptz,
    ended_at       timestamptz,
    -- One of the same file and kind, completed before.
    same_file_as   uuid        CONSTRAINT import_same_file REFERENCES registration.import,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX import_working ON registration.import (uploaded_at, id) WHERE state IN ('CHECKING', 'RUNNING');
CREATE INDEX import_digest ON registration.import (digest, kind);

-- Rows of a file, a thousand in each piece, sealed in the object store.
CREATE TABLE registration.import_piece (
    import_id   uuid    NOT NULL CONSTRAINT import_piece_of_import REFERENCES registration.import,
    ordinal     integer NOT NULL,
    object      text    NOT NULL,
    row_count   integer NOT NULL,
    recorded_by text    NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT import_piece_pkey PRIMARY KEY (import_id, ordinal)
);
CALL shared.append_only('registration.import_piece');

-- What was said about rows: reasons and columns, never what stands in a cell. Written anew when the import is started.
CREATE TABLE registration.import_note (
    import_id   uuid    NOT NULL CONSTRAINT import_note_of_import REFERENCES registration.import,
    -- As a spreadsheet counts.
    row_number  integer NOT NULL,
    ordinal     integer NOT NULL,
    piece       integer NOT NULL,
    outcome     text    NOT NULL CONSTRAINT import_note_outcome CHECK (outcome IN ('FAILED', 'UNCHANGED')),
    -- Stable name of the column; empty where it is about the row.
    column_code text    NOT NULL,
    reason      text    NOT NULL,
    text_zh     text    NOT NULL,
    text_en     text    NOT NULL,
    recorded_by text    NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT import_note_pkey PRIMARY KEY (import_id, row_number, ordinal)
);

-- Who came with an existing register: where the registration has its number from.
CREATE TABLE registration.imported_registration (
    -- Derived from import and row: the same row is the same id after a crash.
    row_id             uuid    CONSTRAINT imported_registration_pkey PRIMARY KEY,
    import_id          uuid    NOT NULL CONSTRAINT imported_registration_of_import REFERENCES registration.import,
    row_number         integer NOT NULL,
    piece              integer NOT NULL,
    person_id          uuid    NOT NULL CONSTRAINT imported_registration_of_person REFERENCES registration.person,
    -- As the file has it: a number of the old generation stays one.
    number_as_given    text    NOT NULL,
    -- 证书编号 of the printed certificate; empty if the file has none.
    certificate_number text    NOT NULL,
    recorded_by        text    NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX imported_registration_person ON registration.imported_registration (person_id);
CALL shared.append_only('registration.imported_registration');

-- A registration rests on an application, or on a row of an existing register.
ALTER TABLE registration.active_registration
    ALTER COLUMN application_id DROP NOT NULL,
    ADD COLUMN imported_row uuid CONSTRAINT active_registration_of_imported_row REFERENCES registration.imported_registration,
    ADD CONSTRAINT active_registration_origin CHECK (num_nonnulls(application_id, imported_row) = 1);
CREATE UNIQUE INDEX active_registration_imported_row ON registration.active_registration (imported_row);
