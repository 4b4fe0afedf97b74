-- What provinces' witnesses have cosigned of the log (C2SP tlog-cosignature). A checkpoint is served with the cosignatures that it
-- has; verifiers count them.
CREATE TABLE log.cosignature (
    size        bigint      NOT NULL CONSTRAINT cosignature_of_checkpoint REFERENCES log.checkpoint,
    -- The witness's key, `name+id+key`.
    witness     text        NOT NULL,
    -- The signature line, without its newline.
    line        text        NOT NULL,
    -- By the witness's clock.
    cosigned_at timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT cosignature_pkey PRIMARY KEY (size, witness)
);
CREATE INDEX cosignature_of_witness ON log.cosignature (witness, size);
CALL shared.append_only('log.cosignature');

-- Where an entry is, by its hash; and the facts leaf of a version.
CREATE INDEX leaf_by_hash ON log.leaf USING hash (hash);
CREATE INDEX change_of_version ON log.change (version) WHERE version IS NOT NULL AND leaf IS NOT NULL;

-- What the copy's documents bring along of the log: `domain::certificate::LogEntry` as JSON, fixed before the first rendering.
-- None where no quorum had seen the version by then. It names nobody.
ALTER TABLE issuing.document_set ADD COLUMN log_entry text;

-- Files from before the log (0028): the sequencer appends their leaves after the present ones and takes the rows away.
CREATE TABLE log.late_leaf (
    id    bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT late_leaf_pkey PRIMARY KEY,
    entry bytea  NOT NULL
);
INSERT INTO log.late_leaf (entry)
SELECT file.entry FROM (
    SELECT convert_to(E'jianzheng.log/documents/v1\n', 'UTF8') || CASE format WHEN 'ofd' THEN '\x01'::bytea ELSE '\x02'::bytea END || sha256 AS entry, issued_at
    FROM issuing.document
    UNION ALL
    SELECT convert_to(E'jianzheng.log/documents/v1\n', 'UTF8') || CASE format WHEN 'ofd' THEN '\x01'::bytea ELSE '\x02'::bytea END || sha256, renewed_at
    FROM issuing.document_revision) AS file
WHERE NOT EXISTS (SELECT FROM log.change WHERE change.leaf = file.entry)
ORDER BY file.issued_at, file.entry;

-- A late leaf stands at the position that the log had reached, beside the leaf of the change there if it has one.
ALTER TABLE log.leaf ADD COLUMN late boolean NOT NULL DEFAULT false;
ALTER TABLE log.leaf DROP CONSTRAINT leaf_of_change;
CREATE UNIQUE INDEX leaf_of_change ON log.leaf (position) WHERE NOT late;
