"""Does the camera still look where it looked when its view was confirmed?

Looks at:         how the frame's features lie against those of the confirmed views.
Why it matters:   a camera that was turned to the wall is switched on and shows nothing.
Cannot tell when: too little of the room is recognisable; `room` says what that means.
Can be fooled by: nothing known; a view of the same room is what is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from verifier.camera_health import Condition
from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.video.context import Seen, StreamContext
from verifier.video.stream_look import ViewReading

ID = "stream.moved"


@dataclass(frozen=True, slots=True)
class ViewLimits:
    """How a view agrees with a confirmed one; counts as benchmarks/streams.py measures them.

    Attributes:
        least_inliers: So many features in one place: pictures of other rooms reached 8 (photo/reuse_match.py).
        lost_inliers: As few as other rooms give; between both nobody can tell.
        least_features: A picture with fewer shows too little to miss anything in it.
        steady_share: Shift of the middle, in widths: a door that slams, a bracket that gives, a lens that warms up.
        moved_share: From here on a quarter of the view is gone.
        turned_deg, zoomed: Turn and change of scale that no shake gives.
        alike: Correlation at 48 × 27 above which two pictures may show one room, whatever became of their features.
    """

    name: str = "stream-view-2026"
    least_inliers: int = 16
    lost_inliers: int = 8
    least_features: int = 120
    steady_share: float = 0.06
    moved_share: float = 0.20
    turned_deg: float = 12.0
    zoomed: float = 1.35
    alike: float = 0.6


VIEW_2026 = ViewLimits()


def find_best(views: Sequence[ViewReading]) -> ViewReading:
    """The view that agrees most."""
    return max(views, key=lambda view: view.inliers)


def check(seen: Seen, _context: StreamContext, limits: ViewLimits = VIEW_2026) -> Finding:
    """Judge how far the view went from the nearest confirmed one."""
    found = partial(Finding, ID, profile=limits.name)
    if not seen.look.views:
        return found(Outcome.NOT_APPLICABLE, say("该摄像头没有经人工确认的参考画面，无从比对是否移动。"))
    best = find_best(seen.look.views)
    measured: dict[str, Measured] = {
        "condition": Condition.OK.value, "reference": best.reference, "inliers": best.inliers,
        "features": best.features, "shift_share": best.shift_share, "turn_deg": best.turn_deg, "scale": best.scale,
    }  # fmt: skip
    if best.inliers < limits.least_inliers or best.shift_share is None or best.turn_deg is None or best.scale is None:
        reason = say(
            "与参考画面“{reference}”只有{inliers}处特征吻合（要求不少于{limit}处），不能判断移动了多少，见“是否本教室”一项。",
            reference=best.reference, inliers=best.inliers, limit=limits.least_inliers,
        )  # fmt: skip
        return found(Outcome.UNSURE, reason, measured=measured)
    values = {
        "reference": best.reference, "percent": round(best.shift_share * 100), "turn": f"{abs(best.turn_deg):.0f}",
        "limit": round(limits.steady_share * 100),
    }  # fmt: skip
    zoom = max(best.scale, 1 / best.scale)
    if best.shift_share <= limits.steady_share and abs(best.turn_deg) <= limits.turned_deg and zoom <= limits.zoomed:
        reason = say(
            "视角与参考画面“{reference}”一致：偏移为画宽的{percent}%（允许{limit}%），转动{turn}度。", **values
        )
        return found(Outcome.PASSED, reason, measured=measured)
    reason = say("视角与参考画面“{reference}”不同：偏移为画宽的{percent}%（允许{limit}%），转动{turn}度。", **values)
    if best.shift_share < limits.moved_share and abs(best.turn_deg) <= limits.turned_deg and zoom <= limits.zoomed:
        return found(Outcome.UNSURE, reason, measured=measured)
    return found(Outcome.FAILED, reason, measured={**measured, "condition": Condition.MOVED.value})
