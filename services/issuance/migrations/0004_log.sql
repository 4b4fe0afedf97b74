-- Room `log`: every change of the register, numbered once it is committed.
CALL shared.grant_schema('log');

CREATE TABLE log.change (
    -- Order of writing; not the position, and with gaps.
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT change_pkey PRIMARY KEY,
    kind        text        NOT NULL CONSTRAINT change_kind_known CHECK (kind IN ('entry', 'version', 'copy', 'document')),
    person      uuid        NOT NULL CONSTRAINT change_of_person REFERENCES register.person,
    -- The version whose facts record travels with the change.
    version     uuid        CONSTRAINT change_of_version REFERENCES issuing.certificate_version,
    -- What it was at this moment, sealed under the person's key (column `log.change.<kind>`).
    sealed      bytea       NOT NULL,
    -- Register time of the transaction that made it.
    recorded_at timestamptz NOT NULL,
    -- Given by the sequencer, densely, in an order that every watcher sees.
    position    bigint      CONSTRAINT change_position UNIQUE CONSTRAINT change_position_positive CHECK (position > 0),
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX change_unnumbered ON log.change (id) WHERE position IS NULL;
CALL shared.append_only('log.change');
DO $$
BEGIN
    EXECUTE format('GRANT UPDATE (position) ON log.change TO %I', shared.app_role());
END
$$;

CREATE TABLE log.head (
    only_row   boolean     CONSTRAINT head_pkey PRIMARY KEY DEFAULT true CONSTRAINT head_single CHECK (only_row),
    position   bigint      NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO log.head (position) VALUES (0);

-- How far each province had told when the head stood where it stands: every change that came from there before is
-- numbered.
CREATE TABLE log.watermark (
    province   text        CONSTRAINT watermark_pkey PRIMARY KEY,
    sequence   bigint      NOT NULL,
    through    timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);
