"""Other uses of a picture or a code, with what a class knows of its own photos: for which session each was, and which came first.

The records know only what an uploader declared. A photo whose folder or stamp names its session would otherwise look as if it
came from elsewhere, and the same file sent twice for one session as if it had been used again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from verifier.photo.context import CodeUse, OtherUse
from verifier.plan import Session, Submission

Use = TypeVar("Use", OtherUse, CodeUse)
_NEVER = datetime.max.replace(tzinfo=UTC)


class PlacedPhotos:
    """A class's photos with the session each was found to be for; None where it is for none."""

    def __init__(self, class_number: str, placed: Sequence[tuple[Submission, Session | None]]) -> None:
        """Take all photos of one class."""
        self._number = class_number
        self._sessions = dict(placed)
        self._by_name = {(each.file, each.sha256, each.session_id): each for each, _ in placed}

    def place_all(
        self, uses: Mapping[Submission, tuple[Use, ...] | None] | None
    ) -> dict[Submission, tuple[Use, ...] | None] | None:
        """All uses of all photos, each as `place` gives it; None, and what is None in it, stays None."""
        if uses is None:
            return None
        return {
            submission: None if theirs is None else tuple(self.place(submission, use) for use in theirs)
            for submission, theirs in uses.items()
        }

    def place(self, submission: Submission, use: Use) -> Use:
        """A use with the session that it was found to be for, and the order of the two; as it is where it is another class's."""
        other = self._by_name.get((use.file, use.sha256, use.session_id))
        if use.class_number != self._number or other is None or submission not in self._sessions:
            return use
        session = self._sessions[other]
        placed = replace(use, session_id=session.id if session is not None else use.session_id)
        if self._order(other) == self._order(submission):
            return placed
        return replace(placed, received_first=self._order(other) < self._order(submission))

    def _order(self, submission: Submission) -> tuple[datetime, datetime]:
        # As `verifier.records.submissions.order_of_receipt`, with the session that was found.
        session = self._sessions[submission]
        starts_at = session.starts_at if session is not None else _NEVER
        return submission.received_at or starts_at, starts_at
