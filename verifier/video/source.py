"""The small protocol behind which every kind of camera stands, and what all of them share: limits, keeping, opening."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from verifier.video.address import Address, SourceKind, hide_secrets, read_address
from verifier.video.credentials import CameraSecret
from verifier.video.frames import Frame, Grab, GrabFault


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """How long we wait for a camera.

    Attributes:
        open_s: For the first picture. Gateways fetch a stream only when somebody asks: ZLMediaKit lets a viewer wait up to
            15 s (`maxStreamWaitMS`) before it says that there is none; our fake camera and gst-rtsp-server need under 1 s.
        silent_s: Between two pictures. The slowest stream in use sends one picture a second; a camera that changes its
            exposure mode or night filter pauses for about two.
        read_file_s: For one recording, however long it plays: it is read in steps, not played.
        memory_mb: Address space one reader may add. A 4K picture needs 25 MB, its decoder some 16 of them.
    """

    name: str
    open_s: float
    silent_s: float
    read_file_s: float
    memory_mb: int


READING_2026 = ReadingLimits("camera-reading-2026", open_s=15.0, silent_s=6.0, read_file_s=60.0, memory_mb=2000)


class Source(Protocol):
    """One place that pictures come from."""

    def grab(self, seconds: float, frames_wanted: int, deadline: float) -> Grab:
        """Watch for `seconds` and bring about `frames_wanted` pictures, spread over that time.

        Args:
            seconds: From the first picture on.
            frames_wanted: At most so many are kept.
            deadline: Seconds after which the visit ends with what came, the waiting included. Libraries may overstay it:
                whoever must not wait uses `supervise`, which ends the whole process.
        """
        ...


@dataclass(slots=True)
class Keeper:
    """Decides which pictures of a visit are kept, and counts them all.

    Attributes:
        sink: Takes each kept picture at once, so that those before a hang are not lost; None keeps them here.
    """

    seconds: float
    wanted: int
    sink: Callable[[Frame], None] | None = None
    kept: list[Frame] = field(default_factory=list)
    received: int = 0
    kept_count: int = 0
    extra_count: int = 0
    next_key_s: float = 0.0
    size_wh: tuple[int, int] | None = None

    def offer(self, at_s: float, make: Callable[[], Frame], key_frame: bool = False) -> None:
        """Count one picture; make and keep it if the next place in time is reached.

        Args:
            at_s: Seconds since the visit's first picture.
            key_frame: Coded by itself: kept once a second on top, as two of them show best whether anything was filmed between.
            make: Turns it into a `Frame`; called only when it is kept, as that costs more than decoding.
        """
        self.received += 1
        due = self.kept_count < self.wanted and at_s + 1e-6 >= self.kept_count * self.seconds / self.wanted
        extra = not due and key_frame and at_s >= self.next_key_s and self.extra_count < self.wanted
        if not due and not extra:
            return
        if key_frame:
            self.next_key_s = at_s + 1.0
        frame = make()
        self.size_wh = (frame.picture_bgr.shape[1], frame.picture_bgr.shape[0])
        self.kept_count += due
        self.extra_count += extra
        if self.sink is None:
            self.kept.append(frame)
        else:
            self.sink(frame)


@dataclass(frozen=True, slots=True)
class Visit:
    """What one reader is asked to do. Holds a secret: never log it.

    Attributes:
        camera_id: The camera's id, or any name.
        url: As filed.
        deadline_s: After so many seconds the reader is killed; None: what the limits allow.
        may_read_files: False for urls that agencies filed: a file's name there would read our own disk.
    """

    camera_id: str
    url: str = field(repr=False)
    secret: CameraSecret | None = field(default=None, repr=False)
    seconds: float = 6.0
    frames_wanted: int = 12
    deadline_s: float | None = None
    may_read_files: bool = False
    limits: ReadingLimits = READING_2026

    def __post_init__(self) -> None:
        if self.seconds <= 0 or self.frames_wanted < 1:
            raise ValueError("a visit lasts longer than 0 s and wants at least one picture")

    @property
    def address(self) -> Address:
        """The address to read: the secret's own url where it has one."""
        hidden = self.secret.url if self.secret else None
        return read_address(hidden.get_secret_value() if hidden else self.url)

    @property
    def shown(self) -> str:
        """The address for people and records."""
        secrets = [] if self.secret is None else [self.secret.password.get_secret_value()]
        # A url that is itself the secret shows nothing but its kind and host.
        if self.secret and self.secret.url:
            return f"{self.address.kind}://{self.address.host}/***"
        return hide_secrets(self.address.shown, *secrets)

    @property
    def kills_after_s(self) -> float:
        """The deadline as it is held."""
        if self.deadline_s is not None:
            return self.deadline_s
        limits = self.limits
        if self.address.kind is SourceKind.RECORDING:
            return limits.read_file_s
        return limits.open_s + self.seconds + limits.silent_s


def open_source(visit: Visit, sink: Callable[[Frame], None] | None = None) -> Source:
    """The reader for a visit's address. Nothing is connected yet.

    Args:
        sink: As in `Keeper`.
    """
    address = visit.address
    secret = visit.secret or CameraSecret(user=address.user, password=address.password)
    # Inside: a reader's process loads only the library it needs.
    if address.kind in (SourceKind.RTSP, SourceKind.HLS, SourceKind.FLV):
        from verifier.video.stream import StreamSource

        return StreamSource(address, visit.shown, secret, visit.limits, sink)
    if address.kind is SourceKind.SNAPSHOT:
        from verifier.video.snapshot import SnapshotSource

        return SnapshotSource(address, visit.shown, secret, visit.limits, sink)
    if address.kind is SourceKind.ONVIF:
        from verifier.video.onvif import OnvifSource

        return OnvifSource(visit, address, secret, sink)
    if address.kind is SourceKind.RECORDING and visit.may_read_files and "://" not in address.url:
        from verifier.video.recording import RecordingSource

        return RecordingSource(address, visit.shown, sink)
    return _NoReader(address.kind, visit.shown, visit.may_read_files)


@dataclass(frozen=True, slots=True)
class _NoReader:
    kind: SourceKind
    shown: str
    may_read_files: bool

    def grab(self, seconds: float, frames_wanted: int, deadline: float) -> Grab:  # noqa: ARG002 - the protocol's
        now = datetime.now(UTC)
        why = "no reader for such an address: rtsp(s)://, http(s)://, onvif:// or a recording is wanted"
        if self.kind is SourceKind.RECORDING:
            why = "a recording is read from a file that was handed in, not from a camera's filed address"
        return Grab((), GrabFault.UNSUPPORTED, why, self.kind.value, now, now, address=self.shown)
