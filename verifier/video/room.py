"""Is it the filed room that the camera shows?

Looks at:         whether the features of any confirmed view are found again in the frame, people left out.
Why it matters:   a camera in another room, or one that is turned to another wall, shows another class or none.
Cannot tell when: no view was confirmed, the picture is poor, or people hide the room.
Can be fooled by: two rooms that are furnished alike.
"""

from __future__ import annotations

from functools import partial

from verifier.camera_health import Condition
from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.video import picture
from verifier.video.context import Seen, StreamContext
from verifier.video.moved import VIEW_2026, ViewLimits, find_best

ID = "stream.room"


def check(seen: Seen, context: StreamContext, limits: ViewLimits = VIEW_2026) -> Finding:
    """Judge whether the confirmed room is in the picture. FAILED needs a clear picture full of features that are all others."""
    found = partial(Finding, ID, profile=limits.name)
    views = seen.look.views
    if not views:
        return found(Outcome.NOT_APPLICABLE, say("该摄像头没有经人工确认的参考画面，无从比对是否本教室。"))
    best = find_best(views)
    measured: dict[str, Measured] = {
        "condition": Condition.OK.value, "reference": best.reference, "inliers": best.inliers,
        "features": best.features, "references": len(views), "alike": best.alike,
    }  # fmt: skip
    values = {"count": len(views), "inliers": best.inliers, "limit": limits.least_inliers}
    if best.inliers >= limits.least_inliers:
        reason = say("画面与{count}幅参考画面之一有{inliers}处特征吻合（要求不少于{limit}处），是备案教室。", **values)
        return found(Outcome.PASSED, reason, measured=measured)
    clear = picture.check(seen, context).outcome is Outcome.PASSED
    enough = min(max(view.features for view in views), max(view.reference_features for view in views))
    if clear and best.inliers <= limits.lost_inliers and enough >= limits.least_features and best.alike < limits.alike:
        reason = say(
            "画面清楚，但与{count}幅参考画面都不吻合（最多{inliers}处特征，要求不少于{limit}处）：不是备案教室，或镜头已转向别处。",
            **values,
        )
        return found(Outcome.FAILED, reason, measured={**measured, "condition": Condition.WRONG_ROOM.value})
    reason = say(
        "画面与{count}幅参考画面最多有{inliers}处特征吻合（要求不少于{limit}处），不能认定是否备案教室。", **values
    )
    return found(Outcome.UNSURE, reason, measured={**measured, "condition": Condition.DOUBTFUL.value})
