#!/bin/sh
# Brings Temporal's two databases to the schema of this image's version. Does nothing where they have it; run before each new server version.
set -eu
for database in temporal temporal_visibility; do
  folder="${database#temporal_}"
  tool() { temporal-sql-tool --plugin postgres12 --ep "$POSTGRES_SEEDS" --port 5432 --user "$POSTGRES_USER" --password "$POSTGRES_PWD" --db "$database" "$@"; }
  tool setup-schema --version 0.0
  tool update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$folder/versioned"
done
