"""Who of the roster is in the picture?

Looks at:         the faces of the decisive frame, matched as those of photos are (attendance/matching.py).
Why it matters:   a full room says nothing about who fills it (E12).
Cannot tell when: faces are too small or turned away, which is usual under a ceiling: fused over a session's samples they tell more.
Can be fooled by: photographs of faces.
"""

from __future__ import annotations

from functools import partial

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023
from verifier.attendance.matching import MATCHING_2023, FaceState
from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.video.context import Seen, StreamContext

ID = "stream.roster"
PROFILE = f"{MATCHING_2023.name}+{ATTENDANCE_BUDGET_2023.name}"


def check(seen: Seen, context: StreamContext) -> Finding:
    """Say who was recognised. A stranger is UNSURE: visitors exist; the session concludes (attendance/presence.py)."""
    found = partial(Finding, ID, profile=PROFILE)
    roster = context.roster
    if roster is None or context.session is None:
        return found(Outcome.NOT_APPLICABLE, say("没有花名册或当时没有课次，无从比对。"))
    if seen.matches is None:
        raise ValueError("the faces were not matched")
    counts = {state: sum(match.state is state for match in seen.matches) for state in FaceState}
    names = sorted({match.student_no for match in seen.matches if match.student_no})
    measured: dict[str, Measured] = {
        **{state.value: count for state, count in counts.items()}, "roster": len(roster.students), "students": "、".join(names),
    }  # fmt: skip
    if not seen.matches:
        return found(Outcome.UNSURE, say("画面中没有找到人脸。"), measured=measured)
    reason = say(
        "画面中认出学员{matched}人、教师{teacher}人；不在花名册上{stranger}人，不能认定{unclear}人，看不清{unreadable}人。",
        **{state.value: count for state, count in counts.items()},
    )
    sure = counts[FaceState.MATCHED] and not counts[FaceState.STRANGER] and not counts[FaceState.UNCLEAR]
    return found(Outcome.PASSED if sure else Outcome.UNSURE, reason, measured=measured)
