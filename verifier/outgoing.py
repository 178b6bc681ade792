"""Requests to addresses that others named: to public addresses only, at the address that was checked, and never for long.

Whoever names an address could point it into our own network (a printer, a cloud's metadata, our own server). So the name is
resolved once, all that it resolves to is checked, and the connection goes to that very address: a name that answers otherwise
the second time (DNS rebinding) gains nothing. Redirections are not followed, and no proxy is used.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

Resolve = Callable[[str, int], Awaitable[list[str]]]
MAX_URL = 2000
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class AddressRefused(ValueError):
    """An address that nothing is sent to; the message says why."""


def check_url(url: str, allow_private: bool) -> None:
    """Refuse an address that nothing could ever be sent to, without asking anybody.

    Args:
        allow_private: http and private addresses may be used too.
    Raises:
        AddressRefused: no https address, one with a password in it, or a private one as far as that can be seen.
    """
    _split(url, allow_private)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's: not private, loopback, link-local, multicast or reserved, however written."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = IPv4Address(found.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
        if found.teredo is not None:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


async def resolve_host(host: str, port: int) -> list[str]:
    """All addresses of a name, as the system's resolver gives them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


async def post(
    url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool, connect_s: float, total_s: float,
    resolve: Resolve = resolve_host,
) -> int:  # fmt: skip
    """Send a body and give the answer's status; what the answer says is not read.

    Args:
        connect_s, total_s: Seconds for the connection, and for everything together, however slowly the other side answers.
    Raises:
        AddressRefused: the address is, or resolves to, one that nothing is sent to.
        TimeoutError, OSError, httpx.HTTPError: it could not be sent, or nobody answered in time.
    """
    host, port, secure = _split(url, allow_private)
    async with asyncio.timeout(total_s):
        address = await _choose_address(host, port, allow_private, resolve)
        parts = httpx.URL(url)
        pinned = parts.copy_with(host=address)
        named = {**headers, "Host": parts.netloc.decode("ascii")}
        # The certificate must be the name's, though the connection goes to the address.
        extensions = {"sni_hostname": parts.raw_host.decode("ascii")} if secure else {}
        timeout = httpx.Timeout(total_s, connect=connect_s)
        verify = _trust() if secure else False
        async with (
            httpx.AsyncClient(verify=verify, trust_env=False, follow_redirects=False, timeout=timeout) as client,
            client.stream("POST", pinned, content=body, headers=named, extensions=extensions) as answer,
        ):
            return answer.status_code


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _choose_address(host: str, port: int, allow_private: bool, resolve: Resolve) -> str:
    found = await resolve(host, port)
    if not found:
        raise AddressRefused(f"{host} resolves to no address")
    # One private address among public ones is refused too: which of them is used must not be a matter of luck.
    private = [] if allow_private else [each for each in found if not is_public(each)]
    if private:
        raise AddressRefused(f"{host} resolves to {private[0]}, which is no public address")
    return found[0]


def _split(url: str, allow_private: bool) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused("no address such as https://city.example/hook") from error
    schemes = ("https", "http") if allow_private else ("https",)
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= MAX_URL
    if parts.scheme not in schemes or not parts.hostname or not plain:
        raise AddressRefused("no address such as https://city.example/hook")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("the address holds a user, a password or a fragment")
    secure = parts.scheme == "https"
    if not allow_private and (_is_private_literal(parts.hostname) or parts.hostname == "localhost"):
        raise AddressRefused(f"{parts.hostname} is no public address")
    return parts.hostname, port or (443 if secure else 80), secure


def _is_private_literal(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return False  # a name: what it resolves to is checked when something is sent
