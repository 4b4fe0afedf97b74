-- Writes that were carried out, so that a repeated request gets the same answer and has no second effect.
CREATE TABLE shared.request (
    request_id  uuid        CONSTRAINT request_pkey PRIMARY KEY,
    caller      text        NOT NULL,
    method      text        NOT NULL,
    body_sha256 bytea       NOT NULL CONSTRAINT request_body_sha256_length CHECK (octet_length(body_sha256) = 32),
    -- Encoded answer as it may be given again. Null: done, but its answer held a secret and was not kept.
    response    bytea,
    created_at  timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
COMMENT ON TABLE shared.request IS 'One row per write request carried out; keyed by the id alone, so another caller cannot reuse it.';
CREATE INDEX request_created_at ON shared.request (created_at);
