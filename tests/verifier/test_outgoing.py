"""Nothing is sent into our own network, however the address is written, and whatever a name resolves to the second time."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.services.certificate import make_certificate
from tests.services.receiver import run_receiver
from verifier import outgoing
from verifier.outgoing import AddressRefused, check_url, is_public, post


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:53aa:64c::1",
    ],
)  # fmt: skip
def test_addresses_of_our_own_network_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "223.5.5.5", "2400:3200::1", "::ffff:223.5.5.5", "64:ff9b::df05:505"])
def test_addresses_of_the_internet_are_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://city.example/hook", "https://127.0.0.1/hook", "https://[::1]/hook", "https://localhost/hook",
        "https://user:password@city.example/", "https://user@city.example/", "ftp://city.example/", "https:///hook",
        "nonsense", "", "https://city.example:99999/", "https://city.example/ x", "https://city.example/#x",
        "https://169.254.169.254/latest/meta-data",
    ],
)  # fmt: skip
def test_what_can_be_seen_to_be_wrong_is_refused_at_once(url: str):
    with pytest.raises(AddressRefused):
        check_url(url, allow_private=False)


def test_a_public_https_address_is_taken_and_a_private_one_where_that_is_set():
    check_url("https://city.example:8443/hook?x=1", allow_private=False)
    check_url("http://127.0.0.1:8080/hook", allow_private=True)


def send(url: str, answers: list[list[str]], *, private: bool = False, total_s: float = 5.0) -> tuple[int, int]:
    """The status, and how often the name was resolved; each resolution gives the next answer."""
    asked = 0

    async def resolve(host: str, port: int) -> list[str]:  # noqa: ARG001
        nonlocal asked
        asked += 1
        return answers[min(asked, len(answers)) - 1]

    status = asyncio.run(
        post(url, b"{}", {"X": "y"}, allow_private=private, connect_s=2.0, total_s=total_s, resolve=resolve)
    )
    return status, asked


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["::ffff:127.0.0.1"], ["fe80::1%2"], []])
def test_a_name_that_resolves_to_a_private_address_is_not_asked(answers: list[str]):
    with pytest.raises(AddressRefused):
        send("https://rebind.example/hook", [answers])


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_never_resolved_again():
    """`.invalid` resolves nowhere: had anybody asked the system for the name, the request would not have come."""
    with run_receiver() as receiver:
        url = f"http://receiver.invalid:{receiver.port}/hook?a=1"
        assert send(url, [["127.0.0.1"], ["127.0.0.2"]], private=True) == (200, 1)
    (came,) = receiver.received
    assert (came.path, came.headers["host"], came.headers["x"]) == (
        "/hook?a=1", f"receiver.invalid:{receiver.port}", "y",
    )  # fmt: skip


def test_redirections_are_answers_and_nobody_follows_them():
    with run_receiver() as receiver:
        receiver.plan = [307]
        assert send(receiver.url(), [["127.0.0.1"]], private=True)[0] == 307
        assert [each.path for each in receiver.received] == ["/hook"]


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_who_hangs_or_answers_drop_by_drop_is_left_in_time(how: str):
    with run_receiver() as receiver:
        receiver.plan = [how]
        began = time.monotonic()
        with pytest.raises((TimeoutError, httpx.TimeoutException)):
            send(receiver.url(), [["127.0.0.1"]], private=True, total_s=0.6)
        assert time.monotonic() - began < 5


def read_request(connection: socket.socket) -> None:
    """All of it: head and body may come apart, and closing over what is unread resets the connection before the answer is read."""
    read = connection.makefile("rb")
    length = 0
    while (line := read.readline().strip().lower()) != b"":
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    read.read(length)


def test_the_certificate_must_be_the_names_though_the_connection_goes_to_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    certificate, context = make_certificate(tmp_path)  # for the address 127.0.0.1
    seen: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr(outgoing, "_trust", ssl.create_default_context)
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    read_request(secure)
                    secure.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except ssl.SSLError:
                continue

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    assert send(f"https://127.0.0.1:{port}/", [["127.0.0.1"]], private=True)[0] == 204
    with pytest.raises(httpx.ConnectError, match=r"(?i)certificate|hostname"):
        send(f"https://city.invalid:{port}/", [["127.0.0.1"]], private=True)
    thread.join(10)
    listener.close()
    assert seen == [None, "city.invalid"]
