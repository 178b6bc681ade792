"""A fake camera that speaks real RTSP: H.264 in RTP over the RTSP connection, Digest or Basic, and faults on demand.

with run_cameras() as cameras:
    url = cameras.add("203", scene=draw_room)                        # drawn and encoded as it is watched
    url = cameras.add("204", clip=encode_clip(...), trouble=Trouble.STALL)
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tests.services.h264 import RTP_CLOCK, AccessUnit, Encoder, RtpPacker, describe
from tests.services.http_auth import Guard

FIRST_TIMESTAMP = 0x5EED0000  # cameras start anywhere (RFC 3550, 5.1); FFmpeg takes a first 0 for "unknown"
Scene = Callable[[int, datetime], NDArray[np.uint8]]  # (number of the picture, now) → (h, w, 3) BGR


class Trouble(StrEnum):
    """What goes wrong. A refused connection needs no server: ask `find_free_ports` for a port nobody listens on."""

    NONE = "none"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    MUTE = "mute"  # accepts the connection and never says a word
    MUTE_PLAY = "mute_play"  # answers everything, sends no picture
    STALL = "stall"  # pictures, then silence on a standing connection
    DROP = "drop"  # pictures, then the connection ends
    GARBAGE = "garbage"  # RTP whose payload is no H.264


@dataclass(slots=True)
class Camera:
    """One stream of the server."""

    fps: int
    clip: tuple[AccessUnit, ...] = ()
    scene: Scene | None = None
    trouble: Trouble = Trouble.NONE
    after: int = 8  # pictures before a stall or a drop
    guard: Guard | None = None
    played: int = 0  # how often it was played to somebody

    def units(self) -> Iterator[AccessUnit]:
        """Pictures without end: the clip over and over, or what is drawn now."""
        if self.scene is None:
            yield from itertools.cycle(self.clip)
            return
        encoder: Encoder | None = None
        for number in itertools.count():
            picture = self.scene(number, datetime.now(UTC))
            encoder = encoder or Encoder((picture.shape[1], picture.shape[0]), self.fps)
            yield encoder.encode(picture)


@dataclass(slots=True)
class Cameras:
    """The running server; streams may be added while it runs."""

    port: int = 0
    scheme: str = "rtsp"
    streams: dict[str, Camera] = field(default_factory=dict)

    def add(
        self,
        name: str,
        clip: tuple[AccessUnit, ...] = (),
        scene: Scene | None = None,
        fps: int = 10,
        trouble: Trouble = Trouble.NONE,
        after: int = 8,
        guard: Guard | None = None,
    ) -> str:
        """Add a stream; its url, without credentials."""
        self.streams[name] = Camera(fps, clip, scene, trouble, after, guard)
        return f"{self.scheme}://127.0.0.1:{self.port}/{name}"


@contextmanager
def run_cameras(tls: ssl.SSLContext | None = None) -> Iterator[Cameras]:
    """Serve fake cameras on a free loopback port, in a thread of their own."""
    cameras = Cameras(scheme="rtsps" if tls else "rtsp")
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await _Conversation(cameras, reader, writer).hold()
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the reader left, or the server ends
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
        cameras.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stop.wait()
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.sleep(0.05)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="fake cameras", daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the fake cameras did not start within 10 s")
        yield cameras
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


class _Conversation:
    def __init__(self, cameras: Cameras, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.cameras, self.reader, self.writer = cameras, reader, writer
        self.playing: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        try:
            while True:
                await self._answer(*await self._read_request())
        finally:
            if self.playing is not None:
                self.playing.cancel()
                with suppress(asyncio.CancelledError, ConnectionError):
                    await self.playing

    async def _read_request(self) -> tuple[str, str, dict[str, str]]:
        while (first := await self.reader.readexactly(1)) == b"$":  # RTCP of the reader: of no interest
            head = await self.reader.readexactly(3)
            await self.reader.readexactly(int.from_bytes(head[1:], "big"))
        text = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = text.strip().split("\r\n")
        method, url, _ = line.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        return method, url, headers

    async def _answer(self, method: str, url: str, headers: dict[str, str]) -> None:
        name = url.split("://", 1)[-1].partition("/")[2].removesuffix("/track1").strip("/")
        camera = self.cameras.streams.get(name)
        if camera is not None and camera.trouble is Trouble.MUTE:
            return
        if method == "OPTIONS":
            await self._say(headers, 200, Public="OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER")
        elif camera is None or camera.trouble is Trouble.NOT_FOUND:
            await self._say(headers, 404)
        elif camera.trouble is Trouble.UNAVAILABLE:
            await self._say(headers, 503)
        elif camera.guard and not camera.guard.lets_in(method, headers.get("authorization")):
            await self._say(headers, 401, **{"WWW-Authenticate": camera.guard.challenge})
        elif method == "DESCRIBE":
            first = next(camera.units())
            await self._say(headers, 200, describe(first), **{"Content-Type": "application/sdp", "Content-Base": url})
        elif method == "SETUP":
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            await self._say(headers, 200, Session="1;timeout=60", Transport=transport)
        elif method == "PLAY":
            await self._say(headers, 200, Session="1", Range="npt=0.000-")
            camera.played += 1
            self.playing = asyncio.create_task(self._play(camera))
        else:
            await self._say(headers, 200, Session="1")
            if method == "TEARDOWN":
                raise ConnectionResetError("the reader said goodbye")

    async def _say(self, asked: dict[str, str], status: int, body: str = "", **headers: str) -> None:
        lines = [f"RTSP/1.0 {status} x", f"CSeq: {asked.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body.encode())}")
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        await self.writer.drain()

    async def _play(self, camera: Camera) -> None:
        if camera.trouble is Trouble.MUTE_PLAY:
            return
        packer, clock = RtpPacker(), asyncio.get_running_loop()
        began = clock.time()
        for number, unit in enumerate(camera.units()):
            if number == camera.after and camera.trouble is Trouble.STALL:
                return
            if number == camera.after and camera.trouble is Trouble.DROP:
                self.writer.transport.abort()
                return
            if camera.trouble is Trouble.GARBAGE:
                unit = AccessUnit((bytes([0x65]) + bytes(range(256)) * 4,))
            self.writer.write(packer.pack(unit, FIRST_TIMESTAMP + number * RTP_CLOCK // camera.fps))
            await self.writer.drain()
            await asyncio.sleep(max(0.0, began + (number + 1) / camera.fps - clock.time()))
