"""What one visitor sees of the records: everything for the office, an agency only its own classes' settled matters."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.hiding import hide_foreign
from api.source import Source
from verifier.access import Caller
from verifier.matter_states import SETTLED_STATES
from verifier.records.plans import BUREAU

_LISTS = ("photos", "sessions", "students", "not_closed")
_MATTERS = ("cases", "violations")


class VisitorSource:
    """A `Source` for one caller. What is not this caller's to see does not exist; looks at faces stand in the audit."""

    def __init__(self, source: Source, caller: Caller) -> None:
        self._source, self._caller = source, caller

    def answer(
        self, since: date | None, until: date | None, class_number: str | None, language: str | None
    ) -> dict[str, Any]:
        """See `Source`; for an agency without other agencies' classes, and without matters that are still open (Art. 14(1))."""
        found = self._source.answer(since, until, class_number, language)
        code = self._caller.agency_code
        if code is None:
            return found
        own = self._source.classes_of_agency(code)
        lists = {key: [item for item in found[key] if item["class"] in own] for key in _LISTS if key in found}
        matters = {
            key: [item for item in found[key] if item["class"] in own and item["state"] in SETTLED_STATES]
            for key in _MATTERS
        }
        classes = [item for item in found["classes"] if item["number"] in own]
        foreign = self._source.classes_of_others(code)
        shown: dict[str, Any] = hide_foreign(found | lists | matters | {"classes": classes}, foreign, language)
        return shown

    def today(
        self, since: date | None, until: date | None, language: str | None, viewer: str = BUREAU
    ) -> dict[str, Any]:
        """See `Source`; as this caller may see it, whatever was asked."""
        return self._source.today(since, until, language, self._caller.agency_code or viewer)

    def class_page(self, number: str, language: str | None, viewer: str = BUREAU) -> dict[str, Any]:
        """See `Source`; as this caller may see it, whatever was asked."""
        found = self._source.class_page(number, language, self._caller.agency_code or viewer)
        code = self._caller.agency_code
        if code is None:
            return found
        shown: dict[str, Any] = hide_foreign(found, self._source.classes_of_others(code), language)
        return shown

    def subsidy(self, number: str, language: str | None, viewer: str = BUREAU) -> dict[str, Any]:
        """See `Source`; as this caller may see it, whatever was asked."""
        return self._source.subsidy(number, language, self._caller.agency_code or viewer)

    def session_day(self, number: str, session_id: str) -> date | None:
        """See `Source`."""
        return self._source.session_day(number, session_id)

    def annotated(self, photo_id: str) -> bytes:
        """See `Source`."""
        self.class_of_photo(photo_id)
        picture = self._source.annotated(photo_id)
        self._source.note_look(self._caller.actor, "photo.look_annotated", photo_id)
        return picture

    def original(self, photo_id: str) -> tuple[bytes, str, str]:
        """See `Source`."""
        self.class_of_photo(photo_id)
        found = self._source.original(photo_id)
        self._source.note_look(self._caller.actor, "photo.look_original", photo_id)
        return found

    def class_of_photo(self, photo_id: str) -> str:
        """See `Source`."""
        number = self._source.class_of_photo(photo_id)
        code = self._caller.agency_code
        if code is not None and number not in self._source.classes_of_agency(code):
            raise KeyError(photo_id)
        return number

    def last_day(self) -> date | None:
        """See `Source`."""
        return self._source.last_day()

    def last_night(self) -> dict[str, Any] | None:
        """See `Source`; how the office's nights go is not for agencies."""
        return self._source.last_night() if self._caller.is_office else None

    def classes_of_agency(self, code: str) -> frozenset[str]:
        """See `Source`."""
        return self._source.classes_of_agency(code)

    def classes_of_others(self, code: str) -> frozenset[str]:
        """See `Source`."""
        return self._source.classes_of_others(code)

    def note_look(self, actor: str, action: str, subject_id: str, kind: str = "photo") -> None:
        """See `Source`."""
        self._source.note_look(actor, action, subject_id, kind)
