-- Status lists (docs/decisions/0027): where every version and every use copy stands in a list of a million places, what the list says
-- of it, and the list as it was last signed.

CREATE TABLE issuing.status_shard (
    number      integer     CONSTRAINT status_shard_pkey PRIMARY KEY CONSTRAINT status_shard_natural CHECK (number >= 0),
    -- Whose wrapped key the next column is.
    id          uuid        NOT NULL CONSTRAINT status_shard_id UNIQUE,
    wrapped_key bytea       NOT NULL,
    -- Which places are decoys, and what becomes of them: 32 random bytes, sealed under the key
    -- (column `issuing.status_shard.decoy_key`).
    decoy_key   bytea       NOT NULL,
    opened_at   timestamptz NOT NULL,
    -- Register time of the last change of a place that is somebody's; decoys are shown as of then.
    changed_at  timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);

-- Given with the version or copy, at random, and never to another.
CREATE TABLE issuing.status_index (
    shard      integer  NOT NULL CONSTRAINT status_index_in_shard REFERENCES issuing.status_shard,
    index      integer  NOT NULL CONSTRAINT status_index_range CHECK (index BETWEEN 0 AND 1048575),
    -- The place is drawn first, since the facts that are stored with the row name it.
    version    uuid     NOT NULL CONSTRAINT status_index_of_version REFERENCES issuing.certificate_version
                        DEFERRABLE INITIALLY DEFERRED,
    -- The use copy; none for the original.
    copy       uuid     CONSTRAINT status_index_of_copy REFERENCES issuing.use_copy DEFERRABLE INITIALLY DEFERRED,
    -- Derived from the register by the publishing job alone, up to `status_head`: 0 valid, 1 invalid, 2 suspended.
    status     smallint NOT NULL DEFAULT 0 CONSTRAINT status_index_status_known CHECK (status BETWEEN 0 AND 2),
    -- The first day on which the status is another by time alone.
    turns_on   date,
    updated_by text     NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT status_index_pkey PRIMARY KEY (shard, index),
    CONSTRAINT status_index_once UNIQUE NULLS NOT DISTINCT (version, copy)
);
CREATE INDEX status_index_not_valid ON issuing.status_index (shard) INCLUDE (index, status) WHERE status <> 0;
CREATE INDEX status_index_turning ON issuing.status_index (turns_on) WHERE turns_on IS NOT NULL;

-- Every change up to this position is in `status_index`.
CREATE TABLE issuing.status_head (
    only_row   boolean CONSTRAINT status_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT status_head_single CHECK (only_row),
    position   bigint  NOT NULL,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO issuing.status_head (position) VALUES (0);

-- The list of a shard as last signed.
CREATE TABLE issuing.status_list (
    shard      integer     CONSTRAINT status_list_pkey PRIMARY KEY CONSTRAINT status_list_of_shard REFERENCES issuing.status_shard,
    -- It holds every change up to here.
    position   bigint      NOT NULL,
    uri        text        NOT NULL,
    token      text        NOT NULL,
    issued_at  timestamptz NOT NULL,
    -- To be fetched again then, and worth nothing from then on.
    stale_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CONSTRAINT status_list_terms CHECK (issued_at < stale_at AND stale_at <= expires_at),
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);
