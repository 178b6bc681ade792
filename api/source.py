"""Where the pages get what they show: the records, or in tests a stand-in with the same methods."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select

from verifier.records.audit import write_audit
from verifier.records.database import Database, open_database
from verifier.records.errors import NotInRecordsError
from verifier.records.nights import read_nights
from verifier.records.plans import BUREAU, require_visible
from verifier.records.tables.agency import AgencyRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.regulation.policy import load_policy
from verifier.settings import Settings


class Source(Protocol):
    """What the pages ask. Photo ids are submission ids; unknown ones raise KeyError."""

    def answer(
        self, since: date | None, until: date | None, class_number: str | None, language: str | None
    ) -> dict[str, Any]:
        """Evidence, sessions, cases and violations of the days (both included; None = no bound), of all classes or one."""
        ...

    def today(
        self, since: date | None, until: date | None, language: str | None, viewer: str = BUREAU
    ) -> dict[str, Any]:
        """See `today_page.view_today`."""
        ...

    def class_page(self, number: str, language: str | None, viewer: str = BUREAU) -> dict[str, Any]:
        """See `class_page.view_class_page`; KeyError where there is no such class, or none that this viewer may see."""
        ...

    def subsidy(self, number: str, language: str | None, viewer: str = BUREAU) -> dict[str, Any]:
        """See `class_standing.describe_subsidy`; KeyError as above."""
        ...

    def session_day(self, number: str, session_id: str) -> date | None:
        """The day of a session of a class; None where there is none such."""
        ...

    def annotated(self, photo_id: str) -> bytes:
        """A JPEG copy with boxes, names and outcomes."""
        ...

    def original(self, photo_id: str) -> tuple[bytes, str, str]:
        """The bytes as handed in, their media type, and the file's name."""
        ...

    def class_of_photo(self, photo_id: str) -> str:
        """The number of the class that a photo was handed in for."""
        ...

    def last_day(self) -> date | None:
        """The last day of which a session is closed; None before the first night."""
        ...

    def last_night(self) -> dict[str, Any] | None:
        """``state``, ``started_at`` (ISO), ``error``, ``looked``, ``closed``, ``cut_off``, ``seconds``; None before any."""
        ...

    def classes_of_agency(self, code: str) -> frozenset[str]:
        """The numbers of an agency's classes."""
        ...

    def classes_of_others(self, code: str) -> frozenset[str]:
        """The numbers of all classes that are not the agency's."""
        ...

    def note_look(self, actor: str, action: str, subject_id: str, kind: str = "photo") -> None:
        """Write down that somebody looked at faces."""
        ...


class RecordSource:
    """The records and the evidence store that the settings name."""

    def __init__(self, settings: Settings, database: Database | None = None) -> None:
        self._settings = settings
        self._database = database or open_database(
            settings.database, settings.data_key_bytes(), settings.limits_of("page")
        )

    def answer(
        self, since: date | None, until: date | None, class_number: str | None, language: str | None
    ) -> dict[str, Any]:
        """See `Source`."""
        from verifier.answers import answer_for

        with self._database.reading() as tx:
            answer: dict[str, Any] = answer_for(
                tx, self._settings, since, until, class_number=class_number, language=language
            )
            return answer

    def today(
        self, since: date | None, until: date | None, language: str | None, viewer: str = BUREAU
    ) -> dict[str, Any]:
        """See `Source`."""
        from verifier.today_page import view_today

        policy, zone = load_policy(self._settings.policy), self._settings.zone
        with self._database.reading() as tx:
            return view_today(tx, policy, since, until, datetime.now(zone), zone, language, viewer=viewer)

    def class_page(self, number: str, language: str | None, viewer: str = BUREAU) -> dict[str, Any]:
        """See `Source`."""
        from verifier.class_page import view_class_page

        policy, today = load_policy(self._settings.policy), self._today()
        with self._database.reading() as tx:
            try:
                return view_class_page(tx, policy, number, today, language, viewer=viewer)
            except NotInRecordsError:
                raise KeyError(number) from None

    def subsidy(self, number: str, language: str | None, viewer: str = BUREAU) -> dict[str, Any]:
        """See `Source`."""
        from verifier.class_standing import describe_subsidy, read_subsidy_view

        with self._database.reading() as tx:
            try:
                require_visible(tx, number, viewer)
                _, view = read_subsidy_view(tx, self._settings, number, self._today())
            except NotInRecordsError:
                raise KeyError(number) from None
        return describe_subsidy(view, language, viewer=viewer)

    def session_day(self, number: str, session_id: str) -> date | None:
        """See `Source`."""
        query = select(SessionRow.day).join(ClassRow, ClassRow.id == SessionRow.class_id)
        with self._database.reading() as tx:
            return tx.scalar(query.where(ClassRow.number == number, SessionRow.code == session_id))

    def _today(self) -> date:
        return datetime.now(self._settings.zone).date()

    def annotated(self, photo_id: str) -> bytes:
        """See `Source`."""
        from verifier.annotated import annotated_photo

        picture: bytes = annotated_photo(self._settings, self._database, photo_id)
        return picture

    def original(self, photo_id: str) -> tuple[bytes, str, str]:
        """See `Source`."""
        from verifier.annotated import original_photo

        found: tuple[bytes, str, str] = original_photo(self._settings, self._database, photo_id)
        return found

    def class_of_photo(self, photo_id: str) -> str:
        """See `Source`."""
        try:
            submission_id = UUID(photo_id)
        except ValueError:
            raise KeyError(photo_id) from None
        query = select(ClassRow.number).join(SubmissionRow, SubmissionRow.class_id == ClassRow.id)
        with self._database.reading() as tx:
            number = tx.scalar(query.where(SubmissionRow.id == submission_id))
        if number is None:
            raise KeyError(photo_id)
        return number

    def last_day(self) -> date | None:
        """See `Source`."""
        # Not as max(): an index gives the days from the last one on, and the first that is closed is it.
        query = (
            select(SessionRow.day)
            .join(RunRow, RunRow.session_id == SessionRow.id)
            .where(RunRow.is_current)
            .order_by(SessionRow.day.desc())
            .limit(1)
        )
        with self._database.reading() as tx:
            return tx.scalar(query)

    def last_night(self) -> dict[str, Any] | None:
        """See `Source`."""
        with self._database.reading() as tx:
            nights = read_nights(tx, limit=1)
        if not nights:
            return None
        night = nights[0]
        counts = {name: night.counts.get(name) for name in ("looked", "closed", "cut_off", "seconds")}
        if counts["seconds"] is None and night.finished_at is not None:
            counts["seconds"] = (night.finished_at - night.started_at).total_seconds()
        started = night.started_at.astimezone(self._settings.zone).isoformat(timespec="seconds")
        return counts | {"state": night.state, "started_at": started, "error": night.error}

    def classes_of_agency(self, code: str) -> frozenset[str]:
        """See `Source`."""
        query = select(ClassRow.number).join(AgencyRow, AgencyRow.id == ClassRow.agency_id)
        with self._database.reading() as tx:
            return frozenset(tx.scalars(query.where(AgencyRow.code == code)))

    def classes_of_others(self, code: str) -> frozenset[str]:
        """See `Source`."""
        from verifier.appealing import list_foreign

        with self._database.reading() as tx:
            return list_foreign(tx, code)

    def note_look(self, actor: str, action: str, subject_id: str, kind: str = "photo") -> None:
        """See `Source`."""
        with self._database.transaction() as tx:
            write_audit(tx, actor=actor, action=action, subject=(kind, subject_id))
