"""Which session was a photo handed in for? Declared, named in its path, or guessed from its own clocks, in that order.

A guess from the photo's own stamp proves nothing about the stamp, so the source of the answer travels with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from verifier.observation import Look
from verifier.photo.context import SessionSource
from verifier.photo.stamp_limits import STAMP_TIME_2023, StampTimeLimits
from verifier.plan import Session, Submission, TrainingClass


@dataclass(frozen=True, slots=True)
class Assignment:
    """The session a photo belongs to (None: to none of the class), and how we know."""

    session: Session | None
    source: SessionSource


def assign_session(
    submission: Submission,
    look: Look | None,
    training: TrainingClass,
    named_session: str | None,
    limits: StampTimeLimits = STAMP_TIME_2023,
) -> Assignment:
    """Find the session of one photo.

    Args:
        submission: As handed in, with what the uploader declared.
        look: What was seen in it; None where it was not looked at.
        training: The class it was handed in for.
        named_session: Id of the session that the file's path names, as `verifier.filing.session_from_name` reads it.
        limits: The grace around a session within which a clock's time still belongs to it.
    """
    by_id = {session.id: session for session in training.sessions}
    if submission.session_id is not None:
        return Assignment(by_id.get(submission.session_id), SessionSource.DECLARED)
    if named_session is not None and named_session in by_id:
        return Assignment(by_id[named_session], SessionSource.NAME)
    zone = ZoneInfo(training.timezone)
    clocks = (
        (look.stamp.taken_at_local if look and look.stamp else None, SessionSource.STAMP),
        (look.camera.taken_at_local if look and look.camera else None, SessionSource.CAMERA),
    )
    for local, source in clocks:
        session = find_session_at(training.sessions, local.replace(tzinfo=zone), limits) if local else None
        if session is not None:
            return Assignment(session, source)
    return Assignment(None, SessionSource.UNKNOWN)


def find_session_at(sessions: Sequence[Session], at: datetime, limits: StampTimeLimits) -> Session | None:
    """The session in whose window, grace included, a moment lies; of two neighbours the one it lies closer to."""

    def distance(session: Session) -> timedelta:
        return max(session.starts_at - at, at - session.ends_at, timedelta(0))

    open_then = [
        session
        for session in sessions
        if session.starts_at - limits.grace_before <= at <= session.ends_at + limits.grace_after
    ]
    return min(open_then, key=distance) if open_then else None
