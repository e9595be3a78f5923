#!/bin/sh
# Creates Temporal's databases and brings their schemas to this version. Safe to repeat.
set -eu
tool() { temporal-sql-tool --plugin postgres12 --ep postgres -u "$POSTGRES_USER" --pw "$POSTGRES_PASSWORD" -p 5432 "$@"; }
for database in temporal temporal_visibility; do
  tool --db "$database" create || echo "$database is there"
  tool --db "$database" setup-schema -v 0.0 || echo "$database has a schema"
done
tool --db temporal update-schema -d /etc/temporal/schema/postgresql/v12/temporal/versioned
tool --db temporal_visibility update-schema -d /etc/temporal/schema/postgresql/v12/visibility/versioned
