"""Debian's gst-rtsp-server as an RTSP peer that we did not write: run by the system's Python, which has its bindings.

apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-{good,bad,ugly}
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SYSTEM_PYTHON = "/usr/bin/python3"
_PROGRAM = """
import sys
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
user, password = sys.stdin.readline().strip(), sys.stdin.readline().strip()
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch("( videotestsrc is-live=true pattern=snow ! video/x-raw,width=320,height=240,framerate=10/1 "
                   "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96 )")
factory.set_shared(True)
for argument in sys.argv[1:]:
    # Played from its start to everybody who asks, as a machine does that stands where the camera should.
    name, _, file = argument.partition("=")
    recorded = GstRtspServer.RTSPMediaFactory()
    recorded.set_launch(f'( filesrc location="{file}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 )')
    server.get_mount_points().add_factory(f"/{name}", recorded)
if user:
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    role = Gst.Structure.new_empty("viewer")
    role.set_value("media.factory.access", True)
    role.set_value("media.factory.construct", True)
    factory.add_role_from_structure(role)
server.get_mount_points().add_factory("/room", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


def find_why_not() -> str:
    """Why there is no such server here; empty where there is one."""
    probe = (
        "import gi; gi.require_version('GstRtspServer', '1.0'); gi.require_version('Gst', '1.0')\n"
        "from gi.repository import Gst, GstRtspServer; Gst.init(None)\n"
        "needed = ('videotestsrc', 'x264enc', 'rtph264pay', 'qtdemux', 'h264parse')\n"
        "missing = [name for name in needed if Gst.ElementFactory.find(name) is None]\n"
        "raise SystemExit(' '.join(missing) or 0)"
    )
    try:
        done = subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"the system's Python does not run: {error}"
    if done.returncode:
        return f"gst-rtsp-server is not installed: {done.stderr.decode(errors='replace').strip()[-200:]}"
    return ""


@dataclass(frozen=True, slots=True)
class GstServer:
    """The running server. Its process may be stopped or killed by who started it."""

    port: int
    process: subprocess.Popen[bytes]

    def url(self, name: str = "room") -> str:
        """Of one stream, without credentials."""
        return f"rtsp://127.0.0.1:{self.port}/{name}"


@contextmanager
def run_gst_server(user: str = "", password: str = "", files: Mapping[str, Path] | None = None) -> Iterator[GstServer]:
    """Serve snow as ``room``, and mp4 files of H.264 under their names."""
    given = [f"{name}={file}" for name, file in (files or {}).items()]
    process = subprocess.Popen(
        [SYSTEM_PYTHON, "-c", _PROGRAM, *given], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(f"{user}\n{password}\n".encode())
        process.stdin.flush()
        port = process.stdout.readline().strip().decode()
        if not port:
            _, said = process.communicate(timeout=5)
            raise RuntimeError(f"gst-rtsp-server did not start: {said.decode(errors='replace')[-1000:]}")
        yield GstServer(int(port), process)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def run_gst_camera(user: str = "", password: str = "") -> Iterator[str]:
    """Serve snow; its url, without credentials."""
    with run_gst_server(user, password) as server:
        yield server.url()
