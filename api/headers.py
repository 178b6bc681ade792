"""What every answer says to the browser: run nothing, fetch nothing from elsewhere, be framed by nobody, keep no copy."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Only our own files run, nothing inline or evaluated. Bootstrap's CSS holds its small icons as data: pictures.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    # Our own pages only: with no-referrer browsers also hide where a form comes from (Origin: null), which the gate asks.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Pages show names and faces: nothing of them stays in a shared computer's cache.
PERSONAL = "no-store"
PUBLIC = "public, max-age=3600"
PUBLIC_PATHS = ("/static/",)


def add_headers(headers: MutableHeaders, path: str) -> None:
    """Set what is missing; a route that says something stricter keeps it."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", PUBLIC if path.startswith(PUBLIC_PATHS) else PERSONAL)


class SecurityHeaders:
    """ASGI middleware that puts HEADERS on every answer, also on those of inner middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and amend the answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, send_with_headers)
