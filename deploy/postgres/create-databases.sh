#!/bin/sh
# Run once, by the Postgres image, when its volume is empty: the gateway and Temporal get databases of their own, and neither can read the other's.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role holdfast login password :'password';
create role temporal login password :'password';
create database holdfast owner holdfast;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database holdfast, temporal, temporal_visibility from public;
SQL
