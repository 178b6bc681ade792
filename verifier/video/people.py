"""Is anybody in the room, and about as many as should be?

Looks at:         the count of people with its bounds, as the photo pipeline counts them.
Why it matters:   Art. 7(2): the camera shows the class; an empty room at class time is no class.
Cannot tell when: no people pack is installed (backs are not seen), the picture is poor, or it may be the break.
Can be fooled by: posters and dolls; people who hide behind each other are not counted.
"""

from __future__ import annotations

from functools import partial

from verifier.camera_health import Condition
from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.video import picture
from verifier.video.context import Seen, StreamContext

ID = "stream.people"
PROFILE = "stream-people-2026"


def check(seen: Seen, context: StreamContext) -> Finding:
    """Judge one moment. An empty room is UNSURE, as classes have breaks: only its history tells (`camera_health`)."""
    found = partial(Finding, ID, profile=PROFILE)
    people = seen.look.photo.people if seen.look.photo is not None else None
    if people is None:
        raise ValueError("nobody counted the people")
    measured: dict[str, Measured] = {
        "condition": Condition.OK.value, "count": people.count, "low": people.low, "high": people.high,
        "method": people.method, "expected": context.expected,
    }  # fmt: skip
    at = context.show_time(seen.look.started_at)
    counted = say(
        "{at}画面中有{count}人（{low}至{high}人）。", at=at, count=people.count, low=people.low, high=people.high
    )
    if context.session is None:
        return found(Outcome.NOT_APPLICABLE, say("{counted}当时没有课次。", counted=counted), measured=measured)
    if people.count == 0:
        clear = picture.check(seen, context).outcome is Outcome.PASSED
        if people.method == "faces" or not clear or people.high > 0:
            reason = say("{at}画面中没有找到人；画面不够清楚或未安装人数模型，不能认定教室无人。", at=at)
            return found(Outcome.UNSURE, reason, measured=measured)
        reason = say("{at}正在上课时间，画面清楚，教室内没有人；可能是课间，须结合前后时段判断。", at=at)
        return found(Outcome.UNSURE, reason, measured={**measured, "condition": Condition.NO_CLASS.value})
    if context.expected is None:
        return found(Outcome.PASSED, counted, measured=measured)
    compared = say("{counted}应到{expected}人。", counted=counted, expected=context.expected)
    if people.high < context.expected:
        return found(Outcome.UNSURE, compared, measured=measured)
    return found(Outcome.PASSED, compared, measured=measured)
