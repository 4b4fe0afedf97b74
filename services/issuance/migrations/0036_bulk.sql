-- Issuing in bulk, and documents made anew (decision 0030): many sets as one act of an officer, counted, paused and resumed
-- together; a set that is made again beside the one that was issued is a generation of its own.
CREATE TABLE issuing.bulk (
    id         uuid        CONSTRAINT bulk_pkey PRIMARY KEY,
    purpose    text        NOT NULL CONSTRAINT bulk_purpose_known CHECK (purpose IN ('issue', 'reissue')),
    selection  text        NOT NULL CONSTRAINT bulk_selection_known CHECK (selection IN ('province', 'import', 'seal', 'list')),
    -- Code of the province, id of the import, name of the seal; empty for a list.
    target     text        NOT NULL,
    ground     text        NOT NULL,
    state      text        NOT NULL CONSTRAINT bulk_state_known CHECK (state IN ('running', 'paused', 'done')),
    -- Document sets chosen.
    rows       bigint      NOT NULL CONSTRAINT bulk_rows_natural CHECK (rows >= 0),
    started_by text        NOT NULL,
    started_at timestamptz NOT NULL,
    done_at    timestamptz,
    updated_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT bulk_done_dated CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX bulk_running ON issuing.bulk (started_at) WHERE state = 'running';

ALTER TABLE issuing.job
    -- Of which bulk it is a row; none of single requests, which go first.
    ADD COLUMN bulk       uuid     CONSTRAINT job_of_bulk REFERENCES issuing.bulk,
    -- 1 for the documents made first; one more each time that they are made anew.
    ADD COLUMN generation smallint NOT NULL DEFAULT 1 CONSTRAINT job_generation_positive CHECK (generation > 0);
DROP INDEX issuing.job_one_per_original;
DROP INDEX issuing.job_one_per_copy;
DROP INDEX issuing.job_open;
CREATE UNIQUE INDEX job_one_per_original ON issuing.job (version, generation) WHERE copy IS NULL;
CREATE UNIQUE INDEX job_one_per_copy ON issuing.job (copy, generation) WHERE copy IS NOT NULL;
CREATE INDEX job_open ON issuing.job (due_at, created_at) WHERE state IN ('waiting', 'intended') AND bulk IS NULL;
CREATE INDEX job_open_of_bulk ON issuing.job (bulk, due_at) WHERE state IN ('waiting', 'intended') AND bulk IS NOT NULL;
CREATE INDEX job_row_of_bulk ON issuing.job (bulk, id) WHERE bulk IS NOT NULL;

ALTER TABLE issuing.document_set
    ADD COLUMN generation smallint NOT NULL DEFAULT 1 CONSTRAINT document_set_generation_positive CHECK (generation > 0),
    DROP CONSTRAINT document_set_once,
    ADD CONSTRAINT document_set_once UNIQUE NULLS NOT DISTINCT (version, copy, generation, preparation);
