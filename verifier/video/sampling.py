"""When a camera is looked at: moments inside the session that nobody can foresee, and that can be shown afterwards to be random.

Each session is cut into equal parts with one certain moment in each, so that every session hour is looked at; on top come surprise
moments at a constant rate, so that nobody is ever safe until the next part begins. After a failure it is looked again soon, and
then less and less often. All of it follows from a secret seed, the session's and the camera's id: who knows the seed later can draw
the same moments again; who does not cannot tell the next one from all before.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from verifier.plan import STANDARD_HOUR_MINUTES, Session


class Why(StrEnum):
    """Why a moment was drawn. Stored with the sample."""

    PLANNED = "planned"
    SURPRISE = "surprise"
    AFTER_FAILURE = "after_failure"


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """How often. Changed numbers are a new plan under a new name; samples name theirs.

    Attributes:
        per_hour: Certain moments in each standard hour (45 min): "seven standard hours in a row" (Art. 13(1)(8)) cannot be
            stated from less than one an hour, and with two a single lost sample leaves no hour without.
        surprises_per_hour: Further moments an hour, on average. At 0.5 nobody who was just looked at is safe for the half hour
            that is left: one in three would be caught.
        settle_s: From the start and before the end, when people come and go.
        again_after_s: Waits after a failure, each drawn between half and all of its value: soon enough to tell a short outage
            (a router restarts in one to three minutes) from a lasting one.
        again_after_wrong_password_s: Cameras lock an account after five to seven wrong tries (Hikvision: 7 in 30 min), so a
            refused password is tried again only after that.
    """

    name: str
    per_hour: int = 2
    surprises_per_hour: float = 0.5
    settle_s: float = 600.0
    again_after_s: tuple[float, ...] = (120.0, 300.0, 600.0)
    again_after_wrong_password_s: float = 2400.0

    def __post_init__(self) -> None:
        if self.per_hour < 1 or self.surprises_per_hour < 0 or self.settle_s < 0 or not self.again_after_s:
            raise ValueError("a sampling plan looks at least once an hour and waits no negative time")


SAMPLING_2026 = SamplingPlan("camera-sampling-2026")


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment to look at one camera, with all that is needed to draw it again.

    Attributes:
        at: UTC.
        seed: 32 hexadecimal digits; secret until the session is over.
        number: Which draw of its kind it is.
    """

    camera_id: str
    session_id: str
    at: datetime
    why: Why
    number: int
    seed: str
    plan: str

    @property
    def key(self) -> str:
        """Tells moments apart: asked twice, visited once."""
        return f"{self.camera_id}/{self.session_id}/{self.why}/{self.number}/{self.at:%Y%m%dT%H%M%S}"

    def to_json(self) -> dict[str, Any]:
        """What is kept with the sample."""
        return {
            "camera": self.camera_id,
            "session": self.session_id,
            "at": self.at.isoformat(),
            "why": self.why.value,
            "number": self.number,
            "seed": self.seed,
            "plan": self.plan,
        }

    @staticmethod
    def from_json(said: Mapping[str, Any]) -> Moment:
        """The moment that `to_json` wrote."""
        return Moment(
            said["camera"],
            said["session"],
            datetime.fromisoformat(said["at"]),
            Why(said["why"]),
            said["number"],
            said["seed"],
            said["plan"],
        )


def make_seed() -> str:
    """A seed nobody can guess; one a day is enough, as session and camera go into every draw."""
    return secrets.token_hex(16)


def draw_moments(session: Session, camera_id: str, seed: str, plan: SamplingPlan = SAMPLING_2026) -> tuple[Moment, ...]:
    """All moments of one session that are known beforehand, in order of time.

    Args:
        session: Its times carry a zone.
        seed: As `make_seed` gives it.
    """
    opens, closes = _find_window(session, plan)
    length = (closes - opens).total_seconds()
    parts = count_planned(session, plan)
    draws = []
    for number in range(parts):
        part = length / parts
        at = opens + timedelta(seconds=(number + _draw(seed, session, camera_id, Why.PLANNED, number)) * part)
        draws.append((at, Why.PLANNED, number))
    waited, number, rate = 0.0, 0, plan.surprises_per_hour / (STANDARD_HOUR_MINUTES * 60)
    while rate > 0:
        # Waiting times of a process without memory: what was drawn says nothing about what comes.
        waited += -math.log(1.0 - _draw(seed, session, camera_id, Why.SURPRISE, number)) / rate
        if waited >= length:
            break
        draws.append((opens + timedelta(seconds=waited), Why.SURPRISE, number))
        number += 1
    return tuple(Moment(camera_id, session.id, *draw, seed, plan.name) for draw in sorted(draws))


def count_planned(session: Session, plan: SamplingPlan = SAMPLING_2026) -> int:
    """How many certain moments a session has: `per_hour` for every standard hour begun, at least one."""
    minutes = (session.ends_at - session.starts_at).total_seconds() / 60
    return max(1, math.ceil(minutes / STANDARD_HOUR_MINUTES - 1e-9)) * plan.per_hour


def draw_again(
    failed: Moment,
    session: Session,
    failed_at: datetime,
    failures_in_a_row: int,
    wrong_password: bool = False,
    plan: SamplingPlan = SAMPLING_2026,
) -> Moment | None:
    """When to look again after a failure; None where the session is over by then.

    Args:
        failed: The moment whose visit failed.
        failed_at: When that visit ended, UTC.
        failures_in_a_row: This one included, from 1.
    """
    if failures_in_a_row < 1:
        raise ValueError("draw_again is for a failure: at least one in a row")
    waits = plan.again_after_s
    longest = plan.again_after_wrong_password_s if wrong_password else waits[min(failures_in_a_row, len(waits)) - 1]
    # The time of the failure goes in, so that two failures in one session draw differently.
    number = int(failed_at.timestamp())
    fraction = _draw(failed.seed, session, failed.camera_id, Why.AFTER_FAILURE, number)
    # A wrong password waits out the lock; the others may come earlier.
    wait = longest * (1.0 + fraction / 2 if wrong_password else 0.5 + fraction / 2)
    at = failed_at.astimezone(UTC) + timedelta(seconds=wait)
    if at >= session.ends_at:
        return None
    return Moment(failed.camera_id, session.id, at, Why.AFTER_FAILURE, number, failed.seed, plan.name)


def _find_window(session: Session, plan: SamplingPlan) -> tuple[datetime, datetime]:
    opens, closes = session.starts_at.astimezone(UTC), session.ends_at.astimezone(UTC)
    if closes <= opens:
        raise ValueError(f"session {session.id} ends at {session.ends_at} before it starts at {session.starts_at}")
    # Of a very short session at least its middle third stays.
    settle = min(timedelta(seconds=plan.settle_s), (closes - opens) / 3)
    return opens + settle, closes - settle


def _draw(seed: str, session: Session, camera_id: str, why: Why, number: int) -> float:
    """A number in [0, 1) that follows from the seed and cannot be foreseen without it."""
    starts = session.starts_at.astimezone(UTC).isoformat()
    subject = "\x1f".join((session.id, starts, camera_id, why.value, str(number)))
    digest = hmac.digest(seed.encode(), subject.encode(), hashlib.sha256)
    return int.from_bytes(digest[:6], "big") / 2**48
