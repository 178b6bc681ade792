"""Does the printed weekday belong to the printed date?

Looks at:         date and weekday of the stamp.
Why it matters:   an app takes both from one clock; who edits a date by hand often forgets the weekday.
Cannot tell when: either was not printed or not read well.
Can be fooled by: an edit that changes both. An app's published sample carries a wrong weekday, so a template that somebody
                  filled in by hand shows the same fault: it is no less a fault, but it says nothing about when.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.observation import Look
from verifier.photo.context import PhotoContext
from verifier.photo.stamp_limits import STAMP_READING_2023, StampReadingLimits

CHECK = "photo.stamp_weekday"
WEEKDAYS = (say("星期一"), say("星期二"), say("星期三"), say("星期四"), say("星期五"), say("星期六"), say("星期日"))


def check(look: Look, context: PhotoContext, limits: StampReadingLimits = STAMP_READING_2023) -> Finding:
    """Compare the printed weekday with the printed date's own.

    Args:
        look: What was seen in the photo.
        context: Names the file.
        limits: The reading confidence from which on a contradiction counts.
    """
    found = partial(Finding, CHECK, profile=limits.name)
    file = context.submission.file
    if look.stamps is None:
        if look.decoded.fault is not None:
            return found(Outcome.UNSURE, say("照片“{file}”无法打开，无法核对水印上的星期。", file=file))
        return found(Outcome.NOT_RUN, say("未能识别照片“{file}”上的文字，星期没有核对。", file=file))
    stamp = look.stamp
    if stamp is None or stamp.weekday is None:
        return found(Outcome.NOT_APPLICABLE, say("照片“{file}”的水印没有印星期。", file=file))
    if stamp.day is None:
        return found(Outcome.UNSURE, say("照片“{file}”的水印印有星期，但日期没有读出，无法核对。", file=file))
    day, seen, wanted = stamp.day.value, stamp.weekday.value, stamp.day.value.weekday()
    sure = min(stamp.day.confidence, stamp.weekday.confidence)
    measured: dict[str, Measured] = {
        "day": day.isoformat(),
        "weekday_seen": seen,
        "weekday_wanted": wanted,
        "reading_confidence": round(sure, 3),
    }
    if seen == wanted:
        reason = say("水印日期 {day} 是{wanted}，与印出的星期一致。", day=day.isoformat(), wanted=WEEKDAYS[wanted])
        return found(Outcome.PASSED, reason, measured=measured)
    if sure < limits.min_confidence:
        reason = say(
            "水印日期读作 {day}（{wanted}），星期读作{seen}，两者不符，但字迹识别把握只有 {sure}（要求 {least}），请人工查看。",
            day=day.isoformat(),
            wanted=WEEKDAYS[wanted],
            seen=WEEKDAYS[seen],
            sure=f"{sure:.2f}",
            least=f"{limits.min_confidence:.2f}",
        )
        return found(Outcome.UNSURE, reason, measured=measured)
    reason = say(
        "水印日期 {day} 应是{wanted}，印出的却是{seen}：日期或星期不是相机自动印上的。",
        day=day.isoformat(),
        wanted=WEEKDAYS[wanted],
        seen=WEEKDAYS[seen],
    )
    return found(Outcome.FAILED, reason, measured=measured)
