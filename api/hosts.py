"""Under which names requests are taken; a program that uses another one is told so as of any other problem."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, is_api, make_response


class KnownHosts(TrustedHostMiddleware):
    """ASGI middleware: a request under a foreign name (DNS rebinding) goes no further."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str]) -> None:
        async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
            scope["host_is_known"] = True
            await app(scope, receive, send)

        super().__init__(pass_on, allowed_hosts, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it: pages in a line of text, programs in their envelope."""
        if scope["type"] != "http" or not is_api(scope["path"]):
            await super().__call__(scope, receive, send)
            return

        async def send_known(message: Message) -> None:
            if "host_is_known" in scope:
                await send(message)

        await super().__call__(scope, receive, send_known)
        if "host_is_known" not in scope:
            await make_response(Problem("malformed"), scope.get("request_id", ""))(scope, receive, send)
