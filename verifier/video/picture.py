"""Can anything be seen in the picture?

Looks at:         light, sharpness, detail and colour of the decisive frame; confirmed views where there are some.
Why it matters:   a camera that is switched on but covered, sprayed or in the dark shows no class.
Cannot tell when: the picture is poor but something can be made out; a dim room, a hand that passes, a fog on the glass.
Can be fooled by: a photograph in front of the lens; `live` and `clock` look at that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from verifier.camera_health import Condition
from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, say
from verifier.photo.quality import QUALITY_2023, QualityLimits
from verifier.video.context import Seen, StreamContext
from verifier.video.stream_look import PictureReading, StreamLook

ID = "stream.picture"


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What is useless (fails) and what is doubtful (unsure). Measured on 19 real frames, each also dimmed to a third without
    colour (infrared) and blurred by 5/640 and by 40/640 of its width, and on a clip of a hand over the lens.

    Attributes:
        quality: Light as for photos.
        sharp_from, useless_below: Frames had 0.62 to 0.93, with noise of 0 to 4 grey levels and in a third of the light; blurred
            by 2/640 of the width 0.49 and more, by 3/640 0.41 and more, by 5/640 0.33 to 0.41.
        nothing_above: The 99th percentile of grey of a black picture; the dimmed frames had 66 and more.
        plain_share, plain_doubt: Share of tiles without anything in them: frames 0 to 0.33, dimmed to 0.57, a hand that covers
            most of the lens 0.60 to 0.67, a lens that cannot focus at all 1.00.
        grey_below: Mean distance of the channels: the least colourful frame had 11, infrared 0 to 1 after coding.
        day_hours: Hours of the day in which a classroom has light enough for colour.
    """

    name: str = "stream-picture-2026"
    quality: QualityLimits = QUALITY_2023
    sharp_from: float = 0.48
    useless_below: float = 0.40
    nothing_above: float = 40.0
    plain_share: float = 0.90
    plain_doubt: float = 0.58
    lost_inliers: int = 8
    grey_below: float = 3.0
    day_hours: tuple[int, int] = (8, 17)


PICTURE_2026 = PictureLimits()
_Problem = tuple[Outcome, Condition, Sentence]


def check(seen: Seen, context: StreamContext, limits: PictureLimits = PICTURE_2026) -> Finding:
    """Judge clearness; FAILED only where hardly anything could be made out by anybody."""
    look = seen.look
    picture = look.picture
    if picture is None:
        raise ValueError("the picture was not measured")
    measured: dict[str, Measured] = {
        "condition": Condition.OK.value, "width_px": picture.width_px, "height_px": picture.height_px,
        "brightness": picture.brightness, "contrast": picture.contrast, "sharpness": picture.sharpness,
        "plain_share": picture.plain_share, "bright_share": picture.bright_share, "saturation": picture.saturation,
    }  # fmt: skip
    found = partial(Finding, ID, profile=limits.name)
    problem = _find_problem(look, picture, limits)
    if problem is not None:
        outcome, condition, reason = problem
        return found(outcome, reason, measured={**measured, "condition": condition.value})
    hour = look.started_at.astimezone(context.zone).hour
    if picture.saturation < limits.grey_below and limits.day_hours[0] <= hour < limits.day_hours[1]:
        reason = say(
            "{at}画面没有颜色（夜视模式）；白天教室光线充足时应为彩色，请核实光线或镜头是否被遮挡。",
            at=context.show_time(look.started_at),
        )
        return found(Outcome.UNSURE, reason, measured={**measured, "infrared": True})
    reason = say(
        "画面清楚：{width}×{height}像素，清晰度{sharpness}（要求不低于{limit}），平均亮度{brightness}。",
        width=picture.width_px, height=picture.height_px, sharpness=f"{picture.sharpness:.2f}",
        limit=f"{limits.sharp_from:.2f}", brightness=f"{picture.brightness:.0f}",
    )  # fmt: skip
    return found(Outcome.PASSED, reason, measured=measured)


def _find_problem(look: StreamLook, picture: PictureReading, limits: PictureLimits) -> _Problem | None:
    return (
        _find_dark(picture, limits)
        or _find_white(picture, limits)
        or _find_cover(look, picture, limits)
        or _find_blur(picture, limits)
    )


def _find_dark(picture: PictureReading, limits: PictureLimits) -> _Problem | None:
    quality = limits.quality
    if picture.brightness >= quality.black_below:
        return None
    black = picture.brightest < limits.nothing_above
    reason = say(
        "画面全黑或过暗：平均亮度{brightness}（要求不低于{limit}），最亮处{brightest}。",
        brightness=f"{picture.brightness:.0f}", limit=f"{quality.black_below:.0f}", brightest=f"{picture.brightest:.0f}",
    )  # fmt: skip
    return (Outcome.FAILED if black else Outcome.UNSURE), (Condition.BLACK if black else Condition.DOUBTFUL), reason


def _find_white(picture: PictureReading, limits: PictureLimits) -> _Problem | None:
    quality = limits.quality
    if picture.bright_share <= quality.bright_share_above:
        return None
    blind = picture.bright_share > quality.white_share_above or picture.contrast < quality.flat_below
    reason = say(
        "画面过曝：{percent}%的画面全白（要求不超过{limit}%）。",
        percent=round(picture.bright_share * 100), limit=round(quality.bright_share_above * 100),
    )  # fmt: skip
    return (
        (Outcome.FAILED if blind else Outcome.UNSURE),
        (Condition.OVEREXPOSED if blind else Condition.DOUBTFUL),
        reason,
    )


def _find_cover(look: StreamLook, picture: PictureReading, limits: PictureLimits) -> _Problem | None:
    if picture.plain_share < limits.plain_doubt:
        return None
    # The room's own features are gone as well: a bare wall in the confirmed view would still lie where it lay.
    lost = bool(look.views) and max(view.inliers for view in look.views) <= limits.lost_inliers
    covered = picture.plain_share >= limits.plain_share or (lost and all(view.alike < 0.5 for view in look.views))
    reason = say(
        "画面中{percent}%的区域没有任何细节（清楚的教室画面不超过{limit}%），镜头可能被遮挡、喷涂或完全失焦。",
        percent=round(picture.plain_share * 100), limit=round(limits.plain_doubt * 100),
    )  # fmt: skip
    return (
        (Outcome.FAILED if covered else Outcome.UNSURE),
        (Condition.COVERED if covered else Condition.DOUBTFUL),
        reason,
    )


def _find_blur(picture: PictureReading, limits: PictureLimits) -> _Problem | None:
    if picture.sharpness >= limits.sharp_from:
        return None
    useless = picture.sharpness < limits.useless_below
    reason = say(
        "画面模糊：清晰度{sharpness}（要求不低于{limit}），请擦净镜头并重新对焦。",
        sharpness=f"{picture.sharpness:.2f}", limit=f"{limits.sharp_from:.2f}",
    )  # fmt: skip
    return (
        (Outcome.FAILED if useless else Outcome.UNSURE),
        (Condition.DEFOCUSED if useless else Condition.DOUBTFUL),
        reason,
    )
