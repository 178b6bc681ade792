"""Is the stamp's anti-counterfeit code (防伪码) its own, and does the app's maker know it?

Looks at:         every code that was surely read; other photos in the records that show it; the maker's answer, where one is asked.
Why it matters:   an app gives each photo its own code: one code on two different photos means that a stamp was copied.
Cannot tell when: there is no code (many apps print none), or it was not read surely: one misread letter makes another code.
                  (O and 0, I and 1 are taken for one: nobody tells them apart in one line of capitals.)
                  Which of two photos owns a code cannot be seen in them. Without asking the maker an invented code looks like
                  a real one, so that its mere presence proves nothing.
Can be fooled by: a code drawn at random for each photo, unless the maker is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from verifier.coordinates import convert_to_wgs84, measure_distance_m
from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look, Stamp, fold_code
from verifier.photo.clocks import Clock, Reading, measure_gap_s, read_printed_clock, show_gap
from verifier.photo.context import CodeAnswer, CodeState, CodeUse, PhotoContext
from verifier.photo.geofence import PLACE_2023
from verifier.photo.stamp_limits import STAMP_READING_2023
from verifier.plan import CoordinateFrame, Submission

ID = "photo.stamp_code"
SAME_SHOT = ("bytes", "pixels", "picture", "near")  # ways of `OtherUse` in which two files are one photo


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """When a code counts.

    Attributes:
        min_confidence: Of the least sure character, as for everything read from a stamp.
        own_code_apps: Apps that give every photo a code of its own; another app's code may stand for a phone or a person.
        agree_s: The maker's time against the stamp's: the same clock, so minutes cover everything but HH:MM.
        other_place_m: As between the stamp's and the camera's position.
    """

    name: str = "stamp-code-2023"
    min_confidence: float = STAMP_READING_2023.min_confidence
    own_code_apps: tuple[str, ...] = ("今日水印相机", "Timemark")
    agree_s: float = 300.0
    other_place_m: float = PLACE_2023.other_place_m


CODE_2023 = CodeLimits()


def check(look: Look, context: PhotoContext, limits: CodeLimits = CODE_2023) -> Finding:
    """Compare each stamp's code with the records and with the maker's answer about it; no code is NOT_APPLICABLE.

    A picture may show several stamps, each with a code of its own; the worst of what is found about them is the outcome.
    """
    found = partial(Finding, ID, profile=limits.name)
    coded = [(stamp, stamp.code) for stamp in look.stamps or () if stamp.code is not None]
    if not coded:
        return found(Outcome.NOT_APPLICABLE, say("水印上没有防伪码，无从核对，不说明任何问题。"))
    sure = find_sure_codes(look, limits)
    stamp, code = next(iter(sure), (coded[0][0], coded[0][1].value))
    sureness = stamp.code.confidence if stamp.code is not None else 0.0
    measured: dict[str, Measured] = {"code": code, "confidence": round(sureness, 3), "app": stamp.app}
    if not sure:
        reason = say("防伪码读作 {code}，字迹识别把握不足，差一个字就是另一个码，未用于核对。", code=code)
        return found(Outcome.NOT_APPLICABLE, reason, measured=measured)
    if context.code_uses is None and context.code_answers is None:
        return found(Outcome.NOT_APPLICABLE, say("防伪码 {code}：没有可比对的档案。", code=code), measured=measured)
    others = _find_other_photos(context)
    judged = [
        _judge_uses([use for use in others if use.code == each], its, each, context, limits) for its, each in sure
    ]
    answers = context.code_answers or {}
    for number, (its, each) in enumerate(sure, 1):
        if each in answers:
            judged.append(_judge_answer(answers[each], its, each, context, limits))
            measured |= _measure_answer(answers[each], "" if number == 1 else f"_{number}")
    uses = [use for use in others if use.code in {each for _, each in sure}]
    measured |= {"codes": len(sure), "other_photos": len(uses)}
    if uses:
        first = uses[0]
        measured |= {"other_class": first.class_number, "other_file": first.file, "other_sha256": first.sha256}
    order = (Outcome.FAILED, Outcome.UNSURE, Outcome.NOT_RUN, Outcome.PASSED)
    judged.sort(key=lambda part: order.index(part[0]))
    return found(judged[0][0], join([sentence for _, sentence in judged]), measured=measured)


def find_sure_codes(look: Look, limits: CodeLimits = CODE_2023) -> list[tuple[Stamp, str]]:
    """Each code that was surely read, once, with the fullest stamp that shows it."""
    found: dict[str, Stamp] = {}
    for stamp in look.stamps or ():
        if stamp.code is not None and stamp.code.confidence >= limits.min_confidence:
            found.setdefault(stamp.code.value, stamp)
    return [(stamp, code) for code, stamp in found.items()]


def find_codes_among(
    class_number: str | None,
    submissions: Sequence[Submission],
    looks: Mapping[str, Look],
    limits: CodeLimits = CODE_2023,
) -> dict[Submission, tuple[CodeUse, ...] | None]:
    """Which of some photos, with different bytes, surely show one code, for photos that are checked together, without records.

    Args:
        class_number: The class they were handed in for; None where no class is known, and then which came first is not either.
        looks: SHA-256 → look.
    Returns: Each photo with the others that show its codes; None where none does, as earlier photos' codes are not known.
    """
    places = {each: place for place, each in enumerate(sorted(submissions, key=_order_of_receipt))}
    shown = {each: find_sure_codes(looks[each.sha256], limits) for each in submissions if each.sha256 in looks}
    found: dict[Submission, tuple[CodeUse, ...] | None] = {}
    for each, own in shown.items():
        codes = {fold_code(code): code for _, code in own}
        uses = [
            CodeUse(
                codes[fold_code(code)],
                class_number,
                other.session_id if class_number is not None else None,
                other.file,
                other.sha256,
                class_number is not None and places[other] < places[each],
                stamp.taken_at_local,
            )
            for other, others in shown.items()
            for stamp, code in others
            if other.sha256 != each.sha256 and fold_code(code) in codes
        ]
        found[each] = tuple(uses) or None
    return found


def _order_of_receipt(submission: Submission) -> tuple[datetime, str]:
    """By receipt, and those of no known receipt last; where a class is known it orders them by their sessions."""
    return submission.received_at or datetime.max.replace(tzinfo=UTC), submission.file


def _find_other_photos(context: PhotoContext) -> list[CodeUse]:
    """Uses of the code by photos that are not this very one, handed in again or re-encoded: that is `photo.reuse`'s subject."""
    copies = {use.sha256 for use in context.other_uses or () if use.how in SAME_SHOT}
    return [use for use in context.code_uses or () if use.sha256 not in copies]


def _judge_uses(
    uses: Sequence[CodeUse], stamp: Stamp, code: str, context: PhotoContext, limits: CodeLimits
) -> tuple[Outcome, Sentence]:
    if not uses:
        if context.code_uses is None:
            return Outcome.PASSED, say("防伪码 {code} 未检索档案。", code=code)
        return Outcome.PASSED, say("防伪码 {code} 未在其他照片上出现（仅说明没有重复，不说明是真的）。", code=code)
    own = context.training.number if context.training is not None else None
    # The worst one is told: of the same class, earlier, of another time.
    use = min(uses, key=lambda each: (each.class_number != own, not each.received_first))
    taken = stamp.taken_at_local
    values = {
        "code": code,
        "other": _name_use(use),
        "count": len(uses),
        "here": _show(taken),
        "there": _show(use.taken_at),
    }
    if stamp.app not in limits.own_code_apps:
        reason = say(
            "防伪码 {code} 也出现在另外 {count} 张不同的照片上，如{other}（本照片 {here}，对方 {there}）；"
            "不清楚该水印软件是否一张一码，请核实。",
            **values,
        )
        return Outcome.UNSURE, reason
    reason = say(
        "防伪码 {code} 也出现在另外 {count} 张不同的照片上，如{other}（本照片 {here}，对方 {there}）；"
        "该软件一张照片一个码，至少一张的水印是复制的，请核实。",
        **values,
    )
    # Both photos are this class's own, so it does not matter which of the two was copied; the later one is told off.
    hard = use.class_number == own and use.received_first and None not in (taken, use.taken_at)
    return (Outcome.FAILED if hard and taken != use.taken_at else Outcome.UNSURE), reason


def _judge_answer(
    answer: CodeAnswer, stamp: Stamp, code: str, context: PhotoContext, limits: CodeLimits
) -> tuple[Outcome, Sentence]:
    if answer.state is CodeState.COULD_NOT_ASK:
        return Outcome.NOT_RUN, say("未能向水印软件厂商查询防伪码 {code}，将再次尝试，不是照片的问题。", code=code)
    if answer.state is CodeState.UNKNOWN:
        return Outcome.UNSURE, say("水印软件厂商查无防伪码 {code}，请人工核对码是否读对、水印是否伪造。", code=code)
    gap_s = _measure_gap_s(answer, stamp, ZoneInfo(context.timezone))
    if gap_s is not None and abs(gap_s) > limits.agree_s:
        recorded = answer.taken_at.astimezone(ZoneInfo(context.timezone)) if answer.taken_at else None
        return Outcome.FAILED, say(
            "水印软件厂商记录防伪码 {code} 的拍摄时间为 {recorded}，水印写 {printed}，相差 {gap}。",
            code=code,
            recorded=_show(recorded),
            printed=_show(stamp.taken_at_local),
            gap=show_gap(gap_s),
        )
    distance_m = _measure_distance_m(answer, stamp)
    if distance_m is not None and distance_m > limits.other_place_m:
        return Outcome.FAILED, say(
            "水印软件厂商记录防伪码 {code} 的拍摄地点与水印坐标相距 {distance} 米，容许 {limit} 米。",
            code=code,
            distance=round(distance_m),
            limit=round(limits.other_place_m),
        )
    if gap_s is None and distance_m is None:
        return Outcome.PASSED, say("水印软件厂商承认防伪码 {code}，但没有可比对的时间和地点。", code=code)
    return Outcome.PASSED, say("水印软件厂商承认防伪码 {code}，所记时间、地点与水印相符。", code=code)


def _measure_gap_s(answer: CodeAnswer, stamp: Stamp, zone: ZoneInfo) -> float | None:
    printed = read_printed_clock(stamp, zone)
    if printed is None or answer.taken_at is None or printed.confidence < CODE_2023.min_confidence:
        return None
    return measure_gap_s(printed, Reading(Clock.RECEIPT, answer.taken_at))


def _measure_distance_m(answer: CodeAnswer, stamp: Stamp) -> float | None:
    """The distance in the datums that favour the agency; None where either says no place."""
    if stamp.longitude is None or stamp.latitude is None or answer.longitude is None or answer.latitude is None:
        return None
    if min(stamp.longitude.confidence, stamp.latitude.confidence) < CODE_2023.min_confidence:
        return None
    return min(
        measure_distance_m(
            convert_to_wgs84(stamp.longitude.value, stamp.latitude.value, printed),
            convert_to_wgs84(answer.longitude, answer.latitude, recorded),
        )
        for printed in CoordinateFrame
        for recorded in CoordinateFrame
    )


def _measure_answer(answer: CodeAnswer, suffix: str) -> dict[str, Measured]:
    return {
        "authority": answer.authority,
        f"authority_state{suffix}": answer.state.value,
        f"authority_taken_at{suffix}": answer.taken_at.isoformat() if answer.taken_at else None,
        f"authority_longitude{suffix}": answer.longitude,
        f"authority_latitude{suffix}": answer.latitude,
        f"authority_address{suffix}": answer.address,
    }


def _name_use(use: CodeUse) -> Sentence | str:
    if use.class_number is None:
        return use.file
    if use.session_id is None:
        return say("班次 {number} 的 {file}", number=use.class_number, file=use.file)
    return say("班次 {number} 课次 {session} 的 {file}", number=use.class_number, session=use.session_id, file=use.file)


def _show(moment: datetime | None) -> str:
    return "?" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
