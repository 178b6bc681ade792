#!/bin/sh
# Back up records and evidence: backup.sh DIR. Needs pg_dump, and the VERIFIER_… variables of the installation.
#
# The records first, then the evidence: whatever the dump names is in the store by then. Evidence is never changed, so only what is
# new is copied, each piece hashed on the way. The data key (VERIFIER_DATA_KEY) is not in it: keep it elsewhere.
set -eu
target=${1:?usage: backup.sh DIR}
url=$(printf %s "${VERIFIER_DATABASE_URL:?is not set}" | sed 's/^postgresql+psycopg:/postgresql:/')
mkdir -p "$target"
stamp=$(date -u +%Y%m%dT%H%M%SZ)
pg_dump --format=custom --no-owner --file="$target/records-$stamp.part" --dbname="$url"
${VERIFIER:-verifier} store copy --to "$target/evidence"
# Only a whole back-up has this name.
mv "$target/records-$stamp.part" "$target/records-$stamp.dump"
(cd "$target" && sha256sum "records-$stamp.dump" >"records-$stamp.dump.sha256")
echo "$target/records-$stamp.dump"
