"""Starting the server: only on this machine's own addresses, with a plain word where that fails."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from api.server import CannotServe, check_exposure, list_hosts, listen
from tests.builders.shared import PROJECT
from verifier.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "localhost", "::1"])
@pytest.mark.parametrize("login", ["required", "off"])
def test_this_machines_own_addresses_are_allowed_with_and_without_login(host: str, login: str):
    check_exposure(Settings(host=host, login=login))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"login": "off", "behind_proxy": True, "public_hosts": "x.example"}, "without login"),
        ({"public_hosts": "x.example"}, "without https"),
        ({"behind_proxy": True}, "without knowing its names"),
        ({"tls_certificate": Path("a.pem"), "tls_key": Path("b.pem")}, "without knowing its names"),
    ],
)
def test_anything_else_needs_login_https_and_names(host: str, more: dict[str, object], told: str):
    with pytest.raises(CannotServe, match=told):
        check_exposure(Settings(host=host).model_copy(update=more))


def test_with_all_three_other_machines_are_served_under_the_names_that_were_set():
    settings = Settings(host="0.0.0.0", behind_proxy=True, public_hosts="verifier.city.example, 10.1.2.3")
    check_exposure(settings)
    assert list_hosts(settings)[-2:] == ["verifier.city.example", "10.1.2.3"]


def test_a_port_in_use_is_told_with_what_to_do():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(CannotServe, match=rf"127\.0\.0\.1 port {port}: .*running already\? --port 0"):
            listen("127.0.0.1", port)


def test_a_port_is_free_again_once_its_server_is_gone():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
    with listen("127.0.0.1", port) as second:
        assert second.getsockname()[1] == port


def test_the_real_server_says_where_it_is_answers_and_stops(tmp_path: Path):
    code = "from api.server import serve; from verifier.settings import Settings; serve(Settings())"
    environment = os.environ | {
        "VERIFIER_WORKSPACE": str(tmp_path),
        "VERIFIER_PORT": "0",
        "VERIFIER_LOGIN": "off",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        address = line.partition("http://")[2].split()[0]
        assert address.startswith("127.0.0.1:")
        deadline = time.monotonic() + 20
        while True:
            try:
                answer = httpx.get(f"http://{address}", timeout=20)
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert answer.status_code == 200
        assert "还没有夜间核验的记录" in answer.text
        assert "server" not in answer.headers
        host, _, port = address.rstrip("/").partition(":")
        with socket.create_connection((host, int(port)), timeout=5):
            pass
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
