"""A network that loses requests and answers, sends twice, and cuts bodies off, as a plan says."""

from __future__ import annotations

from collections.abc import Iterator

import httpx

# A connection for each request: who refuses an upload before its end closes it, which is no fault of the request that follows.
UNKEPT = httpx.Limits(max_keepalive_connections=0)


class BrokenNetwork(httpx.BaseTransport):
    """In front of a real one. `plan` says what becomes of the next requests; those after it go through.

    ``lost``: never arrives. ``unanswered``: arrives, its answer does not. ``twice``: arrives twice, the second answer is seen.
    ``cut``: half of the body arrives. ``busy``: what stands in between answers 503.
    """

    def __init__(self, plan: list[str]) -> None:
        self.plan, self.sent = plan, 0
        # Plain http alone: nobody reads the system's certificates for it, which takes longer than a test's requests.
        self._inner = httpx.HTTPTransport(verify=False, limits=UNKEPT)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send, or not."""
        self.sent += 1
        what = self.plan.pop(0) if self.plan else "through"
        if what == "lost":
            raise httpx.ConnectError("lost", request=request)
        if what == "busy":
            return httpx.Response(503, headers={"Retry-After": "1"}, request=request)
        if what == "cut":
            whole = request.read()
            request.stream = _HalfBody(whole)
        elif what in ("unanswered", "twice"):
            request.stream = httpx.ByteStream(request.read())
            self._inner.handle_request(request).read()
            if what == "unanswered":
                raise httpx.ReadError("the connection was cut", request=request)
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Give the connections back."""
        self._inner.close()


class _HalfBody(httpx.SyncByteStream):
    def __init__(self, whole: bytes) -> None:
        self._whole = whole

    def __iter__(self) -> Iterator[bytes]:
        yield self._whole[: len(self._whole) // 2]
        raise httpx.WriteError("the connection was cut")
