-- The comparison of keeper's journal, register, log and stored files (design §4, step 7): every run with what it found.
CREATE TABLE issuing.store_check (
    id          uuid        CONSTRAINT store_check_pkey PRIMARY KEY,
    started_by  text        NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    versions    bigint      NOT NULL,
    documents   bigint      NOT NULL,
    acts        bigint      NOT NULL,
    leaves      bigint      NOT NULL,
    differences bigint      NOT NULL,
    recorded_by text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX store_check_in_order ON issuing.store_check (finished_at);
CALL shared.append_only('issuing.store_check');

CREATE TABLE issuing.store_difference (
    store_check uuid    NOT NULL CONSTRAINT store_difference_of_check REFERENCES issuing.store_check,
    number      integer NOT NULL,
    difference  text    NOT NULL,
    -- Which row, file, intent or leaf; nothing personal.
    subject     text    NOT NULL,
    recorded_by text    NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT store_difference_pkey PRIMARY KEY (store_check, number)
);
CALL shared.append_only('issuing.store_difference');
