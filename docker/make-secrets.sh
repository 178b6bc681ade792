#!/bin/sh
# Make what is missing in secrets/: passwords at random, a file each. What is there stays. The files are what compose.yaml mounts.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
make() { [ -s "secrets/$1" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"secrets/$1"; }
for name in postgres_password redis_password grafana_password metrics_token verifier_evidence_access_key verifier_evidence_secret_key; do
    make "$name"
done
[ -s secrets/verifier_data_key ] || head -c 32 /dev/urandom | base64 >secrets/verifier_data_key
printf 'postgresql+psycopg://verifier:%s@postgres:5432/verifier' "$(cat secrets/postgres_password)" >secrets/verifier_database_url
printf 'redis://:%s@redis:6379/0' "$(cat secrets/redis_password)" >secrets/verifier_broker_url
# Who may look at the cameras: add a table for each, as verifier/video/credentials.py and the README say.
[ -e secrets/verifier_cameras.toml ] || : >secrets/verifier_cameras.toml
# The containers' user reads them; on a shared machine keep the folder to root.
chmod 755 secrets && chmod 444 secrets/*
echo "secrets/ is complete but for verifier_tls_certificate.pem and verifier_tls_key.pem. Keep a copy of verifier_data_key elsewhere:"
echo "without it no back-up can be read."
