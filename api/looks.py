"""Looks at faces and ID numbers: whatever hands some out says so, and leaves an entry in the audit for each look.

A route that hands out faces or ID numbers depends on a `Looks`; a test finds such routes by what they answer and fails for one
that does not, or that leaves no entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from api.auth import find_visitor
from api.state import AppState, get_state
from verifier.access import Caller
from verifier.records.audit import write_audit

# One entry names so many of a list's things; the first and the last are among them.
NAMED = 500
NOTED = "noted"  # under which a request's scope has the list of what was written down for it, where somebody wants it


@dataclass(frozen=True, slots=True)
class Noted:
    """What was looked at in one answer, as the audit says it."""

    action: str
    subject: tuple[str, str]
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One look of one caller, to be written down before the answer leaves. `noted` gets what was written."""

    state: AppState
    caller: Caller
    action: str
    noted: list[Noted] = field(default_factory=list)

    def note(self, kind: str, subject_id: str) -> None:
        """Write down that the caller looked at this."""
        self.write(Noted(self.action, (kind, subject_id)))

    def note_many(self, kind: str, ids: Sequence[str], of: str = "") -> None:
        """Write down that the caller looked at these; nothing where there are none.

        Args:
            of: What they belong to, as a class number.
        """
        if ids:
            self.write(Noted(self.action, (kind, of or ids[0]), {"count": len(ids), "ids": list(ids[:NAMED])}))

    def write(self, noted: Noted) -> None:
        """One entry in the audit."""
        with self.state.database.transaction() as tx:
            write_audit(tx, actor=self.caller.actor, action=noted.action, subject=noted.subject, after=noted.after)
        self.noted.append(noted)


class Looks:
    """A dependency for routes that hand out faces or ID numbers. `action` is stored for years."""

    def __init__(self, action: str) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Look:
        """The look, not yet written down: whether there is anything to see is the route's to find out."""
        caller = find_visitor(request)
        assert caller is not None, "the gate lets nobody through who is nobody"
        return Look(get_state(request), caller, self.action, request.scope.get(NOTED, []))


LooksAtPhoto = Annotated[Look, Depends(Looks("photo.look_faces"))]
LooksAtAnnotated = Annotated[Look, Depends(Looks("photo.look_annotated"))]
LooksAtOriginal = Annotated[Look, Depends(Looks("photo.look_original"))]
LooksAtPortrait = Annotated[Look, Depends(Looks("portrait.look"))]
LooksAtCase = Annotated[Look, Depends(Looks("case.look"))]
LooksAtIds = Annotated[Look, Depends(Looks("class.reveal_ids"))]
LooksAtArchive = Annotated[Look, Depends(Looks("archive.look"))]


# Pages about people: of a class, a session, a photo, a case. Pictures on them are requests of their own, written down as such.
_PAGES_OF_PEOPLE = ("/classes", "/photos", "/cases", "/review/", "/cameras", "/appeals", "/enrolment")
_PICTURES = ("/annotated.jpg", "/original", "/plain.jpg", "/heat.jpg", "/face.jpg", ".jpg")


def note_page(request: Request) -> None:
    """A dependency of all pages: a look at a page about people is written down before it is shown."""
    caller, path = find_visitor(request), request.url.path
    if caller is not None and path.startswith(_PAGES_OF_PEOPLE) and not path.endswith(_PICTURES):
        request.app.state.source.note_look(caller.actor, "page.look", path, "page")
