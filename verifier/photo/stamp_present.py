"""Does the photo carry a watermark camera's stamp with time and place? (E3, Art. 7(2))

Looks at:         the stamps that were read in the picture.
Why it matters:   the regulation asks for photos taken with a watermark camera; without a stamp there is nothing to compare.
Cannot tell when: text at the edge could not be read, or the stamp lacks a part: it may be there and unreadable.
Can be fooled by: a drawn stamp; `photo.stamp_pasted` and the comparisons with other clocks weigh that.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look, Stamp
from verifier.photo.context import PhotoContext
from verifier.photo.stamp_limits import STAMP_READING_2023, StampReadingLimits

CHECK = "photo.stamp_present"


def check(look: Look, context: PhotoContext, limits: StampReadingLimits = STAMP_READING_2023) -> Finding:
    """Say whether a stamp with date, clock and place (an address or coordinates) was read.

    Args:
        look: What was seen in the photo.
        context: Names the file.
        limits: Only their name is used; nothing here is a matter of degree.
    """
    found = partial(Finding, CHECK, profile=limits.name)
    file = context.submission.file
    if look.stamps is None:
        if look.decoded.fault is not None:
            return found(Outcome.UNSURE, say("照片“{file}”无法打开，无法查看水印。", file=file))
        return found(Outcome.NOT_RUN, say("未能识别照片“{file}”上的文字，水印没有查验。", file=file))
    measured: dict[str, Measured] = {"stamps": len(look.stamps)}
    if not look.stamps:
        reason = say(
            "照片“{file}”上没有水印：画面边缘没有时间和地点文字。要求：用水印相机拍摄，照片上有时间和地点。", file=file
        )
        return found(Outcome.FAILED, reason, measured=measured)
    stamp = look.stamps[0]
    several = _remark_several(look.stamps)
    missing = _name_missing(stamp)
    measured["app"] = stamp.app
    measured["layout"] = stamp.layout
    if missing:
        reason = say(
            "照片“{file}”的水印读到“{seen}”，未读到{missing}；要求水印有日期、时间和地点，请人工查看。",
            file=file,
            seen=_show_lines(stamp),
            missing=join(missing),
        )
        return found(Outcome.UNSURE, join([reason, *several]), measured=measured)
    reason = say("照片“{file}”有水印，含日期、时间和地点：“{seen}”。", file=file, seen=_show_lines(stamp))
    return found(Outcome.PASSED, join([reason, *several]), measured=measured)


def _name_missing(stamp: Stamp) -> list[Sentence]:
    missing = []
    if stamp.day is None:
        missing.append(say("【日期】"))
    if stamp.clock is None:
        missing.append(say("【时间】"))
    if stamp.address is None and (stamp.longitude is None or stamp.latitude is None):
        missing.append(say("【地点】"))
    return missing


def _remark_several(stamps: tuple[Stamp, ...]) -> list[Sentence]:
    if len(stamps) < 2:
        return []
    times = "；".join(_show_time(stamp) for stamp in stamps)
    return [say("注意：画面上共有 {count} 处水印（{times}），以最完整的一处为准。", count=len(stamps), times=times)]


def _show_time(stamp: Stamp) -> str:
    day = stamp.day.value.isoformat() if stamp.day else "?"
    clock = stamp.clock.value.isoformat("auto") if stamp.clock else "?"
    return f"{day} {clock}"


def _show_lines(stamp: Stamp) -> str:
    return " / ".join(line.text for line in stamp.lines if line.text.strip())
