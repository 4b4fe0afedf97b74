-- A small service of these tests.
CALL shared.grant_schema('example');
CALL shared.read_only('example.migration');

CREATE TABLE example.account (
    id         integer CONSTRAINT account_pkey PRIMARY KEY,
    name       text    NOT NULL CONSTRAINT account_name UNIQUE,
    balance    integer NOT NULL CONSTRAINT account_balance_natural CHECK (balance >= 0),
    updated_by text    NOT NULL DEFAULT shared.transaction_name()
);

-- Made after the grants of the schema: default privileges give the program its rights here.
CREATE TABLE example.transfer (
    id      bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT transfer_pkey PRIMARY KEY,
    account integer NOT NULL
        CONSTRAINT transfer_of_account REFERENCES example.account DEFERRABLE INITIALLY DEFERRED,
    at      timestamptz,
    day     date
);

-- Says everything it knows.
CREATE FUNCTION example.complain(value text) RETURNS void
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'bad value %', value USING DETAIL = value, HINT = value; END $$;
