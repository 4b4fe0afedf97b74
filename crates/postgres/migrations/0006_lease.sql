-- Who may run a background job now. The fence grows with every change of holder: whoever writes under a
-- lease checks its fence in the same transaction.
CREATE TABLE shared.lease (
    name       text        CONSTRAINT lease_pkey PRIMARY KEY,
    holder     text        NOT NULL,
    fence      bigint      NOT NULL CONSTRAINT lease_fence_positive CHECK (fence > 0),
    expires_at timestamptz NOT NULL,
    updated_by text        NOT NULL DEFAULT shared.transaction_name()
);
