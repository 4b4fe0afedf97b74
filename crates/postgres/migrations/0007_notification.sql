-- What people, employers, authorities and backends are told (通知): ids, kinds and days, nothing personal in the clear.
CREATE TABLE shared.notification (
    id          uuid        CONSTRAINT notification_pkey PRIMARY KEY,
    -- Given densely in commit order by the service's job; what has none is not in the stream yet.
    position    bigint      CONSTRAINT notification_position UNIQUE,
    kind        text        NOT NULL,
    -- `persons/{id}`, `employers/{id}`, or an authority: `provinces/32`, `ministry`.
    addressee   text        NOT NULL,
    person_id   uuid,
    -- Resource name of what it is about.
    subject     text        NOT NULL,
    specialty   text,
    day         date,
    days_left   integer,
    recorded_at timestamptz NOT NULL,
    -- What is told once only, such as a reminder, has a name for it.
    once        text        CONSTRAINT notification_once UNIQUE,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX notification_addressee ON shared.notification (addressee, recorded_at DESC, id DESC);
CREATE INDEX notification_unnumbered ON shared.notification (recorded_at, id) WHERE position IS NULL;

CREATE TABLE shared.notification_head (
    only_row   boolean CONSTRAINT notification_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT notification_head_single CHECK (only_row),
    position   bigint  NOT NULL DEFAULT 0,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO shared.notification_head DEFAULT VALUES;
