"""One look at a camera, judged by every check in this order."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from verifier.attendance.matching import FaceMatch, match_faces
from verifier.camera_health import Condition
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.video import clock, live, moved, people, picture, reachable, recorded, room, roster
from verifier.video.context import Seen, StreamCheck, StreamContext
from verifier.video.stream_look import StreamLook

logger = logging.getLogger(__name__)

PIPELINE = "stream-pipeline-2026"
REACHABLE = StreamCheck(reachable.ID, reachable.check)

RECORDED = StreamCheck(recorded.ID, recorded.check)  # of recordings only
STREAM_CHECKS: tuple[StreamCheck, ...] = (
    REACHABLE,
    StreamCheck(live.ID, live.check),
    StreamCheck(clock.ID, clock.check),
    StreamCheck(picture.ID, picture.check),
    StreamCheck(moved.ID, moved.check),
    StreamCheck(room.ID, room.check),
    StreamCheck(people.ID, people.check),
    StreamCheck(roster.ID, roster.check),
)

# Which parts of a look a check cannot do without.
NEEDED_PARTS: Mapping[str, tuple[str, ...]] = {
    live.ID: ("live", "picture"),
    clock.ID: ("photo", "stamps", "clocks"),
    picture.ID: ("picture",),
    moved.ID: ("views",),
    room.ID: ("views", "picture"),
    people.ID: ("photo", "people", "picture"),
    roster.ID: ("photo", "faces"),
}

# A picture that shows nothing of the room says nothing about where the camera points or who is there.
ABOUT_ROOM = frozenset({moved.ID, room.ID, people.ID, roster.ID})

# What names a camera's condition, the most telling first: a slate is frozen as well, a black picture is plain as well.
_PRECEDENCE = (
    Condition.OFFLINE, Condition.NO_PICTURE, Condition.TEST_CARD, Condition.BLACK, Condition.OVEREXPOSED, Condition.LOOPED,
    Condition.STALE_SNAPSHOT, Condition.FROZEN, Condition.COVERED, Condition.DEFOCUSED, Condition.WRONG_ROOM, Condition.MOVED,
    Condition.WRONG_CLOCK,
)  # fmt: skip


def judge_stream(look: StreamLook, context: StreamContext) -> tuple[Finding, ...]:
    """Run every check on one look.

    Returns: One finding per check of STREAM_CHECKS, in that order, also where a check crashed or what it needs could not be read
        (`not_run`), and where no picture came (`not_applicable`); of a recording one more, about when and where it was made.
    """
    matches = match_people(look, context)
    seen = Seen(look, matches)
    findings: list[Finding] = []
    for check in STREAM_CHECKS:
        findings.append(_run(check, seen, context, findings))
    if look.source_kind == "recording":
        findings.append(_run(RECORDED, seen, context, findings))
    return tuple(findings)


def match_people(look: StreamLook, context: StreamContext) -> tuple[FaceMatch, ...] | None:
    """Whose faces are in the decisive frame; None where there is no roster or no faces were looked for."""
    photo = look.photo
    if photo is None or photo.faces is None or context.roster is None or context.calibration is None:
        return None
    contract = photo.embedding_contract or None
    return match_faces(photo.faces, context.roster, context.calibration, embedding_contract=contract)


def name_condition(findings: Sequence[Finding]) -> Condition:
    """What the findings of one look add up to, for the camera's history."""
    by_id = {finding.check: finding for finding in findings}
    reached = by_id[reachable.ID]
    if reached.outcome is Outcome.NOT_RUN:
        return Condition.NOT_RUN
    failed = {
        Condition(str(finding.measured["condition"]))
        for finding in findings
        if finding.outcome is Outcome.FAILED and "condition" in finding.measured
    }
    for condition in _PRECEDENCE:
        if condition in failed:
            return condition
    if reached.measured.get("condition") == Condition.DOUBTFUL:
        return Condition.DOUBTFUL
    if any(by_id[check].outcome is Outcome.NOT_RUN for check in (live.ID, picture.ID)):
        return Condition.NOT_RUN
    doubts = {by_id[check].measured.get("condition") for check in (live.ID, picture.ID, room.ID)}
    if Condition.DOUBTFUL in doubts:
        return Condition.DOUBTFUL
    if by_id[people.ID].measured.get("condition") == Condition.NO_CLASS:
        return Condition.NO_CLASS
    # People move. A picture of some (or of nobody knows whom) in which nothing does may be live or stored.
    return Condition.DOUBTFUL if by_id[live.ID].measured.get("still") else Condition.OK


def _run(check: StreamCheck, seen: Seen, context: StreamContext, before: Sequence[Finding]) -> Finding:
    look = seen.look
    if check is not REACHABLE and not look.has_picture:
        return Finding(
            check.id, Outcome.NOT_APPLICABLE, say("没有收到画面（见“能否连接”一项），本项无从检查。"), PIPELINE
        )
    if check.id in ABOUT_ROOM and _shows_nothing(before):
        reason = say("画面不是教室实况或看不清（见“是否实况”“画面”两项），本项无从检查。")
        return Finding(check.id, Outcome.NOT_APPLICABLE, reason, PIPELINE)
    missing = [part for part in NEEDED_PARTS.get(check.id, ()) if part in look.not_read]
    if missing:
        why = "; ".join(f"{part}: {look.not_read[part]}" for part in missing)
        reason = say("系统未能读取本项所需的内容（{why}），未检查，不是摄像头的问题。", why=why)
        return Finding(check.id, Outcome.NOT_RUN, reason, PIPELINE)
    try:
        return check.judge(seen, context)
    except Exception as error:
        # What the camera shows is a finding; that a check crashed is our fault, and must not stop the others.
        logger.exception("check %s crashed on %s at %s", check.id, context.camera_id, look.started_at.isoformat())
        reason = say(
            "系统检查出错（{error}），未得出结论，不是摄像头的问题。", error=f"{type(error).__name__}: {error}"[:300]
        )
        return Finding(check.id, Outcome.NOT_RUN, reason, PIPELINE)


def _shows_nothing(before: Sequence[Finding]) -> bool:
    return any(
        finding.outcome is Outcome.FAILED
        for finding in before
        if finding.check == picture.ID
        or (finding.check == live.ID and finding.measured["condition"] == Condition.TEST_CARD)
    )
