"""Is the photo clear enough to be evidence?

Looks at:         size, light, sharpness, and how many faces are large and sharp enough to be recognised.
Why it matters:   Art. 7(2) asks for clear photos, as nobody can be recognised in the others.
Cannot tell when: the values lie between clearly good and clearly useless; faces may be far away in a large room.
Can be fooled by: a sharp picture of the wrong thing; other checks look at what it shows.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import FaceObservation, Look, PictureQuality
from verifier.photo.context import PhotoContext
from verifier.photo.view import decide_view
from verifier.plan import View

ID = "photo.quality"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What is useless (fails) and what is doubtful (unsure).

    Attributes:
        sharp_from: 36 sharp pictures of rooms and groups measured 0.54 to 0.76; blurred by a Gaussian of 1/640 of their
            longer side 0.39 to 0.59, of 2/640 0.26 to 0.39.
        useless_below: The same pictures blurred by 3/640 measured 0.18 to 0.30, by 5/640 0.13 to 0.25: a face of
            1/10 of the width is then a blot.
        dark_below, black_below: Mean grey. The darkest usable of those pictures has 68; a covered lens gives under 15.
        bright_share_above: Share of burnt-out pixels; a window fills less of a room.
        flat_below: Standard deviation of grey; a covered lens or a white sheet, the flattest picture above has 32.
        small_below_px, tiny_below_px: Short side. Watermark apps save 720 px and more on the longer one: 405 at 16:9.
        shaken_below: Ratio of the softest to the sharpest direction in a blurred picture. 61 sharp pictures have 0.86 and more;
            moved by 9/640 of their longer side three in four have under 0.71; out of focus by 2/640, 95 % have more than 0.70. It
            chooses the advice and judges nothing.
        blank_above: Share of empty tiles: 98 % of those pictures have at most 0.27, one of a stage in the dark 0.59.
        enough_faces: With as many readable faces the picture is not useless, whatever the numbers say.
    """

    name: str = "quality-2023"
    sharp_from: float = 0.40
    useless_below: float = 0.20
    dark_below: float = 45.0
    black_below: float = 15.0
    bright_share_above: float = 0.60
    white_share_above: float = 0.95
    flat_below: float = 6.0
    small_below_px: int = 400
    tiny_below_px: int = 240
    shaken_below: float = 0.70
    blank_above: float = 0.80
    enough_faces: int = 3


QUALITY_2023 = QualityLimits()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: a stable code, whether it makes the photo useless, and the sentence with advice."""

    code: str
    useless: bool
    sentence: Sentence


def check(look: Look, context: PhotoContext, limits: QualityLimits = QUALITY_2023) -> Finding:
    """Judge clearness; FAILED only where hardly anything could be recognised by anybody."""
    quality = look.quality
    if quality is None:
        raise ValueError("the quality was not read")
    faces = look.faces or ()
    readable = sum(face.readable for face in faces)
    reasons = Counter(face.unreadable_because for face in faces if not face.readable)
    problems = [*_find_picture_problems(quality, limits), *_find_face_problems(look, context, faces, readable)]
    measured: dict[str, Measured] = {
        "width_px": quality.width_px,
        "height_px": quality.height_px,
        "sharpness": round(quality.sharpness, 3),
        "mean_brightness": round(quality.mean_brightness, 1),
        "dark_share": round(quality.dark_share, 3),
        "bright_share": round(quality.bright_share, 3),
        "contrast": round(quality.contrast, 1),
        "faces": len(faces) if look.faces is not None else None,
        "readable_faces": readable if look.faces is not None else None,
        "direction_ratio": round(quality.direction_ratio, 3),
        "blank_share": round(quality.blank_share, 3),
        **{f"faces_{code}": count for code, count in sorted(reasons.items())},
        "problems": ",".join(problem.code for problem in problems),
    }
    found = partial(Finding, ID, profile=limits.name, measured=measured)
    advice = _advise_on_faces(len(faces), readable, reasons) if _shows_faces(look, context) else []
    if not problems:
        clear = say(
            "照片清晰：{width}×{height} 像素，清晰度 {sharpness}（要求不低于 {limit}），可辨认人脸 {readable} 张。",
            width=quality.width_px,
            height=quality.height_px,
            sharpness=f"{quality.sharpness:.2f}",
            limit=f"{limits.sharp_from:.2f}",
            readable=readable,
        )
        return found(Outcome.PASSED, join([clear, *advice]))
    useless = any(problem.useless for problem in problems) and readable < limits.enough_faces
    outcome = Outcome.FAILED if useless else Outcome.UNSURE
    return found(outcome, join([*(problem.sentence for problem in problems), *advice]))


def _find_picture_problems(quality: PictureQuality, limits: QualityLimits) -> list[Problem]:
    problems = []
    short = min(quality.width_px, quality.height_px)
    if short < limits.small_below_px:
        sentence = say(
            "照片短边只有 {short} 像素（要求不低于 {limit}），请上传原图，不要用缩略图或截图。",
            short=short,
            limit=limits.small_below_px,
        )
        problems.append(Problem("small", short < limits.tiny_below_px, sentence))
    if quality.contrast < limits.flat_below:
        sentence = say(
            "画面几乎没有内容（反差 {contrast}，要求不低于 {limit}），镜头可能被遮挡，请重新拍摄。",
            contrast=_show_below(quality.contrast, 1),
            limit=f"{limits.flat_below:.0f}",
        )
        return [*problems, Problem("covered", True, sentence)]
    if quality.blank_share > limits.blank_above:
        sentence = say(
            "{percent}% 的画面没有任何内容（要求不超过 {limit}%），镜头可能被手指等挡住，请移开后重新拍摄。",
            percent=_show_above(quality.blank_share * 100),
            limit=f"{limits.blank_above * 100:.0f}",
        )
        problems.append(Problem("partly_covered", False, sentence))
    if quality.mean_brightness < limits.dark_below:
        sentence = say(
            "照片过暗（平均亮度 {mean}，要求不低于 {limit}），请开灯后重新拍摄。",
            mean=_show_below(quality.mean_brightness),
            limit=f"{limits.dark_below:.0f}",
        )
        problems.append(Problem("dark", quality.mean_brightness < limits.black_below, sentence))
    if quality.bright_share > limits.bright_share_above:
        sentence = say(
            "照片过曝（{percent}% 的画面全白，要求不超过 {limit}%），请避开逆光重新拍摄。",
            percent=_show_above(quality.bright_share * 100),
            limit=f"{limits.bright_share_above * 100:.0f}",
        )
        problems.append(Problem("bright", quality.bright_share > limits.white_share_above, sentence))
    if quality.sharpness < limits.sharp_from:
        problems.append(_describe_blur(quality, limits))
    return problems


def _show_below(value: float, decimals: int = 0) -> str:
    """A value below its limit, rounded so that it still reads so: 44.7 of 45 is 44, not 45."""
    return f"{math.floor(value * 10**decimals) / 10**decimals:.{decimals}f}"


def _show_above(value: float) -> str:
    """A value above its limit, rounded up."""
    return f"{math.ceil(value)}"


def _describe_blur(quality: PictureQuality, limits: QualityLimits) -> Problem:
    useless = quality.sharpness < limits.useless_below
    values = {"sharpness": _show_below(quality.sharpness, 2), "limit": f"{limits.sharp_from:.2f}"}
    if quality.direction_ratio < limits.shaken_below:
        sentence = say(
            "照片因晃动而模糊（清晰度 {sharpness}，要求不低于 {limit}），请双手持稳手机、待画面静止后重新拍摄。",
            **values,
        )
        return Problem("shaken", useless, sentence)
    sentence = say("照片模糊（清晰度 {sharpness}，要求不低于 {limit}），请擦净镜头、对焦并持稳后重新拍摄。", **values)
    return Problem("blurred", useless, sentence)


def _shows_faces(look: Look, context: PhotoContext) -> bool:
    """Faces are expected only where the photo was taken from the front."""
    seen = decide_view(look)
    return seen.view is View.FRONT or (seen.view is None and context.submission.view is View.FRONT)


def _find_face_problems(
    look: Look, context: PhotoContext, faces: tuple[FaceObservation, ...], readable: int
) -> list[Problem]:
    if not _shows_faces(look, context) or not faces or readable:
        return []
    reasons = _list_reasons(Counter(face.unreadable_because for face in faces))
    sentence = say(
        "画面中 {faces} 张人脸没有一张可以辨认（{reasons}），请靠近学员、面向座位重新拍摄，或分两张拍摄。",
        faces=len(faces),
        reasons=reasons,
    )
    return [Problem("no_readable_face", False, sentence)]


def _advise_on_faces(faces: int, readable: int, reasons: Counter[str]) -> list[Sentence]:
    """How the next photo shows more people who can be recognised; nothing where most of them can be."""
    if not readable or readable * 2 >= faces:
        return []
    advice = {
        "too_small": say("下次请靠近学员或分两张拍摄"),
        "blurred": say("下次请持稳手机并对焦"),
        "turned_away": say("下次请学员面向镜头"),
        "occluded": say("下次请站高一些，避免前排遮挡"),
        "cut_off": say("下次请把学员全部拍进画面"),
    }
    most = reasons.most_common(1)[0][0]
    return [
        say(
            "{faces} 张人脸中只有 {readable} 张可以辨认（{reasons}），{advice}。",
            faces=faces,
            readable=readable,
            reasons=_list_reasons(reasons),
            advice=advice.get(most, advice["too_small"]),
        )
    ]


def _list_reasons(reasons: Counter[str]) -> Sentence:
    listed = [
        say("{reason} {count} 张", reason=_name_reason(code), count=count) for code, count in reasons.most_common()
    ]
    phrase = listed[0]
    for part in listed[1:]:
        phrase = say("{first}、{second}", first=phrase, second=part)
    return phrase


def _name_reason(code: str) -> Sentence:
    known = {
        "too_small": say("过小"),
        "blurred": say("模糊"),
        "turned_away": say("侧转"),
        "occluded": say("被遮挡"),
        "low_score": say("不确定是人脸"),
        "cut_off": say("被画面边缘截断"),
    }
    return known.get(code, say("无法辨认（{code}）", code=code))
