"""One photo: looked at once, then judged by every check in this order."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.observation import Look
from verifier.photo import (
    camera_place,
    camera_time,
    clock_agreement,
    decodes,
    edited,
    place_agreement,
    provenance,
    quality,
    recaptured,
    reuse,
    room,
    stamp_code,
    stamp_pasted,
    stamp_place,
    stamp_present,
    stamp_time,
    stamp_weekday,
    view,
)
from verifier.photo.context import PhotoCheck, PhotoContext

logger = logging.getLogger(__name__)

PIPELINE = "photo-pipeline-2023"
DECODES = PhotoCheck(decodes.ID, decodes.check)

PHOTO_CHECKS: tuple[PhotoCheck, ...] = (
    DECODES,
    PhotoCheck(stamp_present.CHECK, stamp_present.check),
    PhotoCheck(stamp_time.CHECK, stamp_time.check),
    PhotoCheck(stamp_weekday.CHECK, stamp_weekday.check),
    PhotoCheck(stamp_code.ID, stamp_code.check),
    PhotoCheck(camera_time.ID, camera_time.check),
    PhotoCheck(clock_agreement.ID, clock_agreement.check),
    PhotoCheck(stamp_place.ID, stamp_place.check),
    PhotoCheck(camera_place.ID, camera_place.check),
    PhotoCheck(place_agreement.ID, place_agreement.check),
    PhotoCheck(quality.ID, quality.check),
    PhotoCheck(view.ID, view.check),
    PhotoCheck(room.ID, room.check),
    PhotoCheck(reuse.ID, reuse.check),
    PhotoCheck(edited.ID, edited.check),
    PhotoCheck(recaptured.ID, recaptured.check),
    PhotoCheck(stamp_pasted.ID, stamp_pasted.check),
    PhotoCheck(provenance.ID, provenance.check),
)

# Which parts of a look a check cannot do without.
NEEDED_PARTS: Mapping[str, tuple[str, ...]] = {
    stamp_present.CHECK: ("stamps",),
    stamp_time.CHECK: ("stamps",),
    stamp_weekday.CHECK: ("stamps",),
    stamp_code.ID: ("stamps",),
    camera_time.ID: ("camera",),
    clock_agreement.ID: ("stamps", "camera"),
    stamp_place.ID: ("stamps",),
    camera_place.ID: ("camera",),
    place_agreement.ID: ("stamps", "camera"),
    quality.ID: ("quality", "faces"),
    view.ID: ("faces", "people"),
    room.ID: ("faces", "people", "fingerprint"),
    edited.ID: ("history", "compression"),
    recaptured.ID: ("recapture",),
    stamp_pasted.ID: ("stamps", "compression"),
    provenance.ID: ("provenance",),
}


def check_photo(look: Look, context: PhotoContext) -> tuple[Finding, ...]:
    """Run every check on one photo.

    Returns: One finding per check of PHOTO_CHECKS, in that order, also where a check crashed (`not_run`), where what it
        needs could not be read (`not_run`), and where the photo could not be opened (`not_applicable`).
    """
    return tuple(_run(check, look, context) for check in PHOTO_CHECKS)


def _run(check: PhotoCheck, look: Look, context: PhotoContext) -> Finding:
    if check is not DECODES and look.decoded.fault is not None:
        return Finding(
            check.id, Outcome.NOT_APPLICABLE, say("照片无法打开（见“能否打开”一项），本项无从检查。"), PIPELINE
        )
    missing = [part for part in ("picture", *NEEDED_PARTS.get(check.id, ())) if part in look.not_read]
    if check is not DECODES and missing:
        why = "; ".join(f"{part}: {look.not_read[part]}" for part in missing)
        reason = say("系统未能读取本项所需的内容（{why}），未检查，不是照片的问题。", why=why)
        return Finding(check.id, Outcome.NOT_RUN, reason, PIPELINE)
    try:
        return check.judge(look, context)
    except Exception as error:
        # What the evidence shows is a finding; that a check crashed is our fault, and must not stop the others.
        logger.exception("check %s crashed on %s", check.id, look.sha256)
        reason = say(
            "系统检查出错（{error}），未得出结论，不是照片的问题。", error=f"{type(error).__name__}: {error}"[:300]
        )
        return Finding(check.id, Outcome.NOT_RUN, reason, PIPELINE)
