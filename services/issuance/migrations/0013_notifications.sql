-- Notifications (通知) of the nation: what became of a registration, and use copies that end. Ids, kinds and days only.
CREATE TABLE issuing.notification (
    id          uuid        CONSTRAINT notification_pkey PRIMARY KEY,
    -- Given densely in commit order; what has none is not in the stream yet.
    position    bigint      CONSTRAINT notification_position UNIQUE,
    kind        text        NOT NULL,
    -- `persons/{id}` or `employers/{id}`.
    addressee   text        NOT NULL,
    person      uuid        NOT NULL,
    -- Resource name of what it is about.
    subject     text        NOT NULL,
    day         date,
    days_left   integer,
    recorded_at timestamptz NOT NULL,
    -- What is told once only has a name for it.
    once        text        CONSTRAINT notification_once UNIQUE,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX notification_addressee ON issuing.notification (addressee, recorded_at DESC, id DESC);
CREATE INDEX notification_unnumbered ON issuing.notification (recorded_at, id) WHERE position IS NULL;

CREATE TABLE issuing.notification_head (
    only_row   boolean CONSTRAINT notification_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT notification_head_single CHECK (only_row),
    position   bigint  NOT NULL DEFAULT 0,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO issuing.notification_head DEFAULT VALUES;

-- How far the reminders of a day got: the last copy done (null: all).
CREATE TABLE issuing.reminder_run (
    only_row   boolean CONSTRAINT reminder_run_pkey PRIMARY KEY DEFAULT true CONSTRAINT reminder_run_single CHECK (only_row),
    day        date,
    after      uuid,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO issuing.reminder_run DEFAULT VALUES;
CREATE INDEX use_copy_use_until ON issuing.use_copy (use_until) WHERE revoked_at IS NULL;
