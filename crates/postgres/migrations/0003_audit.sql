-- Every decision and every refusal, append only.
CREATE TABLE shared.audit (
    id          bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_pkey PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text        NOT NULL CONSTRAINT audit_actor_named CHECK (actor <> ''),
    verb        text        NOT NULL CONSTRAINT audit_verb_named CHECK (verb <> ''),
    -- The provision that the decision rests on; empty where none applies.
    article     text        NOT NULL,
    subject     text        NOT NULL CONSTRAINT audit_subject_named CHECK (subject <> ''),
    outcome     text        NOT NULL CONSTRAINT audit_outcome_known CHECK (outcome IN ('done', 'refused')),
    reason      text,
    evidence    jsonb       NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT audit_reason_of_refusal CHECK ((outcome = 'refused') = (reason IS NOT NULL))
);
COMMENT ON COLUMN shared.audit.evidence IS 'Facts the decision rested on: ids, codes and digests; never personal data in the clear.';
CREATE INDEX audit_subject ON shared.audit (subject, id);

-- Records not yet in the chain. Written with the record, removed when it is linked.
CREATE TABLE shared.audit_pending (
    audit_id bigint CONSTRAINT audit_pending_pkey PRIMARY KEY CONSTRAINT audit_pending_record REFERENCES shared.audit
);

-- The chain: committed records numbered densely, each hash covering its record and the hash before.
CREATE TABLE shared.audit_link (
    sequence      bigint CONSTRAINT audit_link_pkey PRIMARY KEY CONSTRAINT audit_link_sequence_positive CHECK (sequence > 0),
    audit_id      bigint NOT NULL CONSTRAINT audit_link_once UNIQUE CONSTRAINT audit_link_record REFERENCES shared.audit,
    previous_hash bytea  NOT NULL CONSTRAINT audit_link_previous_length CHECK (octet_length(previous_hash) = 32),
    hash          bytea  NOT NULL CONSTRAINT audit_link_hash_length CHECK (octet_length(hash) = 32)
);

CREATE TABLE shared.audit_head (
    only_row boolean CONSTRAINT audit_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT audit_head_single CHECK (only_row),
    sequence bigint NOT NULL,
    hash     bytea  NOT NULL CONSTRAINT audit_head_hash_length CHECK (octet_length(hash) = 32)
);
INSERT INTO shared.audit_head (sequence, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CALL shared.append_only('shared.audit');
CALL shared.append_only('shared.audit_link');
