-- Databases and roles: `<name>_owner` migrates, `<name>_app` runs; nobody else may connect. Run by psql as superuser; repeating
-- it makes what is missing. With `--set passwords=FOLDER` each role's password becomes what the file of its name holds; without, set
-- them with \password or use client certificates.
CREATE TEMPORARY TABLE service (name text);
INSERT INTO service VALUES
    ('identity'), ('seal'), ('issuance'), ('verification'), ('registration_32'), ('registration_33');

SELECT format('CREATE ROLE %I LOGIN', name || kind)
FROM service, unnest(ARRAY['_owner', '_app']) AS kind
WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name || kind) \gexec

SELECT format('CREATE DATABASE %I OWNER %I', name, name || '_owner')
FROM service
WHERE NOT EXISTS (SELECT 1 FROM pg_database WHERE datname = name) \gexec

SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', name) FROM service \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', name, name || '_app') FROM service \gexec

\if :{?passwords}
SELECT format('ALTER ROLE %I PASSWORD %L', name || kind, pg_read_file(:'passwords' || '/' || name || kind))
FROM service, unnest(ARRAY['_owner', '_app']) AS kind \gexec
\endif
