-- 失效: records by two officers with their rows, their undoing, and reports by anybody.

CREATE TABLE registration.lapse (
    id          uuid        CONSTRAINT lapse_pkey PRIMARY KEY,
    -- The record that this one undoes; else whose registrations lapse.
    undoes      uuid        CONSTRAINT lapse_of_undone REFERENCES registration.lapse,
    person_id   uuid        CONSTRAINT lapse_of_person REFERENCES registration.person,
    employer_id uuid,
    state       text        NOT NULL CONSTRAINT lapse_state_known CHECK (state IN ('PROPOSED', 'CONFIRMED', 'DECLINED', 'WITHDRAWN')),
    -- The record of the domain: ids, days, the words of officers; nothing personal.
    facts       jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT lapse_one_subject CHECK (num_nonnulls(undoes, person_id, employer_id) = 1)
);
CREATE INDEX lapse_proposed ON registration.lapse (id) WHERE state = 'PROPOSED';
CREATE INDEX lapse_employer ON registration.lapse (employer_id, id) WHERE employer_id IS NOT NULL;
CREATE INDEX lapse_undoes ON registration.lapse (undoes) WHERE undoes IS NOT NULL;

-- The papers of a record, in their order.
CREATE TABLE registration.lapse_evidence (
    lapse_id    uuid    NOT NULL CONSTRAINT lapse_evidence_of_lapse REFERENCES registration.lapse,
    ordinal     integer NOT NULL,
    evidence_id uuid    NOT NULL CONSTRAINT lapse_evidence_of_paper REFERENCES registration.fact_evidence,
    recorded_by text    NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT lapse_evidence_pkey PRIMARY KEY (lapse_id, ordinal)
);
CALL shared.append_only('registration.lapse_evidence');

-- One row for each person whom a confirmed record reaches.
CREATE TABLE registration.lapse_row (
    id         uuid   CONSTRAINT lapse_row_pkey PRIMARY KEY,
    lapse_id   uuid   NOT NULL CONSTRAINT lapse_row_of_lapse REFERENCES registration.lapse,
    person_id  uuid   NOT NULL CONSTRAINT lapse_row_of_person REFERENCES registration.person,
    state      text   NOT NULL CONSTRAINT lapse_row_state CHECK (state IN ('WAITING', 'APPLIED', 'UNDONE', 'FAILED', 'REFUSED')),
    reason     text,
    -- Number of its event in the outbox.
    position   bigint,
    -- The record that undid it.
    undone_by  uuid   CONSTRAINT lapse_row_undone_by REFERENCES registration.lapse,
    -- Of an undoing: the row that it undoes.
    undoes     uuid   CONSTRAINT lapse_row_undoes REFERENCES registration.lapse_row,
    updated_by text   NOT NULL DEFAULT shared.transaction_name(),
    CONSTRAINT lapse_row_once UNIQUE (lapse_id, person_id),
    CONSTRAINT lapse_row_undone CHECK ((state = 'UNDONE') = (undone_by IS NOT NULL))
);
CREATE INDEX lapse_row_waiting ON registration.lapse_row (lapse_id, id) WHERE state = 'WAITING';
CREATE INDEX lapse_row_person ON registration.lapse_row (person_id, lapse_id);

ALTER TABLE registration.active_registration
    -- The row by which it stands lapsed, if one does.
    ADD COLUMN lapse_row       uuid CONSTRAINT active_registration_lapsed_by REFERENCES registration.lapse_row,
    -- 暂扣 by the nation: since when, and the last day where it is stated.
    ADD COLUMN suspended_at    timestamptz,
    ADD COLUMN suspended_until date,
    ADD CONSTRAINT active_registration_lapse_ended CHECK (lapse_row IS NULL OR ended_at IS NOT NULL);

-- 举报: what anybody reports of a registration. Words and contact are sealed under the row's own key.
CREATE TABLE registration.report (
    id          uuid        CONSTRAINT report_pkey PRIMARY KEY,
    number      text        NOT NULL CONSTRAINT report_number UNIQUE,
    person_id   uuid        NOT NULL CONSTRAINT report_of_person REFERENCES registration.person,
    registration_number text NOT NULL,
    kind        text        NOT NULL,
    state       text        NOT NULL CONSTRAINT report_state_known CHECK (state IN ('OPEN', 'UNDER_WAY', 'UPHELD', 'DISMISSED')),
    -- The state of the domain: ids, instants, grounds of an officer.
    progress    jsonb       NOT NULL,
    wrapped_key bytea       NOT NULL,
    sealed_text bytea       NOT NULL,
    -- Who brought it: the name of the calling process or account.
    brought_by  text        NOT NULL,
    reported_at timestamptz NOT NULL,
    updated_by  text        NOT NULL DEFAULT shared.transaction_name()
);
CREATE INDEX report_open ON registration.report (id) WHERE state IN ('OPEN', 'UNDER_WAY');
CREATE INDEX report_person_open ON registration.report (person_id) WHERE state IN ('OPEN', 'UNDER_WAY');
CREATE INDEX report_brought ON registration.report (brought_by, reported_at);

CREATE TABLE registration.report_sequence (
    year       integer CONSTRAINT report_sequence_pkey PRIMARY KEY,
    last       integer NOT NULL CONSTRAINT report_sequence_natural CHECK (last > 0),
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);
