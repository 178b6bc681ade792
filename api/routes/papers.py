"""The office's papers: documents that are sent, the class archive, dates, agreements, records under a rule."""

from __future__ import annotations

import tempfile
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy.orm import Session as Tx
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api.acting import WithDecisions, act_once, pick_fields
from api.auth import OfficeReader, Reader
from api.etags import IfMatch, make_etag, require_unchanged
from api.idempotency import Answer, Write
from api.looks import LooksAtArchive
from api.problems import Problem
from api.routes.answers.base import WrittenOut
from api.routes.answers.office import AgreementOut, ArchiveOut, DatesOut, DocumentOut
from api.routes.office_shapes import AgreementIn, ArchiveItemIn, DatesIn, ReasonIn, RecordIn
from api.routes.reading import State
from api.routes.shapes import ClassNumber, Code
from api.routes.writing import FILE_ONLY, FileFields, hash_upload, read_form
from verifier.paperwork import describe_archive, receive_archive_item, withdraw_record, write_agreement
from verifier.records.audit import write_audit
from verifier.records.office import RefusedError, find_agency, read_agreement
from verifier.records.plans import require_visible
from verifier.records.submissions import save_evidence
from verifier.registering import viewer_of
from verifier.report.class_documents import write_class_archive
from verifier.storing import require_stored
from verifier.supervising import Office, record_breach, save_closing
from verifier.supervision_history import describe_dates

router = APIRouter()
ZIP = "application/zip"
Year = Annotated[int, Path(ge=2000, le=2100)]
AgencyCode = Annotated[Code, Path()]
PIECE_BYTES = 256 * 1024


@router.post("/documents", status_code=201, response_model=DocumentOut, openapi_extra=FILE_ONLY)
async def send_document(request: Request, write: WithDecisions) -> Response:
    """Store a document, recording or picture of the office's, to be named by its digest in what is written down."""
    async with request.form(max_files=1, max_fields=4) as form:
        upload, fields = read_form(form, FileFields)
        return await run_in_threadpool(_save_document, write, upload, fields)


def _save_document(write: Write, upload: UploadFile, fields: FileFields) -> Response:
    digest, size = hash_upload(upload, fields.sha256)
    write.state.store.put(upload.file)

    def work(tx: Tx) -> Answer:
        require_stored(tx, write.state.store, digest)
        save_evidence(tx, {digest: size})
        write_audit(tx, actor=write.caller.actor, action="document.send", subject=("evidence", digest))
        return Answer({"sha256": digest, "size_bytes": size}, 201)

    return write.once(digest, work)


@router.get("/classes/{number}/archive", response_model=ArchiveOut)
def read_archive(number: ClassNumber, caller: Reader, state: State) -> dict[str, Any]:
    """Which documents of the class archive (Art. 7(5)) are on record; null where nobody has looked."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        kinds = describe_archive(tx, state.policy, number)
        archived_on = describe_dates(tx, number)["archived_on"]
    documents = [
        {"kind": each["code"], "title": each["title"], "present": each["present"], "documents": each["documents"]}
        for each in kinds
    ]
    return {"class": number, "archived_on": archived_on, "documents": documents}


@router.get("/classes/{number}/archive.zip", response_class=Response, responses={200: {"content": {ZIP: {}}}})
def send_archive(number: ClassNumber, caller: OfficeReader, state: State, look: LooksAtArchive) -> StreamingResponse:
    """The class archive with its index: photos as they were handed in, papers, and what supervision left."""
    # On disk, and sent in pieces: an archive holds every photo of its class.
    target = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last piece was sent
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        write_class_archive(tx, number, state.policy, state.store, target)
    look.note("class", number)
    target.seek(0)

    def send() -> Any:
        with target:
            while piece := target.read(PIECE_BYTES):
                yield piece

    return StreamingResponse(
        send(), media_type=ZIP, headers={"Content-Disposition": 'attachment; filename="archive.zip"'}
    )


@router.post("/classes/{number}/archive/items", status_code=201, response_model=WrittenOut)
def save_archive_item(number: ClassNumber, body: ArchiveItemIn, write: WithDecisions) -> Response:
    """Write down that a document of the class archive came in, or that this kind is not there."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        return _written(receive_archive_item(office, number, by, body.kind, body.name, body.sha256))

    return act_once(write, body, "archive.add", work, [body.sha256])


@router.get("/classes/{number}/dates", response_model=DatesOut)
def read_dates(number: ClassNumber, caller: Reader, state: State) -> JSONResponse:
    """When the class began, ended, was certified, applied for, paid and archived."""
    with state.database.reading() as tx:
        require_visible(tx, number, viewer_of(caller))
        dates = {"class": number} | describe_dates(tx, number)
    return JSONResponse(dates, headers={"ETag": make_etag(dates)})


@router.patch("/classes/{number}/dates", response_model=DatesOut)
def save_dates(number: ClassNumber, body: DatesIn, write: WithDecisions, if_match: IfMatch = "") -> Response:
    """Write down dates and who was examined; what is left out stays as it is."""

    def work(office: Office, by: str, tx: Tx) -> Answer:
        require_visible(tx, number, viewer_of(write.caller))
        require_unchanged(if_match, {"class": number} | describe_dates(tx, number))
        examined = tuple(body.examined) if body.examined is not None else None
        save_closing(office, number, by, pick_fields(body, "examined"), examined)
        dates = {"class": number} | describe_dates(tx, number)
        return Answer(dates, headers={"ETag": make_etag(dates)})

    return act_once(write, body, "class.dates", work)


@router.get("/agencies/{agency_code}/agreements/{year}", response_model=AgreementOut)
def read_one_agreement(agency_code: AgencyCode, year: Year, caller: Reader, state: State) -> JSONResponse:
    """The fields of the year's agreement (Annex 1) that are on record; an agency's program reads its own."""
    if caller.agency_code not in (None, agency_code):
        raise Problem("not_found")
    try:
        with state.database.reading() as tx:
            found = _describe_agreement(tx, agency_code, year)
    except RefusedError:
        raise Problem("not_found") from None  # no such agency
    if not found["form"]:
        raise Problem("not_found")
    return JSONResponse(found, headers={"ETag": make_etag(found)})


@router.put("/agencies/{agency_code}/agreements/{year}", response_model=AgreementOut)
def save_agreement(
    agency_code: AgencyCode, year: Year, body: AgreementIn, write: WithDecisions, if_match: IfMatch = ""
) -> Response:
    """Keep the year's agreement with an agency; the audit keeps what was there before."""

    def work(office: Office, by: str, tx: Tx) -> Answer:
        require_unchanged(if_match, _describe_agreement(tx, agency_code, year))
        write_agreement(office, agency_code, year, by, {"year": year, **pick_fields(body)})
        found = _describe_agreement(tx, agency_code, year)
        return Answer(found, headers={"ETag": make_etag(found)})

    return act_once(write, body, "agreement.write", work)


@router.post("/records", status_code=201, response_model=WrittenOut)
def save_record(body: RecordIn, write: WithDecisions) -> Response:
    """Write down what only a person can establish, under a rule of the policy. The next night proposes it; people decide."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        return _written(
            record_breach(
                office, body.rule, body.recorded_on, by, body.note, class_number=body.number,
                agency_code=body.agency or "", evidence=tuple(body.evidence),
            )
        )  # fmt: skip

    return act_once(write, body, "record.make", work, body.evidence)


@router.post("/records/{record_id}/withdraw", response_model=WrittenOut)
def take_record_back(record_id: UUID, body: ReasonIn, write: WithDecisions) -> Response:
    """Take a record back; it stays visible with who and why."""

    def work(office: Office, by: str, _: Tx) -> Answer:
        withdraw_record(office, record_id, by, body.why)
        return Answer({"id": str(record_id)})

    return act_once(write, body, "record.withdraw", work)


def _written(row_id: UUID) -> Answer:
    return Answer({"id": str(row_id)}, 201)


def _describe_agreement(tx: Tx, agency_code: str, year: int) -> dict[str, Any]:
    find_agency(tx, agency_code)
    return {"agency": agency_code, "year": year, "form": dict(read_agreement(tx, agency_code, year))}
