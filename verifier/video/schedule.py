"""Which cameras are to be looked at now, and which moments went by while nobody looked.

A moment that passed unseen because our worker did not run is our fault: it is told as missed, never as a dark camera.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from verifier.plan import Session, SessionMode, TrainingClass
from verifier.video.sampling import SAMPLING_2026, Moment, SamplingPlan, draw_moments

LATE_AFTER_S = 120.0  # a round over fifty cameras takes under a minute: benchmarks/cameras.py


@dataclass(frozen=True, slots=True)
class Round:
    """One look at the clock.

    Attributes:
        due: To be visited now, cameras that answered last time first.
        covered: Came due together with a later moment of the same camera: done with it.
        missed: Went by unseen: `not_run`.
        next_at: When the next moment comes; None where none is left.
    """

    due: tuple[Moment, ...]
    covered: tuple[Moment, ...]
    missed: tuple[Moment, ...]
    next_at: datetime | None


def draw_day(
    training: TrainingClass, sessions: Iterable[Session], seed: str, plan: SamplingPlan = SAMPLING_2026
) -> tuple[Moment, ...]:
    """The moments of some sessions of a class, in order of time. Sessions without a live camera have none.

    A mobile session (Art. 10) is shown by recordings afterwards.
    """
    cameras = {camera.id for camera in training.cameras}
    moments = [
        moment
        for session in sessions
        if session.camera_id in cameras and session.mode is SessionMode.CLASSROOM
        for moment in draw_moments(session, str(session.camera_id), seed, plan)
    ]
    return tuple(sorted(moments, key=lambda moment: (moment.at, moment.key)))


def derive_seed(key: bytes, class_number: str, session: Session) -> str:
    """The seed of one session, 32 hexadecimal digits. Kept with its samples it gives away no other session's moments.

    Args:
        key: 32 secret bytes of this installation; whoever restarts draws the same moments.
    """
    subject = "\x1f".join((class_number, session.id, session.day.isoformat()))
    return hmac.digest(key, subject.encode(), hashlib.sha256).hex()[:32]


def plan_round(
    moments: Sequence[Moment],
    done: Collection[str],
    now: datetime,
    failures: Mapping[str, int] | None = None,
    late_after_s: float = LATE_AFTER_S,
) -> Round:
    """Sort moments into due, missed and yet to come.

    Of several due moments of one camera the newest is visited and counts for all: a second look in the same minute shows nothing
    new. The others are covered, not missed.

    Args:
        moments: Drawn beforehand and after failures.
        done: Keys of moments that were visited or told as missed.
        failures: Camera → failures in a row; such cameras come last.
        late_after_s: A moment that passed longer ago is missed.
    """
    failing = failures or {}
    late = now - timedelta(seconds=late_after_s)
    due: dict[str, Moment] = {}
    covered: list[Moment] = []
    missed: list[Moment] = []
    coming: list[datetime] = []
    for moment in sorted(moments, key=lambda one: one.at):
        if moment.key in done:
            continue
        if moment.at > now:
            coming.append(moment.at)
        elif moment.at < late:
            missed.append(moment)
        else:
            if moment.camera_id in due:
                covered.append(due[moment.camera_id])
            due[moment.camera_id] = moment
    ordered = sorted(due.values(), key=lambda moment: (failing.get(moment.camera_id, 0), moment.at, moment.camera_id))
    return Round(tuple(ordered), tuple(covered), tuple(missed), min(coming, default=None))
