"""Verify pictures without any database: what ``verifier check`` does."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from verifier.annotated import label_face
from verifier.answers import describe_photo
from verifier.attendance.enrolment import Roster
from verifier.closes import photo_record
from verifier.evidence import LocalStore
from verifier.filing import read_class_folder
from verifier.intake import store_files
from verifier.judging import ClassToJudge, JudgedPhoto, check_who, enrol, judge_class
from verifier.looking import look_at_all
from verifier.nightly import Tools, open_tools
from verifier.observation import Look
from verifier.photo import check_photo
from verifier.photo.annotate import annotate_photo, encode_jpeg
from verifier.photo.assign import Assignment
from verifier.photo.beside import look_beside
from verifier.photo.context import PhotoContext, SessionSource
from verifier.photo.decode import decode_photo
from verifier.photo.look_json import look_from_json
from verifier.photo.stamp_code import find_codes_among
from verifier.plan import ClassFile, Submission
from verifier.progress import open_progress
from verifier.same_pictures import find_uses_among
from verifier.settings import Settings


class CannotCheckError(ValueError):
    """The question itself cannot be answered: a class folder with errors, an unknown session, no file."""


def check_photos(
    photos: Sequence[Path],
    settings: Settings,
    class_folder: Path | None = None,
    session_id: str | None = None,
    annotate_into: Path | None = None,
) -> dict[str, Any]:
    """Check pictures, against a class folder where one is given.

    Args:
        photos: Files; each is judged as handed in for `session_id`, or for the session its own name or clocks point to. A
            picture of the class folder keeps what its photos.csv declares. Several are held against one another too.
        annotate_into: Folder for annotated copies; made where missing.
    Returns: the JSON contract's object with ``versions`` and ``photos``, and with a class also its students' enrolment.
    Raises:
        CannotCheckError: see the message.
        OSError: a picture cannot be read.
    """
    tools = open_tools(settings)
    class_file, files = _read_class(class_folder, session_id, settings)
    submissions = [_submit(path, class_folder, class_file, session_id) for path in photos]
    portraits = _portraits(class_file)
    files = {sha256: path for sha256, path in files.items() if sha256 in portraits}
    files |= {submission.sha256: path for submission, path in zip(submissions, photos, strict=True)}
    looks = _look(files, settings, tools)
    judged = _judge(submissions, class_file, looks, tools, settings)
    answer: dict[str, Any] = {"versions": tools.json_versions(), "photos": []}
    for path, photo in zip(photos, judged, strict=True):
        record = photo_record(photo)
        session = photo.assignment.session
        answer["photos"].append(
            {
                "session": session.id if session else None,
                "session_source": photo.assignment.source.value,
                "view": photo.submission.view.value if photo.submission.view else None,
                **describe_photo(
                    str(path), photo.submission.sha256, photo.look, record.faces, photo.findings, settings.zone
                ),
                # How long each step took; not in the night's answer, which is the same whenever it is asked for.
                "seconds": dict(photo.look.seconds),
            }
        )
        if annotate_into is not None:
            answer["photos"][-1]["annotated"] = _annotate(path, photo, class_file, annotate_into)
    return answer


def enrol_class_folder(folder: Path, settings: Settings, tools: Tools) -> tuple[ClassFile, Roster]:
    """A class folder with its roster's faces, for whoever looks at something else than its photos.

    Raises:
        CannotCheckError: the folder has errors.
    """
    class_file, files = _read_class(folder, None, settings)
    assert class_file is not None  # there is a folder
    portraits = _portraits(class_file)
    looks = _look({sha256: path for sha256, path in files.items() if sha256 in portraits}, settings, tools)
    given = ClassToJudge(class_file, looks, tools.policy, tools.calibration, tools.embedding_contract)
    return class_file, enrol(given).roster


def _read_class(
    folder: Path | None, session_id: str | None, settings: Settings
) -> tuple[ClassFile | None, dict[str, Path]]:
    if folder is None:
        return None, {}
    read = read_class_folder(folder, settings.timezone)
    if read.class_file is None:
        errors = [fault for fault in read.faults if str(fault.severity) == "error"]
        first = f"{errors[0].file}: {errors[0].problem} {errors[0].remedy}" if errors else ""
        raise CannotCheckError(f"{folder} has {len(errors)} error(s); `verifier import` lists them all. First: {first}")
    known = [session.id for session in read.class_file.training.sessions]
    if session_id is not None and session_id not in known:
        raise CannotCheckError(f"the class has no session {session_id}; it has: {', '.join(known)}")
    return read.class_file, dict(read.files)


def _submit(path: Path, folder: Path | None, class_file: ClassFile | None, session_id: str | None) -> Submission:
    with path.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
        size_bytes = source.tell()
    file = str(path)
    if folder is not None and path.resolve().is_relative_to(folder.resolve()):
        file = path.resolve().relative_to(folder.resolve()).as_posix()
    declared = next((each for each in (class_file.submissions if class_file else ()) if each.file == file), None)
    submission = declared or Submission(file, sha256, size_bytes)
    return replace(submission, session_id=session_id) if session_id is not None else submission


def _portraits(class_file: ClassFile | None) -> set[str]:
    if class_file is None:
        return set()
    people = (*class_file.enrolment_photos.values(), *class_file.teacher_photos.values())
    return {sha256 for digests in people for sha256 in digests}


def _look(files: dict[str, Path], settings: Settings, tools: Tools) -> dict[str, Look]:
    """Through the same watched processes as the night's, so that one hostile file costs no other its answer."""
    with tempfile.TemporaryDirectory(prefix="verifier-check-") as folder:
        store_files(files, LocalStore(Path(folder)))
        looking = settings.model_copy(update={"evidence_url": folder, "workers": min(settings.workers, len(files))})
        with open_progress() as progress:
            task = progress.add_task("照片 photos", total=len(files))
            looks = {}
            for done in look_at_all(files, looking, tools.versions):
                looks[done.sha256] = look_from_json(done.look_json, done.embeddings)
                progress.advance(task)
    return looks


def _judge(
    submissions: Sequence[Submission],
    class_file: ClassFile | None,
    looks: dict[str, Look],
    tools: Tools,
    settings: Settings,
) -> list[JudgedPhoto]:
    if class_file is None:
        return _judge_without_class(submissions, looks, settings.timezone)
    # Judged as if these photos were all that was handed in: who else is in the class folder does not change a photo's findings.
    handed_in = tuple(dict.fromkeys(submissions))
    given = ClassToJudge(
        replace(class_file, submissions=handed_in),
        looks,
        tools.policy,
        tools.calibration,
        tools.embedding_contract,
        find_uses_among(class_file.training.number, handed_in, looks),
        code_uses=find_codes_among(class_file.training.number, handed_in, looks),
    )
    judged = judge_class(given, class_file.training.sessions, datetime.now(UTC).date())
    found = {photo.submission: photo for session in judged.sessions for photo in session.photos}
    found |= {photo.submission: photo for photo in judged.unplaced}
    return [found[submission] for submission in submissions]


def _judge_without_class(submissions: Sequence[Submission], looks: dict[str, Look], timezone: str) -> list[JudgedPhoto]:
    """Each photo by itself, and several also against one another: one picture twice, one code twice, clocks of one phone."""
    handed_in = tuple(dict.fromkeys(submissions))
    several = len(handed_in) > 1
    uses = find_uses_among(None, handed_in, looks) if several else {}
    codes = find_codes_among(None, handed_in, looks) if several else {}
    beside = look_beside([(each, looks[each.sha256], None) for each in handed_in], timezone) if several else {}
    judged = []
    for submission in submissions:
        look = looks[submission.sha256]
        context = PhotoContext(
            submission,
            other_uses=uses.get(submission),
            timezone=timezone,
            beside=beside.get(submission),
            code_uses=codes.get(submission),
        )
        photo = JudgedPhoto(submission, Assignment(None, SessionSource.UNKNOWN), look, (), check_photo(look, context))
        judged.append(replace(photo, findings=(*photo.findings, *check_who(photo, None, None, None, None))))
    return judged


def _annotate(path: Path, photo: JudgedPhoto, class_file: ClassFile | None, folder: Path) -> str | None:
    if photo.look.decoded.fault is not None or "picture" in photo.look.not_read:
        # What the watched processes could not open is not opened here, where nothing watches.
        return None
    _, picture = decode_photo(path.read_bytes())
    if picture is None:
        return None
    names = {} if class_file is None else {student.student_no: student.name for student in class_file.training.students}
    labels = [label_face(face, names) for face in photo_record(photo).faces]
    folder.mkdir(parents=True, exist_ok=True)
    # File systems allow 255 bytes, and a name may use them all.
    stem = os.fsdecode(os.fsencode(path.stem)[:200]).encode("utf-8", "replace").decode()
    target = folder / f"{stem}-{photo.submission.sha256[:8]}.jpg"
    target.write_bytes(encode_jpeg(annotate_photo(picture, photo.look, photo.findings, labels)))
    return str(target)
