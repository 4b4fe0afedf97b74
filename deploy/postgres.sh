#!/bin/sh
# PostgreSQL with the databases and roles of roles.sql; runs as user postgres, in the official image as in one made of Debian's
# package. The data are in a folder of their own below the volume, complete or absent.
set -eu
umask 077
PATH=$PATH:/usr/lib/postgresql/15/bin
own=/etc/postgres
data=/var/lib/postgresql/data/15
sockets=/tmp

if [ ! -d "$data" ]; then
    rm -rf "$data.new"
    initdb --pgdata "$data.new" --username postgres --pwfile "$own/passwords/postgres" \
        --auth-local peer --auth-host scram-sha-256 --encoding UTF8 --locale C.UTF-8
    mv "$data.new" "$data"
fi
# The administrator comes by the socket only, everybody else by TLS only.
cat >"$data/pg_hba.conf" <<'END'
local   all all                peer
hostssl all postgres all       reject
hostssl all all      all       scram-sha-256
END

# Client errors can quote values ("invalid input syntax for …"): nothing below LOG is written, no statement, no parameter.
set -- -D "$data" -c unix_socket_directories="$sockets" -c password_encryption=scram-sha-256 -c timezone=UTC -c log_timezone=UTC \
    -c log_min_messages=log -c log_error_verbosity=terse -c log_min_error_statement=panic -c log_statement=none \
    -c log_parameter_max_length=0 -c log_parameter_max_length_on_error=0 \
    -c ssl=on -c ssl_cert_file="$own/server.pem" -c ssl_key_file="$own/server-key.pem"

pg_ctl start --pgdata "$data" --wait --silent --options "$* -c listen_addresses=''"
psql --host "$sockets" --username postgres --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set passwords="$own/passwords" --file /etc/roles.sql
pg_ctl stop --pgdata "$data" --wait --silent --mode fast
exec postgres "$@" -c listen_addresses='*'
