"""What a camera's look is judged against: the plan, what the same camera showed before, and how others fared meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from verifier.attendance.calibration import Calibration
from verifier.attendance.enrolment import Roster
from verifier.attendance.matching import FaceMatch
from verifier.finding import Finding
from verifier.plan import Session
from verifier.video.stream_look import FrameMark, SmallPicture, StreamLook


@dataclass(frozen=True, slots=True)
class EarlierLook:
    """What is kept of an earlier visit to the same camera, to see whether the same minutes come again."""

    taken_at: datetime
    marks: tuple[FrameMark, ...] = ()
    small: tuple[SmallPicture, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class StreamContext:
    """The plan beside one visit.

    Attributes:
        camera_id: For the sentences.
        session: The session going on; None outside of the timetable, and then nobody has to be there.
        expected: Students who should be there (roster less leave); None without a class.
        roster, calibration: To match faces; None without a class.
        earlier: Looks at the same camera, newest first.
        others_answered: Whether any other agency's camera gave a picture in the same round: True, False (others were asked and
            none did: our own network), or None (nobody else was asked).
    """

    camera_id: str = ""
    session: Session | None = None
    expected: int | None = None
    roster: Roster | None = None
    calibration: Calibration | None = None
    earlier: tuple[EarlierLook, ...] = ()
    others_answered: bool | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))

    def show_time(self, moment: datetime) -> str:
        """A moment as people read it, in the classroom's zone."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A look with whose faces were in it; `matches` None where nobody could match them."""

    look: StreamLook
    matches: tuple[FaceMatch, ...] | None = None


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """One check: its stored id and its function. `judge` raises only on our own faults."""

    id: str
    judge: Callable[[Seen, StreamContext], Finding]
