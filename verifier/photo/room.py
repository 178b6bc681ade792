"""Was the photo taken in the room where this venue's earlier photos were taken?

Looks at:         what is recognisable of the room itself (people and stamps left out), against the venue's own photos of earlier
                  sessions, of this class or of one taught there before, of the same view, that are confirmed: stamped in their
                  session, at the venue, and with nothing found against them. A re-used photo is not confirmed; a room is not
                  confirmed by itself.
Why it matters:   a lesson moved to another room without approval is a changed place (Art. 13(1)(5)); a stamp with the right
                  coordinates can be drawn over any room.
Cannot tell when: fewer than two confirmed photos exist (one may be of a corner; two are two standpoints); the photographer
                  stood elsewhere; the room is bare. So not recognising a room is UNSURE, never FAILED.
Can be fooled by: the same wrong room from the first day on; then its photos agree with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.observation import Look
from verifier.photo.context import PhotoContext
from verifier.photo.room_match import ROOM_MATCH_2023
from verifier.plan import SessionKind, SessionMode

ID = "photo.room"
# Who is in it, and whether the report is complete, say nothing about where it was taken.
ABOUT_OTHERS = ("photo.pair", "photo.people", "photo.teacher", "photo.roster")
TIME_CHECK, PLACE_CHECKS = "photo.stamp_time", ("photo.stamp_place", "photo.camera_place")


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """When a room is recognised.

    Attributes:
        enough: Confirmed photos of the same view; one may be of a corner, two are two standpoints.
        most_compared: The latest ones; a class that moved is recognised again by what it did last.
    """

    name: str = "room-2023"
    enough: int = 2
    most_compared: int = 8
    least_inliers: int = ROOM_MATCH_2023.least_inliers
    least_features: int = ROOM_MATCH_2023.least_features


ROOM_2023 = RoomLimits()


def check(look: Look, context: PhotoContext, limits: RoomLimits = ROOM_2023) -> Finding:
    """PASSED where the room is recognised in one confirmed photo, else UNSURE."""
    del look  # what is recognisable was read and compared by `room_history`
    found, session, seen = partial(Finding, ID, profile=limits.name), context.session, context.room
    if session is not None and (session.mode is SessionMode.MOBILE or session.kind is SessionKind.ONLINE):
        return found(Outcome.NOT_APPLICABLE, say("送教或线上课次没有固定教室，不比对教室场景。"))
    if session is None or seen is None:
        return found(Outcome.NOT_APPLICABLE, say("没有可比对的本教室照片（未检索以前的课次）。"))
    measured: dict[str, Measured] = {
        "confirmed": seen.confirmed,
        "compared": seen.compared,
        "features": seen.features,
        "common_features": seen.common_features,
        "other_file": seen.other_file,
    }
    found = partial(found, measured=measured)
    venue = session.venue.name
    if seen.confirmed < limits.enough:
        return found(
            Outcome.UNSURE,
            say(
                "“{venue}”以前课次同方位、已核实的照片只有 {count} 张，至少 {limit} 张才能比对教室，暂时无法判断。",
                venue=venue,
                count=seen.confirmed,
                limit=limits.enough,
            ),
        )
    if seen.features < limits.least_features:
        return found(
            Outcome.UNSURE,
            say(
                "画面中除人和水印外可辨认的细节只有 {count} 处（至少 {limit} 处），无法比对教室，请人工查看。",
                count=seen.features,
                limit=limits.least_features,
            ),
        )
    values = {
        "venue": venue,
        "other": seen.other_file or "–",
        "common": seen.common_features,
        "limit": limits.least_inliers,
    }
    if seen.common_features >= limits.least_inliers:
        reason = say("与“{venue}”此前的 {other} 为同一教室：背景有 {common} 处细节一致（至少 {limit} 处）。", **values)
        return found(Outcome.PASSED, reason)
    reason = say(
        "背景与“{venue}”此前 {count} 张已核实的照片都对不上（最多 {common} 处细节一致，至少要 {limit} 处）："
        "可能换了教室，也可能只是换了拍摄位置，请人工比对。",
        count=seen.compared,
        **values,
    )
    return found(Outcome.UNSURE, reason)


def confirms_room(findings: Sequence[Finding]) -> bool:
    """Whether a photo may stand for its room later: in its session, at its venue, and nothing found against it.

    What was merely doubted elsewhere (its view, how many people) does not matter; a doubt about its being original does.
    """
    outcomes = {finding.check: finding.outcome for finding in findings if finding.check not in ABOUT_OTHERS}
    if {Outcome.FAILED, Outcome.NOT_RUN} & set(outcomes.values()):
        return False
    if outcomes.get("photo.reuse") is Outcome.UNSURE or outcomes.get(TIME_CHECK) is not Outcome.PASSED:
        return False
    return any(outcomes.get(place) is Outcome.PASSED for place in PLACE_CHECKS)
