"""The parts of a filing as resources of their own: agencies, venues, teachers, cameras, enrolment pictures.

A part is changed by filing the class anew with that part changed, so the same rules hold, and the same faults are found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from sqlalchemy.orm import Session as Tx

from api.auth import OfficeReader, Reader
from api.cursors import Cursor, Limit, paginate_stored
from api.etags import IfMatch, make_etag, require_unchanged
from api.idempotency import Answer, WithFiling, Write, WriteWith
from api.looks import LooksAtPortrait
from api.problems import Problem, field_error
from api.routes.answers.base import Items, Page
from api.routes.answers.filing import (
    AgencyOut,
    CameraHealthOut,
    CameraOut,
    ClassVenueOut,
    PortraitOut,
    RegisteredOut,
    TeacherOut,
    VenueOut,
)
from api.routes.reading import Language, State
from api.routes.shapes import AgencyNameIn, CameraIn, ClassNumber, Code, FilingIn, Sha256, TeacherIn, VenueIn
from api.routes.writing import describe_filing, describe_venue, registered, tell_faults
from verifier.access import Caller
from verifier.annotated import portrait_picture
from verifier.language import say
from verifier.plan import Agency
from verifier.records.cameras import read_health
from verifier.records.class_pages import page_agencies
from verifier.records.filing import read_training
from verifier.records.plans import require_visible
from verifier.records.portraits import PortraitRecord, read_portraits
from verifier.registering import register_agency, register_class, viewer_of

router = APIRouter()
CodeInPath = Annotated[Code, Path()]
OfficeFiling = Annotated[Write, Depends(WriteWith("filing", office=True))]
DigestInPath = Annotated[Sha256, Path()]


@router.get("/agencies", response_model=Page[AgencyOut])
def read_agencies(
    request: Request, caller: Reader, state: State, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """The agencies on record; an agency's program sees itself."""
    with state.database.reading() as tx:
        page, following = paginate_stored(
            request, state.database.vault.cursor_keys, limit, cursor,
            lambda after, most: page_agencies(tx, after, most, agency_code=caller.agency_code), lambda one: [one.code],
        )  # fmt: skip
    return {"items": [asdict(each) for each in page], "next": following}


@router.get("/agencies/{agency_code}", response_model=AgencyOut)
def read_one_agency(agency_code: CodeInPath, caller: Reader, state: State) -> JSONResponse:
    """One agency, with the ETag of its name."""
    if caller.agency_code not in (None, agency_code):
        raise Problem("not_found")
    with state.database.reading() as tx:
        found = _find_agency(tx, agency_code)
    if found is None:
        raise Problem("not_found")
    return JSONResponse(found, headers={"ETag": make_etag(found["name"])})


@router.put("/agencies/{agency_code}", response_model=AgencyOut, responses={201: {"model": AgencyOut}})
def save_one_agency(
    agency_code: CodeInPath, body: AgencyNameIn, write: OfficeFiling, if_match: IfMatch = ""
) -> Response:
    """Make an agency known before its first class, so that its programs can be given keys; or change its name."""

    def work(tx: Tx) -> Answer:
        known = _find_agency(tx, agency_code)
        require_unchanged(if_match, known["name"] if known else None)
        done = register_agency(tx, write.caller, Agency(body.name, agency_code))
        found = _find_agency(tx, agency_code)
        return Answer(found or {}, 201 if done.added else 200, {"ETag": make_etag(body.name)})

    return write.once(body.model_dump(mode="json"), work)


def _find_agency(tx: Tx, agency_code: str) -> dict[str, Any] | None:
    found = page_agencies(tx, None, 1, agency_code=agency_code)
    return asdict(found[0]) if found else None


@router.get("/classes/{number}/venues", response_model=Items[ClassVenueOut])
def read_venues(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """Where the class is taught, by its filing; its own place first."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        training = read_training(tx, number, with_roster=False)
    places = dict.fromkeys((training.venue, *(each.venue for each in training.sessions)))
    items = [
        describe_venue(place) | {"sessions": [each.id for each in training.sessions if each.venue == place]}
        for place in places
    ]
    return {"items": items}


@router.get("/classes/{number}/venue", response_model=VenueOut)
def read_own_venue(number: ClassNumber, caller: Reader, state: State) -> JSONResponse:
    """The class's own place, with its ETag."""
    return answer_part(state, caller, number, lambda filing: filing["venue"])


@router.put("/classes/{number}/venue", response_model=RegisteredOut)
def save_own_venue(number: ClassNumber, body: VenueIn, write: WithFiling, if_match: IfMatch = "") -> Response:
    """Change the class's own place, within what may still be filed."""

    def change(filing: dict[str, Any], wanted: dict[str, Any]) -> None:
        filing["venue"] = wanted

    return save_part(number, body, write, if_match, lambda filing: filing["venue"], change)


@router.get("/classes/{number}/teachers", response_model=Items[TeacherOut])
def read_teachers(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """The class's teachers, by its filing."""
    return {"items": _read_filing(state, caller, number)["teacher"]}


@router.get("/classes/{number}/teachers/{teacher_no}", response_model=TeacherOut)
def read_one_teacher(number: ClassNumber, teacher_no: CodeInPath, caller: Reader, state: State) -> JSONResponse:
    """One teacher, with the ETag."""
    return answer_part(state, caller, number, lambda filing: _pick(filing["teacher"], "number", teacher_no))


@router.put("/classes/{number}/teachers/{teacher_no}", response_model=RegisteredOut)
def save_teacher(
    number: ClassNumber, teacher_no: CodeInPath, body: TeacherIn, write: WithFiling, if_match: IfMatch = ""
) -> Response:
    """Add a teacher to the filing, or change one, within what may still be filed."""
    _require_same("/body/number", teacher_no, body.number)
    return _save_entry(number, body, write, if_match, ("teacher", "number", teacher_no))


@router.get("/classes/{number}/cameras", response_model=Items[CameraOut])
def read_cameras(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """The class's cameras, by its filing."""
    return {"items": _read_filing(state, caller, number)["camera"]}


@router.get("/classes/{number}/cameras/{camera_id}", response_model=CameraOut)
def read_one_camera(number: ClassNumber, camera_id: CodeInPath, caller: Reader, state: State) -> JSONResponse:
    """One camera, with the ETag."""
    return answer_part(state, caller, number, lambda filing: _pick(filing["camera"], "id", camera_id))


@router.put("/classes/{number}/cameras/{camera_id}", response_model=RegisteredOut)
def save_camera(
    number: ClassNumber, camera_id: CodeInPath, body: CameraIn, write: WithFiling, if_match: IfMatch = ""
) -> Response:
    """Add a camera to the filing, or change its address, within what may still be filed."""
    _require_same("/body/id", camera_id, body.id)
    return _save_entry(number, body, write, if_match, ("camera", "id", camera_id))


@router.get("/classes/{number}/camera-health", response_model=Items[CameraHealthOut])
def read_camera_health(number: ClassNumber, caller: OfficeReader, state: State) -> dict[str, Any]:
    """How each camera did over the sessions it is filed for. When it was looked at is the office's to know."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        health = read_health(tx, read_training(tx, number, with_roster=False))
    return {
        "items": [
            {
                "camera": camera_id,
                "spans": [
                    {
                        "condition": each.condition.value, "session": each.session_id, "looks": each.samples,
                        "starts_at": each.starts_at.isoformat(), "ends_at": each.ends_at.isoformat(),
                        "evidence": list(each.evidence),
                    }
                    for each in spans
                ],
            }
            for camera_id, spans in health.items()
        ]
    }  # fmt: skip


@router.get("/classes/{number}/portraits", response_model=Items[PortraitOut])
def read_all_portraits(number: ClassNumber, caller: Reader, state: State, language: Language) -> dict[str, Any]:
    """Every enrolment picture of the class, and what became of it: accepted, or refused with a reason."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return {"items": [_describe_portrait(each, language) for each in read_portraits(tx, number)]}


@router.get(
    "/classes/{number}/portraits/{sha256}/picture.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def send_portrait(
    number: ClassNumber, sha256: DigestInPath, caller: Reader, state: State, look: LooksAtPortrait
) -> Response:
    """One enrolment picture of the class, once a night or a verification has looked at it."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        if sha256 not in {each.sha256 for each in read_portraits(tx, number)}:
            raise Problem("not_found")
    picture = portrait_picture(state.settings, state.database, sha256)
    look.note("portrait", sha256)
    return Response(picture, media_type="image/jpeg")


def _describe_portrait(portrait: PortraitRecord, language: str) -> dict[str, Any]:
    verdict = portrait.verdict
    return {
        "id": str(portrait.id), "student_no": portrait.number if portrait.of_student else None,
        "teacher_number": None if portrait.of_student else portrait.number, "name": portrait.name, "sha256": portrait.sha256,
        "verdict": verdict.code if verdict else None, "reason": verdict.reason.text(language) if verdict else None,
    }  # fmt: skip


def _read_filing(state: Any, caller: Caller, number: str) -> dict[str, Any]:
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        return describe_filing(read_training(tx, number, with_roster=False))


def answer_part(state: Any, caller: Caller, number: str, part: Callable[[dict[str, Any]], Any]) -> JSONResponse:
    """A part of a filing with its ETag."""
    found = part(_read_filing(state, caller, number))
    return JSONResponse(found, headers={"ETag": make_etag(found)})


def _pick(entries: list[dict[str, Any]], name: str, wanted: str) -> dict[str, Any]:
    for each in entries:
        if each[name] == wanted:
            return each
    raise Problem("not_found")


def _require_same(path: str, in_path: str, in_body: str) -> None:
    if in_path != in_body:
        raise Problem("invalid", errors=[field_error(path, "differs", say("与路径中的编号不一致。"))])


def _save_entry(number: str, body: Any, write: Write, if_match: str, entry: tuple[str, str, str]) -> Response:
    kind, name, wanted = entry

    def change(filing: dict[str, Any], value: dict[str, Any]) -> None:
        places = [place for place, each in enumerate(filing[kind]) if each[name] == wanted]
        if places:
            filing[kind][places[0]] = value
        else:
            filing[kind].append(value)

    def part(filing: dict[str, Any]) -> Any:
        return next((each for each in filing[kind] if each[name] == wanted), None)

    return save_part(number, body, write, if_match, part, change)


def save_part(
    number: str, body: Any, write: Write, if_match: str, part: Callable[[dict[str, Any]], Any],
    change: Callable[[dict[str, Any], dict[str, Any]], None],
) -> Response:  # fmt: skip
    """File a class anew with one part changed.

    Args:
        part: Picks out of a filing what the ETag is about.
        change: Puts what is wanted into a filing.
    """
    wanted = body.model_dump(mode="json", exclude_none=True)

    def work(tx: Tx) -> Answer:
        require_visible(tx, number, viewer_of(write.caller))
        filing = describe_filing(read_training(tx, number, with_roster=False))
        require_unchanged(if_match, part(filing))
        change(filing, wanted)
        try:
            values = FilingIn.model_validate(filing).as_values()
        except ValidationError:
            # More cameras, say, than a filing may have.
            raise Problem("invalid") from None
        timezone = write.state.settings.timezone
        done, _ = tell_faults(lambda: register_class(tx, write.caller, number, values, timezone))
        found = part(describe_filing(read_training(tx, number, with_roster=False)))
        return registered(number, done, headers={"ETag": make_etag(found)})

    return write.once(wanted, work)
