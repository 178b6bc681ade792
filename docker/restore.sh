#!/bin/sh
# Restore a back-up into an empty database and store: restore.sh DIR [records-….dump]. Without a name the latest is taken.
#
# Needs pg_restore, and the VERIFIER_… variables of the new installation with the old VERIFIER_DATA_KEY.
set -eu
source=${1:?usage: restore.sh DIR [DUMP]}
dump=${2:-$(cd "$source" && ls records-*.dump | sort | tail -n 1)}
url=$(printf %s "${VERIFIER_DATABASE_URL:?is not set}" | sed 's/^postgresql+psycopg:/postgresql:/')
(cd "$source" && sha256sum --check --quiet "$dump.sha256")
# All or nothing; into a database that is not empty it fails and changes nothing.
pg_restore --no-owner --single-transaction --exit-on-error --dbname="$url" "$source/$dump"
${VERIFIER:-verifier} database upgrade
${VERIFIER:-verifier} store copy --from "$source/evidence"
# Reads everything again: what the records name is there, with the digest it should have.
${VERIFIER:-verifier} store check --restart
