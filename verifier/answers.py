"""The JSON answers of ``check`` and ``nightly``, as others rely on them; pages and reports are drawn from the same dicts.

Names and shapes are a contract (docs/json-contract.md): fields may be added, none is renamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Tx

from verifier.camera_answers import describe_cameras
from verifier.filing import session_from_name
from verifier.finding import Finding, Outcome, overall
from verifier.matter_states import SHOWN_STATES
from verifier.observation import CameraMetadata, Look, Stamp
from verifier.photo import clock_agreement
from verifier.photo.assign import assign_session
from verifier.photo.clock_table import name_columns, tabulate_clocks
from verifier.plan import TrainingClass
from verifier.records.closing import FaceMatch, StudentPresence
from verifier.records.filing import list_classes, read_training
from verifier.records.matters import CaseRecord, ViolationRecord, read_cases, read_violations
from verifier.records.portraits import ACCEPTED, read_portraits
from verifier.records.reading import PhotoRecord, SessionRecord, read_photos, read_sessions
from verifier.records.recordings import read_recordings
from verifier.regulation.policy import Policy, load_policy
from verifier.settings import Settings
from verifier.standing import count_eligibility, view_rates, view_students


def answer_for(
    tx: Tx,
    settings: Settings,
    since: date | None,
    until: date | None,
    class_number: str | None = None,
    language: str | None = None,
) -> dict[str, Any]:
    """What the records say about some days, of one class or of all.

    Args:
        since, until: First and last day, both included; None leaves that side open.
        language: Of the sentences; the context's where None.
    """
    from verifier.shown_looks import find_old_versions, read_shown_looks

    policy = load_policy(settings.policy)
    classes = list_classes(tx, class_number)
    photos = read_photos(tx, class_number, since, until)
    looks = read_shown_looks(tx, settings, {photo.submission.sha256 for photo in photos})
    old = find_old_versions(settings, looks)
    sessions = read_sessions(tx, class_number, since, until)
    shown = {session.class_number for session in sessions} | {photo.class_number for photo in photos}
    classes = [each for each in classes if each.number in shown or class_number is not None]
    # Only of what is shown, and without what was handed in for it.
    filed = {each.number: read_training(tx, each.number) for each in classes}
    by_class = {number: view_students(tx, number, policy) for number in sorted(shown)}
    rates = view_rates(tx, [each.number for each in classes])
    rate_of = {each["class"]: each for each in rates["classes"]}
    zone = settings.zone
    return {
        "day": until.isoformat() if until else None,
        "since": since.isoformat() if since else None,
        "classes": [
            {
                "number": each.number,
                "agency": each.agency_name,
                "occupation": each.occupation,
                "level": each.level,
                "term": each.term,
                "venue": filed[each.number].venue.name,
                "students": each.students,
                "sessions": each.sessions,
                "teachers": [
                    {"number": teacher.number, "name": teacher.name} for teacher in filed[each.number].teachers
                ],
                "attendance": rate_of.get(each.number),
                "eligibility": count_eligibility(by_class.get(each.number, ())),
            }
            for each in classes
        ],
        "agencies": rates["agencies"],
        "cameras": [
            camera for number in sorted(filed) for camera in describe_cameras(tx, filed[number], since, until, zone)
        ],
        "recordings": [
            each for number in sorted(filed) for each in _describe_recordings(tx, filed[number], since, until, language)
        ],
        "photos": [
            describe_recorded_photo(
                photo,
                looks.get(photo.submission.sha256),
                filed[photo.class_number],
                zone,
                language,
                old_version=old.get(photo.submission.sha256),
            )
            for photo in photos
        ],
        "sessions": [describe_session(session, language) for session in sessions],
        "students": [student for students in by_class.values() for student in students],
        "enrolment": [each for number in sorted(shown) for each in _refused_portraits(tx, number, language)],
        "cases": [describe_case(case, language) for case in read_cases(tx, class_number, since, until, SHOWN_STATES)],
        "violations": [
            describe_violation(each, policy, language)
            for each in read_violations(tx, class_number, since, until, SHOWN_STATES)
        ],
    }


def _describe_recordings(
    tx: Tx, training: TrainingClass, since: date | None, until: date | None, language: str | None = None
) -> list[dict[str, Any]]:
    """What was seen in the recordings that were handed in for the sessions of some days (Art. 10)."""
    days = {each.id: each.day for each in training.sessions}
    found = []
    for (session, sha256), seen in sorted(read_recordings(tx, training.number).items()):
        day = days.get(session)
        if day is None or (since is not None and day < since) or (until is not None and day > until):
            continue
        found.append(
            {
                "class": training.number,
                "session": session,
                "file": seen.handed_in.file,
                "sha256": sha256,
                "state": seen.state.value,
                "outcome": overall(seen.sample.findings).value,
                "findings": [describe_finding(finding, language) for finding in seen.sample.findings],
                "evidence": list(seen.evidence),
                "also_handed_in_for": [
                    {"class": number, "session": other, "day": other_day}
                    for number, other, other_day in seen.other_days
                ],
            }
        )
    return found


def _refused_portraits(tx: Tx, number: str, language: str | None) -> list[dict[str, Any]]:
    """The enrolment pictures that nobody can be recognised by, with what to do about each."""
    return [
        {
            "class": number,
            "student_no": each.verdict.number if each.verdict.of_student else None,
            "teacher_number": None if each.verdict.of_student else each.verdict.number,
            "name": each.name,
            "sha256": each.sha256,
            "code": each.verdict.code,
            "reason": each.verdict.reason.text(language),
        }
        for each in read_portraits(tx, number)
        if each.verdict is not None and each.verdict.code != ACCEPTED
    ]


def describe_photo(
    file: str, sha256: str, look: Look | None, faces: Sequence[FaceMatch], findings: Sequence[Finding], zone: ZoneInfo,
    language: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One photo of the JSON contract, apart from where it belongs."""
    return {
        "file": file,
        "sha256": sha256,
        "stamp": describe_stamp(look.stamp, zone) if look and look.stamp else None,
        "stamps": len(look.stamps) if look and look.stamps is not None else None,
        "other_stamps": [describe_stamp(stamp, zone) for stamp in (look.stamps or ())[1:]] if look else [],
        "camera": describe_camera(look.camera) if look and look.camera else None,
        "faces": [
            {
                "box_xywh": face.box.xywh(),
                "score": round(face.score, 4),
                # The contract knows four states; a readable face that is nearly somebody is told apart in `unreadable_because`.
                "state": "unreadable" if face.state == "unclear" else face.state,
                "student_no": face.student_no,
                "teacher_number": face.teacher_number,
                "similarity": None if face.similarity is None else round(face.similarity, 4),
                "match_probability": None if face.match_probability is None else round(face.match_probability, 6),
                "unreadable_because": "unclear" if face.state == "unclear" else face.unreadable_because or None,
            }
            for face in faces
        ],
        "people_count": look.people.count if look and look.people else None,
        "people": asdict(look.people) | {"boxes": [box.xywh() for box in look.people.boxes]}
        if look and look.people
        else None,
        "width_px": look.decoded.width_px if look else None,
        "height_px": look.decoded.height_px if look else None,
        "findings": [describe_finding(finding, language) for finding in findings],
        "outcome": overall(findings).value,
    }


def describe_finding(finding: Finding, language: str | None = None) -> dict[str, Any]:
    """One finding of the JSON contract."""
    return {
        "check": finding.check,
        "outcome": finding.outcome.value,
        "reason": finding.reason.text(language),
        "profile": finding.profile,
        "measured": dict(finding.measured),
        **_describe_table(finding, language),
    }


def _describe_table(finding: Finding, language: str | None) -> dict[str, Any]:
    """What a finding compared, as a table for pages and reports; nothing where it compared nothing."""
    rows = tabulate_clocks(finding.measured) if finding.check == clock_agreement.ID else []
    if not rows:
        return {}
    return {
        "table": {
            "columns": [name.text(language) for name in name_columns()],
            "rows": [
                {"outcome": row.outcome or None, "cells": [cell.text(language) for cell in row.cells()]} for row in rows
            ],
        }
    }


def describe_stamp(stamp: Stamp, zone: ZoneInfo) -> dict[str, Any]:
    """The stamp's typed fields. A printed time without an offset is shown in the service's zone."""
    parts = {
        "day": stamp.day,
        "clock": stamp.clock,
        "weekday": stamp.weekday,
        "address": stamp.address,
        "longitude": stamp.longitude,
        "latitude": stamp.latitude,
        "code": stamp.code,
    }
    local = stamp.taken_at_local
    if local is not None and stamp.utc_offset is not None:
        from datetime import timezone

        local = local.replace(tzinfo=timezone(stamp.utc_offset))
    elif local is not None:
        local = local.replace(tzinfo=zone)
    weekdays = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")
    return {
        "taken_at": local.isoformat() if local else None,
        "has_seconds": stamp.clock_has_seconds,
        "weekday": weekdays[stamp.weekday.value] if stamp.weekday else None,
        "address": stamp.address.value if stamp.address else None,
        "longitude": stamp.longitude.value if stamp.longitude else None,
        "latitude": stamp.latitude.value if stamp.latitude else None,
        "code": stamp.code.value if stamp.code else None,
        "app": stamp.app,
        "layout": stamp.layout,
        "swapped": stamp.swapped,
        "lines": [line.text for line in stamp.lines],
        "box_xywh": stamp.box.xywh() if stamp.box else None,
        "fields": {name: part.box.xywh() for name, part in parts.items() if part is not None},
        "confidence": {name: round(part.confidence, 4) for name, part in parts.items() if part is not None},
    }


def describe_camera(camera: CameraMetadata) -> dict[str, Any]:
    """What the file says of its camera; times as written, without a zone where none was."""
    offset = None
    if camera.offset is not None:
        minutes = int(camera.offset.total_seconds() // 60)
        offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    return {
        "taken_at": f"{camera.taken_at_local.isoformat()}{offset or ''}" if camera.taken_at_local else None,
        "offset": offset,
        "gps_at": camera.gps_at_utc.isoformat() if camera.gps_at_utc else None,
        "longitude": camera.longitude,
        "latitude": camera.latitude,
        "make": camera.make,
        "model": camera.model,
        "software": camera.software,
        "remarks": list(camera.remarks),
    }


def describe_recorded_photo(
    photo: PhotoRecord, look: Look | None, training: TrainingClass, zone: ZoneInfo, language: str | None,
    *, old_version: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One photo on record: where it belongs, and `describe_photo`. `old_version`: the look's, where it is not today's."""
    submission = photo.submission
    measured = {finding.check: finding.measured for finding in photo.findings}
    received = submission.received_at
    return {
        "id": str(photo.id),
        "class": photo.class_number,
        "session": photo.session_id,
        "declared_session": submission.session_id,
        "session_source": assign_session(
            submission, look, training, session_from_name(submission.file, training.sessions)
        ).source.value,
        "view": _view(submission.view, measured.get("photo.view", {})),
        "received_at": _local(received, zone),
        "old_version": old_version,
        **describe_photo(submission.file, submission.sha256, look, photo.faces, photo.findings, zone, language),
    }


def _view(declared: Any, measured: Mapping[str, Any]) -> str | None:
    """As seen, else as declared."""
    seen = measured.get("view")
    return str(seen) if seen else (str(declared) if declared else None)


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


def describe_session(session: SessionRecord, language: str | None) -> dict[str, Any]:
    """One session with its findings, counts and who was there."""
    numbers = session.numbers
    expected = numbers.expected if numbers else None
    high = (numbers.present + numbers.unsure) / numbers.expected if numbers and numbers.expected else None
    return {
        "id": session.session_id,
        "class": session.class_number,
        "date": session.day.isoformat(),
        "period": session.period,
        "starts_at": session.starts_at.isoformat(),
        "ends_at": session.ends_at.isoformat(),
        "hours": session.hours,
        "closed": session.outcome is not None,
        "expected": expected,
        "present": numbers.present if numbers else None,
        "unsure": numbers.unsure if numbers else None,
        "leave": numbers.leave if numbers else None,
        "rate": numbers.rate if numbers else None,
        "rate_low": numbers.rate if numbers else None,
        "rate_high": high,
        "outcome": (session.outcome or Outcome.NOT_RUN).value,
        "findings": [describe_finding(finding, language) for finding in session.findings],
        "students": [describe_presence(student, language) for student in session.students],
    }


def describe_presence(student: StudentPresence, language: str | None) -> dict[str, Any]:
    """Whether one student was there, and why we say so."""
    return {
        "student_no": student.student_no,
        "presence": student.presence,
        "because": [sentence.text(language) for sentence in student.because],
    }


def describe_case(case: CaseRecord, language: str | None) -> dict[str, Any]:
    """One case of the JSON contract."""
    return {
        "id": str(case.id),
        "kind": case.kind,
        "class": case.class_number,
        "session": case.session_id,
        "student_no": case.student_no,
        "candidates": list(case.candidates),
        "photo": case.file,
        "file": case.file,
        "photo_id": str(case.photo_id) if case.photo_id else None,
        "box_xywh": [round(value) for value in case.box_xywh],
        "reason": case.reason.text(language),
        "probability": case.probability,
        "state": case.state,
    }


def describe_violation(violation: ViolationRecord, policy: Policy, language: str | None) -> dict[str, Any]:
    """One violation of the JSON contract, with the words of the law."""
    quote = next((rule.citation.quote for rule in policy.rules if rule.citation.code == violation.code), None)
    return {
        "id": str(violation.id),
        "rule": violation.rule,
        "code": violation.code,
        "label": violation.rule,
        "quote": quote,
        "class": violation.class_number,
        "state": violation.state,
        "session": violation.session_ids[0] if violation.session_ids else None,
        "sessions": list(violation.session_ids),
        "reason": violation.reason.text(language),
        "evidence": [f"sha256:{digest}" for digest in violation.evidence],
        "dedup_key": violation.dedup_key,
        "policy": f"{violation.policy_name}@{violation.policy_version}",
    }
