"""The web server: the inspectors' pages today, the JSON routes beside them later."""

from __future__ import annotations

import ipaddress
import socket
import sys
from importlib import resources
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from api.headers import SecurityHeaders
from api.pages import add_pages
from api.source import RecordSource, Source
from verifier import __version__
from verifier.settings import Settings

# A page elsewhere whose name is made to point to 127.0.0.1 (DNS rebinding) sends its own name as Host, and is refused.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class CannotServe(OSError):
    """The server could not be started; the message says why and what to do."""


def create_app(settings: Settings, source: Source | None = None) -> FastAPI:
    """The application.

    Args:
        settings: All settings.
        source: Where the pages get what they show; default the records that the settings name, opened here.
    """
    app = FastAPI(
        title="Classroom evidence verifier",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        debug=False,
    )
    app.state.settings = settings
    app.state.source = source or RecordSource(settings)
    # The last one added is the outermost.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOCAL_HOSTS), www_redirect=False)
    app.add_middleware(SecurityHeaders)

    @app.get("/healthz")
    def tell_health() -> dict[str, str]:
        """Whether the server answers at all."""
        return {"status": "ok", "version": __version__}

    _mount_static(app, "bootstrap", "js_lib_bootstrap5", "static/js-lib-bootstrap5/css")
    _mount_static(app, "report", "verifier.report", "static")
    _mount_static(app, "pages", "api.pages", "static")
    add_pages(app)
    return app


def serve(settings: Settings) -> None:
    """Serve until stopped (Ctrl-C), at ``settings.host`` and ``settings.port`` (0 = any free port); the address goes to stderr.

    Raises:
        CannotServe: the address is not this machine's own, or cannot be listened on.
    """
    check_host(settings.host)
    listener = listen(settings.host, settings.port)
    with listener:
        port = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        app = create_app(settings)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, proxy_headers=False)
        print(f"verifier: the pages are at http://{host}:{port}/ (Ctrl-C stops)", file=sys.stderr, flush=True)
        uvicorn.Server(config).run(sockets=[listener])


def check_host(host: str) -> None:
    """Refuse to show names and faces to a network while there is no login.

    Raises:
        CannotServe: `host` is not a loopback address.
    """
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise CannotServe(
            f"will not listen on {host!r}: the pages show names and faces and have no login yet, so they are served to this"
            " machine only. Use --host 127.0.0.1 (VERIFIER_HOST), and a tunnel such as ssh -L to reach it from another machine."
        )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, made before the server starts so that a fault is told plainly.

    Raises:
        CannotServe: the address cannot be listened on.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotServe(f"cannot listen on {host}: {error.strerror or error}") from error
    try:
        # A port whose last server just stopped may be taken again at once; one that is in use is still refused.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        hint = " Is it running already? --port 0 (VERIFIER_PORT) takes a free one." if port else ""
        raise CannotServe(f"cannot listen on {host} port {port}: {error.strerror or error}.{hint}") from error
    return listener


def _mount_static(app: FastAPI, name: str, package: str, folder: str) -> None:
    # Wheels are unpacked on disk, so a resource of theirs has a path.
    directory = Path(str(resources.files(package))) / folder
    app.mount(f"/static/{name}", StaticFiles(directory=directory), name=name)
