"""Free loopback ports for the servers that tests start."""

from __future__ import annotations

import socket
from contextlib import ExitStack


def find_free_ports(count: int, shadow: int = 0) -> list[int]:
    """Ports nobody listens on, all different.

    Args:
        count: How many.
        shadow: A server that takes port p also takes p + shadow, which must be free too (seaweedfs: 10000).
    """
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            probe = held.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            if not shadow or _is_free(port + shadow, held):
                found.append(port)
            elif port + shadow > 65535 and _is_free(port - shadow, held):
                # The kernel hands out high ports first: step down so that the shadow is the one it gave.
                found.append(port - shadow)
                probe.close()
    return found


def _is_free(port: int, held: ExitStack) -> bool:
    if not 1024 < port <= 65535:
        return False
    probe = held.enter_context(socket.socket())
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
