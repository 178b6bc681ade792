"""A real RabbitMQ for tests, where Debian's ``rabbitmq-server`` is installed: a node of its own on loopback, gone at the end."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from amqp import Connection

from tests.services.ports import find_free_ports

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_S = 90.0  # seen: 4 s; a busy machine needs more


@contextmanager
def run_rabbitmq() -> Iterator[str]:
    """Start a node and stop it at the end; skips the test where the program is not installed.

    Yields: ``amqp://guest:guest@127.0.0.1:PORT//``.
    """
    if not SERVER.exists():
        pytest.skip("no RabbitMQ here: apt-get install rabbitmq-server")
    port, between, names = find_free_ports(3)
    with tempfile.TemporaryDirectory(prefix="evidence-mq-") as name:
        folder = Path(name)
        (folder / "plugins").write_text("[].")
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("RABBITMQ_")},
            "HOME": name, "RABBITMQ_NODENAME": f"test{port}@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port), "RABBITMQ_DIST_PORT": str(between), "ERL_EPMD_PORT": str(names),
            "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_MNESIA_BASE": f"{name}/data", "RABBITMQ_LOG_BASE": f"{name}/log",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{name}/plugins", "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{name}/none",
        }  # fmt: skip
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(
                [str(SERVER)], env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            _wait_for_a_channel(port, process, folder / "out")
            yield f"amqp://guest:guest@127.0.0.1:{port}//"
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            # The port mapper outlives its nodes; this one has only ours.
            subprocess.run(["epmd", "-port", str(names), "-kill"], capture_output=True, env=environment)


def _wait_for_a_channel(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    gives_up = time.monotonic() + START_S
    while time.monotonic() < gives_up and process.poll() is None:
        try:
            with Connection(f"127.0.0.1:{port}", connect_timeout=2) as connection:
                connection.channel().close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"RabbitMQ took no connection within {START_S} s:\n{log.read_text(errors='replace')[-2000:]}")
