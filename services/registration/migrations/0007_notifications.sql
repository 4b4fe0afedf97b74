-- Notifications (通知) to people, employers and authorities: ids, kinds and days, nothing personal in the clear.
CREATE TABLE registration.notification (
    id           uuid        CONSTRAINT notification_pkey PRIMARY KEY,
    -- Given densely in commit order by the job `number_notifications`; what has none is not in the stream yet.
    position     bigint      CONSTRAINT notification_position UNIQUE,
    kind         text        NOT NULL,
    -- `persons/{id}`, `employers/{id}`, `provinces/32`, `ministry`.
    addressee    text        NOT NULL,
    person_id    uuid,
    -- Resource name of what it is about.
    subject      text        NOT NULL,
    specialty    text,
    day          date,
    days_left    integer,
    recorded_at  timestamptz NOT NULL,
    -- What is told once only, such as a reminder, has a name for it.
    once         text        CONSTRAINT notification_once UNIQUE,
    updated_by   text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX notification_addressee ON registration.notification (addressee, recorded_at DESC, id DESC);
CREATE INDEX notification_unnumbered ON registration.notification (recorded_at, id) WHERE position IS NULL;

CREATE TABLE registration.notification_head (
    only_row   boolean CONSTRAINT notification_head_pkey PRIMARY KEY DEFAULT true CONSTRAINT notification_head_single CHECK (only_row),
    position   bigint  NOT NULL DEFAULT 0,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO registration.notification_head DEFAULT VALUES;
