-- The nation restored to an earlier point (decision 0035): what stands outside the database (counterfoils in the object store), how far it
-- reaches, and every restoration with what it found. Ciphertext under the keys of persons, ids and digests; nothing in the clear.
CALL shared.grant_schema('restoration');

-- Changes up to this position have their counterfoil in the object store. What a deployment held before it kept any has none.
CREATE TABLE restoration.kept_head (
    only_row   boolean CONSTRAINT kept_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT kept_head_single CHECK (only_row),
    position   bigint  NOT NULL,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO restoration.kept_head (position) SELECT position FROM log.head;

CREATE TABLE restoration.restoration (
    id             uuid        CONSTRAINT restoration_pkey PRIMARY KEY,
    -- By what it was noticed, or DECLARED.
    cause          text        NOT NULL,
    begun_by       text        NOT NULL,
    begun_at       timestamptz NOT NULL,
    -- Where the restored database stood.
    from_position  bigint      NOT NULL,
    from_size      bigint      NOT NULL,
    -- Register time of the last thing that it knew.
    known_until    timestamptz NOT NULL,
    step           text        NOT NULL CONSTRAINT restoration_step_known
                   CHECK (step IN ('LOAD', 'REPLAY', 'REBUILD', 'REGROW', 'COMPARE', 'OPENED')),
    -- The first of two officers who say that it opens whatever was found.
    first_officer  uuid,
    second_officer uuid,
    grounds        text,
    opened_at      timestamptz,
    updated_by     text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT restoration_opened_dated CHECK ((step = 'OPENED') = (opened_at IS NOT NULL)),
    CONSTRAINT restoration_two_officers CHECK (second_officer IS NULL OR second_officer <> first_officer)
);
-- The nation is closed while there is one.
CREATE UNIQUE INDEX restoration_one_open ON restoration.restoration ((true)) WHERE step <> 'OPENED';

-- What was told beyond the restored database, by the counterfoils: rows of `log.change`, and the rows that belong to them.
CREATE TABLE restoration.told_change (
    position    bigint      CONSTRAINT told_change_pkey PRIMARY KEY,
    kind        text        NOT NULL,
    person      uuid        NOT NULL,
    version     uuid,
    sealed      bytea       NOT NULL,
    recorded_at timestamptz NOT NULL,
    leaf        bytea,
    papers      jsonb       NOT NULL,
    -- Whether the database has it again.
    taken       boolean     NOT NULL DEFAULT false,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX told_change_of_person ON restoration.told_change (person, position) WHERE NOT taken;

-- What provinces asked for otherwise than by events, in its order.
CREATE TABLE restoration.paper (
    name        text        CONSTRAINT paper_pkey PRIMARY KEY,
    at          timestamptz NOT NULL,
    person      uuid        NOT NULL,
    application uuid        NOT NULL,
    content     jsonb       NOT NULL,
    applied     boolean     NOT NULL DEFAULT false,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX paper_of_person ON restoration.paper (person, name) WHERE NOT applied;
CREATE INDEX paper_of_application ON restoration.paper (application) WHERE NOT applied;

-- How far each province had told, and had been told.
CREATE TABLE restoration.target (
    province   text   CONSTRAINT target_pkey PRIMARY KEY,
    sequence   bigint NOT NULL,
    number     bigint NOT NULL,
    updated_by text   NOT NULL DEFAULT shared.transaction_name()
);

-- Roots of the log as the counterfoils have them.
CREATE TABLE restoration.root (
    -- The last position that it covers.
    position   bigint CONSTRAINT root_pkey PRIMARY KEY,
    size       bigint NOT NULL,
    root       bytea  NOT NULL CONSTRAINT root_length CHECK (octet_length(root) = 32),
    updated_by text   NOT NULL DEFAULT shared.transaction_name()
);

-- The checkpoint that each witness last stood by, as it says; size 0 of one that remembers none.
CREATE TABLE restoration.witness (
    province   text        CONSTRAINT witness_pkey PRIMARY KEY,
    size       bigint      NOT NULL,
    root       bytea       CONSTRAINT witness_root_length CHECK (octet_length(root) = 32),
    note       text        NOT NULL,
    told_at    timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);

CREATE TABLE restoration.finding (
    restoration uuid        NOT NULL CONSTRAINT finding_of_restoration REFERENCES restoration.restoration,
    finding     text        NOT NULL,
    -- Which position, leaf, province or intent; nothing personal.
    subject     text        NOT NULL,
    found_at    timestamptz NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT finding_pkey PRIMARY KEY (restoration, finding, subject)
);
CALL shared.append_only('restoration.finding');
