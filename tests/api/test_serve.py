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

from api.server import CannotServe, check_host, listen
from tests.builders.shared import PROJECT


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "localhost", "::1"])
def test_loopback_is_allowed(host: str):
    check_host(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_anything_else_is_refused_as_there_is_no_login(host: str):
    with pytest.raises(CannotServe, match="no login yet"):
        check_host(host)


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
    environment = os.environ | {"VERIFIER_WORKSPACE": str(tmp_path), "VERIFIER_PORT": "0", "PYTHONUNBUFFERED": "1"}
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
