"""What programs register: filings, rosters, sign-ins, leave, photos. Each write happens once, whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.arrivals import queue_arrival
from api.auth import FilingWriter, Reader
from api.etags import IfMatch
from api.idempotency import Answer, WithEvidence, WithFiling, Write
from api.looks import LooksAtIds
from api.problems import Problem, field_error, in_both
from api.routes.answers.base import Items
from api.routes.answers.filing import FilingOut, HandedInOut, RegisteredOut, RosterLineOut
from api.routes.reading import State
from api.routes.shapes import (
    ClassNumber,
    Code,
    FilingIn,
    LeavesIn,
    RosterIn,
    Sha256,
    SignInsIn,
    Strict,
    Text,
)
from api.state import AppState
from verifier.filing import mask_id
from verifier.filing.fault import Fault, Severity
from verifier.language import say
from verifier.plan import Student, TrainingClass, View
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import read_training
from verifier.records.plans import require_visible
from verifier.records.tables.base import utc_now
from verifier.registering import (
    FilingFaults,
    Registered,
    register_class,
    register_leaves,
    register_photo,
    register_portrait,
    register_roster,
    register_sign_ins,
    viewer_of,
)
from verifier.storing import require_stored

router = APIRouter()
_ROWS = {"signins.csv": "/body/sign_ins", "leave.csv": "/body/leaves", "roster.csv": "/body/students"}


def describe_upload(**fields: dict[str, Any]) -> dict[str, Any]:
    """A multipart body of a file and these fields, for the description: FastAPI cannot see what is read as a stream."""
    properties = {"file": {"type": "string", "format": "binary"}, **fields}
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


_SHA256 = {"type": "string", "description": "Compared with what arrived."}
MULTIPART = describe_upload(
    name={"type": "string", "description": "Under which it stands on record."},
    sha256=_SHA256,
    session={"type": "string"},
    view={"type": "string", "enum": ["front", "back"]},
    received_at={"type": "string", "format": "date-time", "description": "The office's only."},
)
FILE_ONLY = describe_upload(sha256=_SHA256)


class PhotoFields(Strict):
    """The fields beside a photo's bytes."""

    name: Annotated[Text, Field(min_length=1)] | None = None
    sha256: Sha256 | None = None
    session: Code | None = None
    view: View | None = None
    received_at: AwareDatetime | None = None


class FileFields(Strict):
    """The fields beside another file's bytes."""

    sha256: Sha256 | None = None


@router.put(
    "/classes/{number}", response_model=RegisteredOut, responses={201: {"model": RegisteredOut}},
    openapi_extra={"x-problems": ["class_of_another_agency"]},
)  # fmt: skip
def save_filing(number: ClassNumber, body: FilingIn, write: WithFiling, if_match: IfMatch = "") -> Response:
    """File a class under its own number, or change its filing. What an agency filed, the office approves."""

    def work(tx: Any) -> Answer:
        if if_match and if_match != etag_of_filing(_read_filed(tx, write, number)):
            raise Problem("changed_meanwhile")
        timezone = write.state.settings.timezone
        done, is_new = tell_faults(lambda: register_class(tx, write.caller, number, body.as_values(), timezone))
        etag = etag_of_filing(_read_filed(tx, write, number))
        return registered(number, done, 201 if is_new else 200, {"ETag": etag})

    return write.once(body.model_dump(mode="json", by_alias=True), work)


@router.get("/classes/{number}/filing", response_model=FilingOut)
def read_filing(number: ClassNumber, caller: FilingWriter, state: State) -> JSONResponse:
    """The filing as it stands, to be changed and sent back with its ETag; without the roster."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        found = read_training(tx, number, with_roster=False)
    return JSONResponse(describe_filing(found), headers={"ETag": etag_of_filing(found)})


@router.get("/classes/{number}/roster", response_model=Items[RosterLineOut])
def read_roster(
    number: ClassNumber, caller: Reader, state: State, look: LooksAtIds, reveal: bool = False
) -> JSONResponse:
    """The roster with its ETag; ID numbers and phones masked, unless `reveal`, for which the scope `filing` is needed."""
    if reveal and not caller.may("filing"):
        raise Problem("forbidden")
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        students = read_training(tx, number).students
    if reveal:
        look.note("class", number)
    show: Callable[[str], str] = str if reveal else mask_id
    items = [
        {
            "student_no": each.student_no,
            "name": each.name,
            "id_number": show(each.id_number),
            "phone": show(each.phone),
        }
        for each in students
    ]
    return JSONResponse({"items": items}, headers={"ETag": etag_of_roster(students, state)})


@router.put("/classes/{number}/roster", response_model=RegisteredOut)
def save_roster(number: ClassNumber, body: RosterIn, write: WithFiling, if_match: IfMatch = "") -> Response:
    """Bring the roster in line: who is not in it any more has left."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["student_no", "name", "id_number", "phone"])
    writer.writeheader()
    writer.writerows(each.model_dump() for each in body.students)
    data = text.getvalue().encode()
    # Only a digest of it is kept with the answer: a roster is full of ID numbers.
    asked = hashlib.sha256(data).hexdigest()
    return write.once(asked, lambda tx: _register_roster(tx, write, number, data, if_match))


@router.post("/classes/{number}/roster/file", response_model=RegisteredOut, openapi_extra=FILE_ONLY)
async def send_roster(number: ClassNumber, request: Request, write: WithFiling, if_match: IfMatch = "") -> Response:
    """The roster as the .xlsx or .csv file that the agency keeps."""
    async with request.form(max_files=1, max_fields=4) as form:
        upload, fields = read_form(form, FileFields)
        return await run_in_threadpool(_save_roster_file, number, write, upload, fields, if_match)


def _save_roster_file(number: str, write: Write, upload: UploadFile, fields: FileFields, if_match: str) -> Response:
    digest, size = hash_upload(upload, fields.sha256)
    if size > MAX_ROSTER_BYTES:
        raise Problem("too_large")
    data = upload.file.read()
    return write.once(digest, lambda tx: _register_roster(tx, write, number, data, if_match))


def _register_roster(tx: Any, write: Write, number: str, data: bytes, if_match: str) -> Answer:
    require_visible(tx, number, viewer_of(write.caller))
    if if_match and if_match != etag_of_roster(read_training(tx, number).students, write.state):
        raise Problem("changed_meanwhile")
    done = tell_faults(lambda: register_roster(tx, write.caller, number, data))
    etag = etag_of_roster(read_training(tx, number).students, write.state)
    return registered(number, done, headers={"ETag": etag})


def etag_of_roster(students: Sequence[Student], state: AppState) -> str:
    """The ETag of a roster: with a key of ours, since a plain digest would let who sees masked numbers try them all."""
    lines = [(each.student_no, each.name, each.id_number, each.phone) for each in students]
    digest = hmac.new(state.database.vault.cursor_keys[0], json.dumps(lines).encode(), hashlib.sha256)
    return f'"{digest.hexdigest()[:32]}"'


@router.post("/classes/{number}/sign-ins", response_model=RegisteredOut)
def save_sign_ins(number: ClassNumber, body: SignInsIn, write: WithEvidence) -> Response:
    """Add sign-ins; the same one again, under whatever key, changes nothing."""
    rows = [_as_cells(each.model_dump(mode="json", exclude_none=True)) for each in body.sign_ins]
    return write.once(
        rows, lambda tx: registered(number, tell_faults(lambda: register_sign_ins(tx, write.caller, number, rows)))
    )


@router.post("/classes/{number}/leaves", response_model=RegisteredOut)
def save_leaves(number: ClassNumber, body: LeavesIn, write: WithEvidence) -> Response:
    """Add approved absences, or change those of the same student and session."""
    rows = [_as_cells(each.model_dump(mode="json")) for each in body.leaves]
    return write.once(
        rows, lambda tx: registered(number, tell_faults(lambda: register_leaves(tx, write.caller, number, rows)))
    )


@router.post(
    "/classes/{number}/photos", status_code=201, response_model=HandedInOut, openapi_extra=MULTIPART,
    responses={200: {"model": HandedInOut, "description": "It was on record before."}},
)  # fmt: skip
async def send_photo(number: ClassNumber, request: Request, write: WithEvidence) -> Response:
    """Hand in a photo. Its bytes go from the disk to the store in pieces; the same photo again is the same one."""
    await run_in_threadpool(require_class, write, number)
    async with request.form(max_files=1, max_fields=8) as form:
        upload, fields = read_form(form, PhotoFields)
        return await run_in_threadpool(_save_photo, number, write, upload, fields)


def _save_photo(number: str, write: Write, upload: UploadFile, fields: PhotoFields) -> Response:
    if fields.received_at is not None and not write.caller.is_office:
        raise Problem("office_only")
    digest, size = hash_upload(upload, fields.sha256)
    name = choose_file_name(fields.name or upload.filename or "", digest)
    # Stored before the record names it: no record points to missing bytes, whenever this dies.
    write.state.store.put(upload.file)
    received_at: datetime = fields.received_at or utc_now()

    def work(tx: Any) -> Answer:
        require_stored(tx, write.state.store, digest)
        photo_id, is_new = register_photo(
            tx, write.caller, number, file=name, sha256=digest, size_bytes=size, received_at=received_at,
            session_id=fields.session, view=fields.view,
        )  # fmt: skip
        queue_arrival(tx, write.state, digest)
        body = {"id": photo_id, "sha256": digest, "size_bytes": size, "created": is_new}
        return Answer(body, 201 if is_new else 200)

    return write.once([digest, name, fields.model_dump(mode="json")], work)


@router.post("/classes/{number}/students/{student_no}/portraits", response_model=RegisteredOut, openapi_extra=FILE_ONLY)
async def send_portrait(number: ClassNumber, student_no: Code, request: Request, write: WithFiling) -> Response:
    """Add an enrolment photo of a student."""
    await run_in_threadpool(require_class, write, number)
    async with request.form(max_files=1, max_fields=4) as form:
        upload, fields = read_form(form, FileFields)
        return await run_in_threadpool(_save_portrait, number, student_no, write, upload, fields)


def _save_portrait(number: str, student_no: str, write: Write, upload: UploadFile, fields: FileFields) -> Response:
    digest, _ = hash_upload(upload, fields.sha256)
    write.state.store.put(upload.file)

    def work(tx: Any) -> Answer:
        require_stored(tx, write.state.store, digest)
        return registered(number, register_portrait(tx, write.caller, number, student_no, digest))

    return write.once(digest, work)


MAX_ROSTER_BYTES = 8 * 1024 * 1024


def require_class(write: Write, number: str) -> None:
    """Refuse a class that is not this caller's before a body is read."""
    with write.state.database.reading() as tx:
        require_visible(tx, number, viewer_of(write.caller))


def read_form(form: FormData, shape: Any) -> tuple[UploadFile, Any]:
    """The file of a form, and the fields beside it."""
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        raise Problem("invalid", errors=[field_error("/body/file", "missing", say("缺少此项。"))])
    values = {name: value for name, value in form.multi_items() if name != "file"}
    try:
        return upload, shape.model_validate(values)
    except ValidationError as error:
        errors = [
            field_error(f"/body/{each['loc'][0]}", each["type"], say("此项的值不符合要求。")) for each in error.errors()
        ]
        raise Problem("invalid", errors=errors) from error


def hash_upload(upload: UploadFile, declared: str | None) -> tuple[str, int]:
    """The digest and size of what arrived, which stays on disk; it is rewound."""
    digest = hashlib.file_digest(upload.file, "sha256").hexdigest()  # type: ignore[arg-type]
    size = upload.file.tell()
    upload.file.seek(0)
    if size == 0:
        raise Problem("invalid", errors=[field_error("/body/file", "empty", say("文件是空的。"))])
    if declared is not None and declared != digest:
        raise Problem("hash_mismatch")
    return digest, size


def choose_file_name(given: str, digest: str) -> str:
    """A name that is no path anywhere: its parts without the ways up."""
    parts = [part for part in PurePosixPath(given.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    plain = "/".join(re.sub(r"[\x00-\x1f\x7f:]", "_", part) for part in parts)[-300:]
    return plain.removeprefix("/") or f"{digest[:16]}.jpg"


def _as_cells(row: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else repr(value) for name, value in row.items()}


def tell_faults(work: Callable[[], Any]) -> Any:
    """Do the work; the faults of a filing are told by field, with the remedy."""
    try:
        return work()
    except FilingFaults as error:
        raise Problem("filing_faults", errors=[_describe_fault(each) for each in error.faults]) from error


def _describe_fault(fault: Fault) -> dict[str, Any]:
    told = field_error(_path_of(fault), fault.severity.value, fault.problem)
    return told | {"remedy": in_both(fault.remedy)}


def _path_of(fault: Fault) -> str:
    rows = _ROWS.get(fault.file)
    # Line 1 holds the headings, so the entry of index n stands on line n + 2.
    return "/body" if rows is None else rows if fault.line is None or fault.line < 2 else f"{rows}/{fault.line - 2}"


def registered(number: str, done: Registered, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """What was saved, and what somebody should look at."""
    warnings = [
        {"path": _path_of(each), "problem": in_both(each.problem), "remedy": in_both(each.remedy)}
        for each in done.warnings
        if each.severity is Severity.WARNING
    ]
    counts = {kind: asdict(each) for kind, each in done.counts.items()}
    return Answer({"class": number, "counts": counts, "warnings": warnings}, status, headers or {})


def _read_filed(tx: Any, write: Write, number: str) -> TrainingClass:
    try:
        require_visible(tx, number, viewer_of(write.caller))
    except NotInRecordsError:
        raise Problem("changed_meanwhile") from None
    return read_training(tx, number, with_roster=False)


def etag_of_filing(filed: TrainingClass) -> str:
    """The ETag of a class's filing."""
    text = repr((filed.agency, filed.venue, describe_filing(filed)))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def describe_filing(training: TrainingClass) -> dict[str, Any]:
    """A class's filing as class.toml has it, JSON-ready, without the roster."""
    head = {
        "number": training.number, "project_type": training.project_type.value, "occupation": training.occupation,
        "level": training.level, "term": training.term, "planned_hours": training.planned_hours,
        "filed_on": _day(training.filed_on), "approved_on": _day(training.approved_on),
        "supervisor": training.supervisor,
    }  # fmt: skip
    sessions = [
        {
            "id": each.id, "date": each.day.isoformat(), "period": each.period.value,
            "starts": each.starts_at.time().isoformat(), "ends": each.ends_at.time().isoformat(), "hours": each.hours,
            "teacher": each.teacher_number, "kind": each.kind.value, "mode": each.mode.value, "camera": each.camera_id,
            "venue": None if each.venue == training.venue else describe_venue(each.venue),
        }
        for each in training.sessions
    ]  # fmt: skip
    changes = [
        {
            "filed_on": _day(each.filed_on), "what": each.what, "takes_effect_on": _day(each.takes_effect_on),
            "approved_on": _day(each.approved_on), "sessions": list(each.session_ids), "detail": each.detail,
        }
        for each in training.changes
    ]  # fmt: skip
    return {
        "agency": {"name": training.agency.name, "code": training.agency.code},
        "class": head,
        "venue": describe_venue(training.venue),
        "teacher": [asdict(each) for each in training.teachers],
        "camera": [asdict(each) for each in training.cameras],
        "session": sessions,
        "change": changes,
        "signin_device": [{"id": each} for each in training.shared_devices],
    }


def describe_venue(venue: Any) -> dict[str, Any]:
    """A place as class.toml has it."""
    polygon = [list(corner) for corner in venue.polygon] or None
    return {
        "name": venue.name, "address": venue.address, "longitude": venue.longitude, "latitude": venue.latitude,
        "frame": venue.frame.value, "radius_m": None if polygon else venue.radius_m, "polygon": polygon,
    }  # fmt: skip


def _day(day: Any) -> str | None:
    return day.isoformat() if day is not None else None
