"""The web server: the inspectors' pages, and the filing system's API beside them."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles
from uvicorn.supervisors import Multiprocess

from api.auth import Gate
from api.headers import SecurityHeaders
from api.hosts import KnownHosts
from api.limits import BodyLimit
from api.metrics import COUNTED_TOGETHER
from api.pages import add_pages
from api.problems import add_problem_handlers
from api.repeated import Repeater
from api.request_ids import RequestIds
from api.routes import add_routes
from api.source import RecordSource, Source
from api.state import AppState
from verifier import __version__
from verifier.background import BackgroundWorker
from verifier.camera_jobs import WatchWorker
from verifier.delivering import DeliveryWorker
from verifier.jobs import JobWorker
from verifier.logs import configure_logs
from verifier.settings import Settings
from verifier.tracing import start_tracing, stop_tracing

# A page elsewhere whose name is made to point to 127.0.0.1 (DNS rebinding) sends its own name as Host, and is refused.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


# Where a server process finds the settings of the one that started it.
SERVED = "VERIFIER_SERVED_SETTINGS"


class CannotServe(OSError):
    """The server could not be started; the message says why and what to do."""


def create_app(settings: Settings, source: Source | None = None) -> FastAPI:
    """The application.

    Args:
        settings: All settings.
        source: Where the pages get what they show; default the records that the settings name, opened when first asked.
    """
    state = AppState(settings)

    @asynccontextmanager
    async def live(_: FastAPI) -> AsyncIterator[None]:
        start_tracing("verifier-api")
        workers: list[BackgroundWorker] = []
        if settings.login == "required":
            # Looks at cameras are brought to the workers by the broker where there is one.
            looking = (WatchWorker,) if settings.broker_url is None else ()
            workers = [each(settings, state.database) for each in (JobWorker, *looking, DeliveryWorker)]
        for worker in workers:
            worker.start()
        yield
        for worker in workers:
            await run_in_threadpool(worker.stop)
        state.close()
        stop_tracing()

    app = FastAPI(
        title="Classroom evidence verifier",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        debug=False,
        lifespan=live,
    )
    app.state.settings = settings
    app.state.shared = state
    app.state.source = source or RecordSource(settings, state.database)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, max_upload_bytes=settings.max_upload_mb * 1024 * 1024)
    app.add_middleware(Repeater, state=state)
    app.add_middleware(Gate, state=state)
    app.add_middleware(KnownHosts, allowed_hosts=list_hosts(settings))
    app.add_middleware(RequestIds)
    app.add_middleware(SecurityHeaders)

    _mount_static(app, "bootstrap", "js_lib_bootstrap5", "static/js-lib-bootstrap5/css")
    _mount_static(app, "htmx", "js_lib_htmx", "static/htmx")
    _mount_static(app, "report", "verifier.report", "static")
    _mount_static(app, "pages", "api.pages", "static")
    _mount_static(app, "docs", "fastapi_offline", "static")
    add_routes(app)
    add_pages(app)
    add_problem_handlers(app)
    return app


def list_hosts(settings: Settings) -> list[str]:
    """The names under which requests are taken: this machine's own, and those that were set."""
    return [*LOCAL_HOSTS, *filter(None, (name.strip() for name in settings.public_hosts.split(",")))]


def create_served_app() -> FastAPI:
    """The application of one of several server processes: its settings are those of the process that started it."""
    settings = Settings.model_validate_json(os.environ[SERVED])
    configure_logs(settings.log_format, settings.log_level)
    return create_app(settings)


def serve(settings: Settings) -> None:
    """Serve until stopped (Ctrl-C), at ``settings.host`` and ``settings.port`` (0 = any free port); the address goes to stderr.

    Raises:
        CannotServe: the address cannot be listened on, or other machines would reach it without login or without https.
    """
    check_exposure(settings)
    listener = listen(settings.host, settings.port)
    with listener:
        port = listener.getsockname()[1]
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        several = settings.server_processes > 1
        config = uvicorn.Config(
            "api.server:create_served_app" if several else create_app(settings), factory=several,
            workers=settings.server_processes, log_level="warning", access_log=False, server_header=False,
            # Only a proxy on this machine is believed about whom it speaks for.
            proxy_headers=settings.behind_proxy, forwarded_allow_ips="127.0.0.1",
            ssl_certfile=settings.tls_certificate, ssl_keyfile=settings.tls_key, timeout_graceful_shutdown=30,
        )  # fmt: skip
        scheme = "https" if settings.tls_certificate else "http"
        print(f"verifier: the pages are at {scheme}://{host}:{port}/ (Ctrl-C stops)", file=sys.stderr, flush=True)
        if settings.login == "off":
            print("verifier: login is off: anybody on this machine sees everything", file=sys.stderr, flush=True)
        if several:
            _serve_together(config, settings, listener)
        else:
            uvicorn.Server(config).run(sockets=[listener])


def _serve_together(config: uvicorn.Config, settings: Settings, listener: socket.socket) -> None:
    """Several processes take from one socket; one that dies is started again. They count requests into one folder."""
    with tempfile.TemporaryDirectory(prefix="verifier-metrics-") as folder:
        os.environ[COUNTED_TOGETHER] = folder
        os.environ[SERVED] = _reveal(settings)
        Multiprocess(config, sockets=[listener]).run()


def _reveal(settings: Settings) -> str:
    # For our own children, in their environment, which is where secrets came from.
    values = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in settings.model_dump().items()
    }
    return json.dumps(values, default=str)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_exposure(settings: Settings) -> None:
    """Show names and faces to a network only behind a login, and passwords only through https.

    Raises:
        CannotServe: other machines would reach the server otherwise.
    """
    if is_loopback(settings.host):
        return
    if settings.login == "off":
        raise CannotServe(
            f"will not listen on {settings.host!r} without login: the pages show names and faces."
            " Set VERIFIER_LOGIN=required, or use --host 127.0.0.1."
        )
    if settings.tls_certificate is None and not settings.behind_proxy:
        raise CannotServe(
            f"will not listen on {settings.host!r} without https: passwords would cross the network readably. Set"
            " VERIFIER_TLS_CERTIFICATE and VERIFIER_TLS_KEY, or VERIFIER_BEHIND_PROXY=true where a reverse proxy on this machine"
            " speaks https; or use --host 127.0.0.1 (VERIFIER_HOST)."
        )
    if not settings.public_hosts:
        raise CannotServe(
            f"will not listen on {settings.host!r} without knowing its names: set VERIFIER_PUBLIC_HOSTS to the host names"
            " under which it is reached, by commas."
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
