-- What every service's migrations and grants rest on.
-- Migrations run as <name>_owner; the program runs as <name>_app.

CREATE FUNCTION shared.app_role() RETURNS text
    LANGUAGE sql STABLE
    AS $$ SELECT regexp_replace(current_user::text, '_owner$', '_app') $$;
COMMENT ON FUNCTION shared.app_role() IS
    'The role the program runs as, seen from the owner that migrates: x_owner -> x_app.';

CREATE FUNCTION shared.transaction_name() RETURNS text
    LANGUAGE sql STABLE
    AS $$ SELECT coalesce(nullif(current_setting('jianzheng.transaction', true), ''), 'unnamed') $$;
COMMENT ON FUNCTION shared.transaction_name() IS
    'Name of the running transaction (Database::run_tx); the default of updated_by columns.';

-- Everything in a schema: read, insert, update, delete. Called once per schema, in its first migration:
-- later tables follow by default privileges.
CREATE PROCEDURE shared.grant_schema(schema_name text)
    LANGUAGE plpgsql
    AS $$
    DECLARE app text := shared.app_role();
    BEGIN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema_name, app);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', schema_name, app);
        EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', schema_name, app);
        EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %I TO %I', schema_name, app);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', schema_name, app);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO %I', schema_name, app);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT EXECUTE ON FUNCTIONS TO %I', schema_name, app);
    END
    $$;

-- History: the program may add and read, never change or remove.
CREATE PROCEDURE shared.append_only(history regclass)
    LANGUAGE plpgsql
    AS $$
    BEGIN
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I', history, shared.app_role());
    END
    $$;

-- Only the owner writes here; the program reads.
CREATE PROCEDURE shared.read_only(reference regclass)
    LANGUAGE plpgsql
    AS $$
    BEGIN
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM %I', reference, shared.app_role());
    END
    $$;

-- Every name is schema-qualified; without this schema an unqualified one fails at once.
DROP SCHEMA IF EXISTS public;

CALL shared.grant_schema('shared');
CALL shared.read_only('shared.migration');
