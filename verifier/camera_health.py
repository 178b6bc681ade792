"""How a camera stood over time: from single samples to intervals, and from intervals to what the regulation asks.

Nothing is interpolated against anybody: a fault lasts from the first sample that showed it to the last one in a row, no longer.
The way from the last good sample to the first bad one is `doubtful`; time in which we did not look is `not_run`, our own.
Time runs along the timetable, so that a camera that was dark at the end of one session and at the start of the next was dark
from the one to the other: nights and weekends are nobody's hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from verifier.finding import Finding
from verifier.plan import STANDARD_HOUR_MINUTES, Session
from verifier.regulation.facts import CameraSpan, CameraState


class Condition(StrEnum):
    """What one look at a camera gave. Stored for years: values are added, none is renamed."""

    OK = "ok"
    OFFLINE = "offline"  # refused, no answer, wrong password, 404: no picture, and it is theirs
    NO_PICTURE = "no_picture"  # it answers, but not with pictures, or with broken ones
    FROZEN = "frozen"
    STALE_SNAPSHOT = "stale_snapshot"
    LOOPED = "looped"
    TEST_CARD = "test_card"  # a logo, a slate, colour bars: drawn, not filmed
    BLACK = "black"
    COVERED = "covered"
    OVEREXPOSED = "overexposed"
    DEFOCUSED = "defocused"
    MOVED = "moved"
    WRONG_ROOM = "wrong_room"
    WRONG_CLOCK = "wrong_clock"
    NO_CLASS = "no_class"  # a clear picture of a room without people
    DOUBTFUL = "doubtful"  # we looked and could not tell
    NOT_RUN = "not_run"  # we could not look: ours


# A live camera with a wrong clock shows the class all the same; but what runs an hour late may also be a recording.
_STATES = {
    Condition.OK: CameraState.TEACHING,
    Condition.NO_CLASS: CameraState.ROOM_EMPTY,
    Condition.WRONG_CLOCK: CameraState.UNSURE,
    Condition.DOUBTFUL: CameraState.UNSURE,
    Condition.NOT_RUN: CameraState.NOT_RUN,
}


def state_of(condition: Condition) -> CameraState:
    """What a condition means to the regulation; every fault of the camera is "not showing"."""
    return _STATES.get(condition, CameraState.NOT_SHOWING)


@dataclass(frozen=True, slots=True)
class CameraSample:
    """One look at one camera. `evidence` names the kept frames (``sha256:…``); `taken_at` is our clock, with an offset."""

    camera_id: str
    taken_at: datetime
    condition: Condition
    evidence: tuple[str, ...] = ()


# A picture that is known to be live and of the room; a room without people may show the one who is there all the same.
COUNTING = (Condition.OK, Condition.NO_CLASS)


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """The decisive picture of a look that counts for attendance (`COUNTING`). `sample_id` names the look on record.

    Of a recording that was handed in (`of_recording`), `camera_id` names the file and `taken_at` the place in it, counted from
    the session's start.
    """

    sample_id: UUID
    camera_id: str
    taken_at: datetime
    session_id: str
    sha256: str
    findings: tuple[Finding, ...] = ()
    of_recording: bool = False

    @property
    def file(self) -> str:
        """What it is called where photos have file names; the time is UTC."""
        return f"camera/{self.camera_id}/{self.taken_at.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}.jpg"


@dataclass(frozen=True, slots=True)
class HealthLimits:
    """How far one sample speaks.

    Attributes:
        longest_gap_s: Two samples further apart, in time of the timetable, say nothing about the time between them: somebody
            did not look. One standard hour, since at least one sample falls into each.
        longest_leap_s: The same where a session ends and the next begins between them: ten minutes more on either side, as
            nobody looks while people come and go (`SamplingPlan.settle_s`).
    """

    name: str = "camera-health-2026"
    longest_gap_s: float = STANDARD_HOUR_MINUTES * 60.0
    longest_leap_s: float = STANDARD_HOUR_MINUTES * 60.0 + 2 * 600.0


HEALTH_2026 = HealthLimits()


@dataclass(frozen=True, slots=True)
class HealthInterval:
    """A camera in one condition from `starts_at` up to `ends_at`, inside one session. `evidence`: the frames at its ends.

    `samples` counts the looks inside; 0 where nobody looked.
    """

    camera_id: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    condition: Condition
    evidence: tuple[str, ...] = ()
    samples: int = 0

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.ends_at - self.starts_at).total_seconds()


def build_health(
    camera_id: str, sessions: Iterable[Session], samples: Iterable[CameraSample], limits: HealthLimits = HEALTH_2026
) -> tuple[HealthInterval, ...]:
    """The history of one camera over its sessions, without gaps and without overlaps.

    Args:
        camera_id: Samples of other cameras are left out, as are those outside of every session.
        sessions: The sessions that this camera is filed for, in any order; where two overlap, the earlier one counts.
        samples: In any order.
    Returns: intervals in time order that cover each session exactly.
    """
    order = _without_overlaps(sessions)
    found: list[HealthInterval] = []
    inside = sorted((each for each in samples if each.camera_id == camera_id), key=lambda each: each.taken_at)
    placed = [(session, [each for each in inside if _is_in(each, session)]) for session in order]
    for index, (session, taken) in enumerate(placed):
        before = _neighbour([each for _, each in placed[:index]], last=True)
        after = _neighbour([each for _, each in placed[index + 1 :]], last=False)
        found += _cut_session(camera_id, session, taken, before, after, limits, placed, index)
    return tuple(found)


def list_spans(intervals: Iterable[HealthInterval]) -> tuple[CameraSpan, ...]:
    """The intervals as the regulation's facts take them, time order kept."""
    return tuple(
        CameraSpan(each.starts_at, each.ends_at, state_of(each.condition), each.evidence) for each in intervals
    )


def list_changes(intervals: Sequence[HealthInterval]) -> tuple[HealthInterval, ...]:
    """The first interval of each stretch in which the condition stays the same: the history as people read it."""
    return tuple(
        each
        for index, each in enumerate(intervals)
        if index == 0 or intervals[index - 1].condition is not each.condition
    )


def longest_missing_hours(intervals: Sequence[HealthInterval], sessions: Iterable[Session]) -> float:
    """The longest time in a row, in standard hours of the timetable, in which the camera certainly did not show the room."""
    hours = {each.id: each.hours / max(1.0, (each.ends_at - each.starts_at).total_seconds()) for each in sessions}
    longest = current = 0.0
    for each in intervals:
        missing = state_of(each.condition) is CameraState.NOT_SHOWING
        current = current + each.seconds * hours.get(each.session_id, 0.0) if missing else 0.0
        longest = max(longest, current)
    return longest


def _without_overlaps(sessions: Iterable[Session]) -> list[Session]:
    kept: list[Session] = []
    for session in sorted(sessions, key=lambda each: (each.starts_at, each.id)):
        if kept and session.starts_at < kept[-1].ends_at:
            if session.ends_at <= kept[-1].ends_at:
                continue
            session = replace(session, starts_at=kept[-1].ends_at)
        if session.ends_at > session.starts_at:
            kept.append(session)
    return kept


def _is_in(sample: CameraSample, session: Session) -> bool:
    return session.starts_at <= sample.taken_at < session.ends_at


def _neighbour(others: Sequence[Sequence[CameraSample]], *, last: bool) -> CameraSample | None:
    """The nearest sample in an adjoining session; None where that session has none, so that nobody leaps over it."""
    if not others:
        return None
    nearest = others[-1] if last else others[0]
    return (nearest[-1] if last else nearest[0]) if nearest else None


def _cut_session(
    camera_id: str,
    session: Session,
    taken: Sequence[CameraSample],
    before: CameraSample | None,
    after: CameraSample | None,
    limits: HealthLimits,
    placed: Sequence[tuple[Session, Sequence[CameraSample]]],
    index: int,
) -> list[HealthInterval]:
    def interval(starts: datetime, ends: datetime, condition: Condition, *ends_with: CameraSample) -> HealthInterval:
        evidence = tuple(dict.fromkeys(each for sample in ends_with for each in sample.evidence))
        return HealthInterval(
            camera_id, session.id, starts, ends, condition, evidence, sum(_is_in(each, session) for each in ends_with)
        )

    gap, leap = (timedelta(seconds=each) for each in (limits.longest_gap_s, limits.longest_leap_s))
    if not taken:
        return [interval(session.starts_at, session.ends_at, Condition.NOT_RUN)]
    found: list[HealthInterval] = []
    first, last = taken[0], taken[-1]
    if first.taken_at > session.starts_at:
        # The way from the previous session's last sample, without the time in which there is no class.
        way = None if before is None else placed[index - 1][0].ends_at - before.taken_at
        way = None if way is None else way + (first.taken_at - session.starts_at)
        found.append(interval(session.starts_at, first.taken_at, _between(before, first, way, leap), first))
    for one, other in pairwise(taken):
        if other.taken_at > one.taken_at:
            way = other.taken_at - one.taken_at
            found.append(interval(one.taken_at, other.taken_at, _between(one, other, way, gap), one, other))
    way = None if after is None else session.ends_at - last.taken_at
    way = None if way is None or after is None else way + (after.taken_at - placed[index + 1][0].starts_at)
    found.append(interval(last.taken_at, session.ends_at, _between(last, after, way, leap), last))
    return _join(found)


def _between(one: CameraSample | None, other: CameraSample | None, way: timedelta | None, gap: timedelta) -> Condition:
    """The condition of the time between two samples."""
    if one is None or other is None or way is None or way > gap:
        return Condition.NOT_RUN
    if one.condition is other.condition:
        return one.condition
    if Condition.NOT_RUN in (one.condition, other.condition):
        return Condition.NOT_RUN
    if state_of(one.condition) is state_of(other.condition) is CameraState.NOT_SHOWING:
        return one.condition  # frozen, then offline: not shown all the while
    return Condition.DOUBTFUL


def _join(intervals: Sequence[HealthInterval]) -> list[HealthInterval]:
    """Neighbours in one condition as one; the evidence is that of the first and the last frame."""
    joined: list[HealthInterval] = []
    for each in intervals:
        if joined and joined[-1].condition is each.condition:
            evidence = (*joined[-1].evidence[:1], *each.evidence[-1:])
            samples = joined[-1].samples + max(0, each.samples - 1)
            joined[-1] = replace(
                joined[-1], ends_at=each.ends_at, evidence=tuple(dict.fromkeys(evidence)), samples=samples
            )
        else:
            joined.append(each)
    return joined
