-- Databases and roles: `<name>_owner` migrates, `<name>_app` runs. Passwords are set by the operator (\password), never here.
-- Nobody else may connect to a service's database.
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['identity', 'seal', 'issuance', 'verification', 'registration_32', 'registration_33'] LOOP
        EXECUTE format('CREATE ROLE %I LOGIN', name || '_owner');
        EXECUTE format('CREATE ROLE %I LOGIN', name || '_app');
    END LOOP;
END $$;

SELECT format('CREATE DATABASE %I OWNER %I', name, name || '_owner')
FROM unnest(ARRAY['identity', 'seal', 'issuance', 'verification', 'registration_32', 'registration_33']) AS name \gexec
SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', name)
FROM unnest(ARRAY['identity', 'seal', 'issuance', 'verification', 'registration_32', 'registration_33']) AS name \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', name, name || '_app')
FROM unnest(ARRAY['identity', 'seal', 'issuance', 'verification', 'registration_32', 'registration_33']) AS name \gexec
