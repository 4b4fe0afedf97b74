-- The authorities' clocks (办理期限): pauses, the extension, what silence means; and daily work.

-- The clock of the step that is due, beside the application whose due day it gives.
CREATE TABLE registration.step_clock (
    application_id uuid    CONSTRAINT step_clock_pkey PRIMARY KEY
                           CONSTRAINT step_clock_of_application REFERENCES registration.application,
    -- The clock of the domain; null where no authority's limit runs.
    clock          jsonb,
    -- The due day whose passing the authority was told of.
    overdue_told   date,
    updated_by     text    NOT NULL DEFAULT shared.transaction_name()
);

-- What was done to a clock, as the applicant was told in writing (行政许可法 art 42, 45).
CREATE TABLE registration.clock_event (
    id             bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT clock_event_pkey PRIMARY KEY,
    application_id uuid        NOT NULL CONSTRAINT clock_event_of_application REFERENCES registration.application,
    act            text        NOT NULL,
    step           text        NOT NULL,
    officer_id     uuid        NOT NULL,
    authority      text        NOT NULL,
    article        text        NOT NULL,
    -- The written notice.
    notice         text        NOT NULL,
    -- The last day as it then stood; null while the clock is stopped.
    due_on         date,
    recorded_at    timestamptz NOT NULL,
    recorded_by    text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX clock_event_application ON registration.clock_event (application_id, id);
CALL shared.append_only('registration.clock_event');

-- Undecided renewals that were filed in time: at this end they count as granted (行政许可法 art 50).
CREATE TABLE registration.pending_renewal (
    application_id uuid    CONSTRAINT pending_renewal_pkey PRIMARY KEY
                           CONSTRAINT pending_renewal_of_application REFERENCES registration.application,
    ends_on        date    NOT NULL,
    alarmed        boolean NOT NULL DEFAULT false,
    updated_by     text    NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX pending_renewal_end ON registration.pending_renewal (ends_on);
CREATE INDEX application_due ON registration.application (due_on) WHERE open;

-- How far a daily job got: the day it works on, and the last row it is done with (null: all).
CREATE TABLE registration.daily_run (
    job        text CONSTRAINT daily_run_pkey PRIMARY KEY,
    day        date NOT NULL,
    after      uuid,
    updated_by text NOT NULL DEFAULT shared.transaction_name()
);

-- The official calendar that due days were computed with; when it grows the provisional ones are computed anew.
CREATE TABLE registration.calendar_state (
    only_row   boolean CONSTRAINT calendar_state_pkey PRIMARY KEY DEFAULT true CONSTRAINT calendar_state_single CHECK (only_row),
    covered_to date,
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
INSERT INTO registration.calendar_state DEFAULT VALUES;
