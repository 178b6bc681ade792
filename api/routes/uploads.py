"""Large files go straight to the store and are put on record afterwards, by their digest."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field

from api.arrivals import queue_arrival
from api.idempotency import Answer, WithEvidence, Write
from api.problems import Problem
from api.routes.answers.filing import HandedInOut
from api.routes.shapes import ClassNumber, Code, Sha256, Strict, Text
from api.routes.writing import choose_file_name, require_class
from verifier.evidence import DirectUploads, EvidenceMissing, UploadRefused, find_direct
from verifier.plan import View
from verifier.records.tables.base import utc_now
from verifier.registering import register_photo
from verifier.storing import require_stored

router = APIRouter()
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", examples=["0" * 64])]


class UploadIn(Strict):
    """What is going to be uploaded."""

    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=1)]


class UploadOut(BaseModel):
    """Where to PUT the bytes, without our key, and until when."""

    method: str
    url: str
    expires_at: str


class CompleteIn(Strict):
    """What a photo's bytes are handed in as."""

    name: Annotated[Text, Field(min_length=1)] | None = None
    session: Code | None = None
    view: View | None = None
    received_at: Annotated[AwareDatetime | None, Field(description="The office's only.")] = None


DIRECT = {"x-problems": ["direct_upload_unsupported", "hash_mismatch", "store_unavailable"]}


@router.post("/classes/{number}/uploads", response_model=UploadOut, openapi_extra=DIRECT)
def offer_upload(number: ClassNumber, body: UploadIn, write: WithEvidence) -> dict[str, Any]:
    """An address for one PUT straight to the store; then `complete`. Asked again it gives a fresh one: nothing is on record yet."""
    require_class(write, number)
    store = _require_direct(write)
    if body.size_bytes > write.state.settings.max_direct_upload_mb * 1024 * 1024:
        raise Problem("too_large")
    url, until = store.offer_place(_name_place(write, number, body.sha256))
    return {"method": "PUT", "url": url, "expires_at": until.isoformat()}


@router.post(
    "/classes/{number}/uploads/{sha256}/complete", status_code=201, response_model=HandedInOut, openapi_extra=DIRECT,
    responses={200: {"model": HandedInOut, "description": "It was on record before."}},
)  # fmt: skip
def complete_upload(number: ClassNumber, sha256: Digest, body: CompleteIn, write: WithEvidence) -> Response:
    """Put a photo on record that was uploaded straight to the store; what arrived is read and hashed first."""
    require_class(write, number)
    if body.received_at is not None and not write.caller.is_office:
        raise Problem("office_only")
    store, place = _require_direct(write), _name_place(write, number, sha256)
    size: int | None
    try:
        size = store.accept(place, sha256, write.state.settings.max_direct_upload_mb * 1024 * 1024)
    except EvidenceMissing:
        size = None  # never uploaded, or completed before: then the answer was kept
    except UploadRefused as error:
        raise Problem("too_large" if error.too_large else "hash_mismatch") from error

    def work(tx: Any) -> Answer:
        if size is None:
            # Not by the digest alone: who knows another's digest has not got its bytes.
            raise Problem("not_found")
        require_stored(tx, write.state.store, sha256)
        photo_id, is_new = register_photo(
            tx, write.caller, number, file=choose_file_name(body.name or "", sha256), sha256=sha256, size_bytes=size,
            received_at=body.received_at or utc_now(), session_id=body.session, view=body.view,
        )  # fmt: skip
        queue_arrival(tx, write.state, sha256)
        return Answer({"id": photo_id, "sha256": sha256, "size_bytes": size, "created": is_new}, 201 if is_new else 200)

    answer = write.once(body.model_dump(mode="json"), work)
    store.clear_place(place)
    return answer


def _require_direct(write: Write) -> DirectUploads:
    store = find_direct(write.state.store)
    if store is None:
        raise Problem("direct_upload_unsupported")
    return store


def _name_place(write: Write, number: str, sha256: str) -> str:
    """A place of this caller's own for this class: nobody completes what another uploaded."""
    return hashlib.sha256(f"{write.caller.actor}\n{number}\n{sha256}".encode()).hexdigest()
