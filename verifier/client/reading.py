"""Everything that the API tells, as this client may see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from verifier.client import answers
from verifier.client.connection import Connection, name_class, quote_part
from verifier.client.values import Job, read_job

# Lists are fetched so many at a time.
PAGE = 500
Outcome = Literal["passed", "failed", "unsure", "not_applicable", "not_run"]
MatterState = Literal["proposed", "needs_check", "confirmed", "dismissed", "lapsed"]


class Reading(Connection):
    """Reads. Lists are followed through their cursors to the end; what has an ETag is given with it, to be sent back."""

    def me(self) -> answers.MeOut:
        """Who this client is to the API, and what it may do."""
        found: answers.MeOut = self.read("/me")
        return found

    # ---------------------------------------------------------------- classes and their filings

    def agencies(self) -> Iterator[answers.AgencyOut]:
        """Agencies on record."""
        return self.iterate("/agencies", limit=PAGE)

    def agency(self, agency_code: str) -> tuple[answers.AgencyOut, str]:
        """One agency, for `save_agency`."""
        return self._read_tagged(f"/agencies/{quote_part(agency_code)}")

    def classes(self, *, agency: str | None = None) -> Iterator[answers.ClassOut]:
        """All classes that this client may see."""
        return self.iterate("/classes", limit=PAGE, agency=agency)

    def training_class(self, number: str) -> answers.ClassOut:
        """One class of the list."""
        found: answers.ClassOut = self.read(name_class(number))
        return found

    def filing(self, number: str) -> tuple[answers.FilingOut, str]:
        """A class's filing and its ETag, for `save_filing`."""
        return self._read_tagged(f"{name_class(number)}/filing")

    def timetable(self, number: str) -> tuple[answers.TimetableOut, str]:
        """The sessions as they are filed, for `save_timetable`."""
        return self._read_tagged(f"{name_class(number)}/timetable")

    def changes(self, number: str) -> tuple[answers.ChangesOut, str]:
        """Changes that were filed after the class was."""
        return self._read_tagged(f"{name_class(number)}/changes")

    def approval(self, number: str) -> tuple[answers.ApprovalOut, str]:
        """When the class was filed and approved."""
        return self._read_tagged(f"{name_class(number)}/approval")

    def venue(self, number: str) -> tuple[answers.VenueOut, str]:
        """The class's own place, for `save_venue`."""
        return self._read_tagged(f"{name_class(number)}/venue")

    def venues(self, number: str) -> list[answers.ClassVenueOut]:
        """Every place where the class is taught; its own first."""
        found: list[answers.ClassVenueOut] = self.read(f"{name_class(number)}/venues")["items"]
        return found

    def teachers(self, number: str) -> list[answers.TeacherOut]:
        """The class's teachers."""
        found: list[answers.TeacherOut] = self.read(f"{name_class(number)}/teachers")["items"]
        return found

    def teacher(self, number: str, teacher_no: str) -> tuple[answers.TeacherOut, str]:
        """One teacher, for `save_teacher`."""
        return self._read_tagged(f"{name_class(number)}/teachers/{quote_part(teacher_no)}")

    def cameras(self, number: str) -> list[answers.CameraOut]:
        """The class's cameras."""
        found: list[answers.CameraOut] = self.read(f"{name_class(number)}/cameras")["items"]
        return found

    def camera(self, number: str, camera_id: str) -> tuple[answers.CameraOut, str]:
        """One camera, for `save_camera`."""
        return self._read_tagged(f"{name_class(number)}/cameras/{quote_part(camera_id)}")

    def camera_health(self, number: str) -> list[answers.CameraHealthOut]:
        """How each camera did over the sessions that it is filed for."""
        found: list[answers.CameraHealthOut] = self.read(f"{name_class(number)}/camera-health")["items"]
        return found

    def roster(self, number: str, *, reveal: bool = False) -> tuple[list[answers.RosterLineOut], str]:
        """The roster, for `save_roster`; numbers masked, unless `reveal` (scope `filing`), which is written down."""
        found, etag = self._read_tagged(f"{name_class(number)}/roster", reveal=reveal)
        return found["items"], etag

    def portraits(self, number: str) -> list[answers.PortraitOut]:
        """Enrolment pictures, and what became of each."""
        found: list[answers.PortraitOut] = self.read(f"{name_class(number)}/portraits")["items"]
        return found

    def portrait_picture(self, number: str, sha256: str) -> bytes:
        """One enrolment picture as JPEG."""
        return self._read_bytes(f"{name_class(number)}/portraits/{quote_part(sha256)}/picture.jpg")

    # ---------------------------------------------------------------- what was found

    def photos(self, number: str) -> Iterator[answers.PhotoRecordOut]:
        """Photos that were looked at, with stamp, faces and findings."""
        return self.iterate(f"{name_class(number)}/photos", limit=PAGE)

    def photo(self, number: str, photo_id: str) -> answers.PhotoRecordOut:
        """One photo."""
        found: answers.PhotoRecordOut = self.read(f"{name_class(number)}/photos/{quote_part(photo_id)}")
        return found

    def annotated_picture(self, number: str, photo_id: str) -> bytes:
        """The copy with boxes, names and outcomes, as JPEG."""
        return self._read_bytes(f"{name_class(number)}/photos/{quote_part(photo_id)}/annotated.jpg")

    def original_picture(self, number: str, photo_id: str) -> bytes:
        """The bytes as handed in."""
        return self._read_bytes(f"{name_class(number)}/photos/{quote_part(photo_id)}/original")

    def findings(self, number: str, *, outcome: Outcome | None = None) -> Iterator[answers.FindingEntryOut]:
        """Every current finding about the class's photos and sessions."""
        return self.iterate(f"{name_class(number)}/findings", limit=PAGE, outcome=outcome)

    def sessions(self, number: str) -> Iterator[answers.SessionOut]:
        """Sessions by time, with findings, counts and who was there."""
        return self.iterate(f"{name_class(number)}/sessions", limit=PAGE)

    def session(self, number: str, session_id: str) -> answers.SessionOut:
        """One session."""
        found: answers.SessionOut = self.read(f"{name_class(number)}/sessions/{quote_part(session_id)}")
        return found

    def presence(self, number: str, *, session: str | None = None) -> Iterator[answers.PresenceEntryOut]:
        """Who was there, session by session, and why we say so."""
        return self.iterate(f"{name_class(number)}/presence", limit=PAGE, session=session)

    def students(self, number: str) -> list[answers.StudentOut]:
        """Every student's hours and eligibility for the examination."""
        found: list[answers.StudentOut] = self.read(f"{name_class(number)}/students")["items"]
        return found

    def rates(self, *, number: str | None = None, agency: str | None = None) -> answers.RatesOut:
        """Attendance of classes and agencies, with numerator and denominator."""
        found: answers.RatesOut = self.read("/rates", **{"class": number}, agency=agency)
        return found

    # ---------------------------------------------------------------- what people decide on

    def matters(self, *, number: str | None = None) -> answers.MattersOut:
        """Cases, violations, notices and sanctions together."""
        found: answers.MattersOut = self.read("/matters", **{"class": number})
        return found

    def cases(self, *, number: str | None = None, state: MatterState | None = None) -> Iterator[answers.CaseOut]:
        """Cases in the order they were opened."""
        return self.iterate("/cases", limit=PAGE, state=state, **{"class": number})

    def case(self, case_id: str) -> answers.CaseOut:
        """One case with every decision."""
        found: answers.CaseOut = self.read(f"/cases/{quote_part(case_id)}")
        return found

    def sightings(self, case_id: str) -> answers.SightingsOut:
        """Where else a case's student, stranger and picture were seen."""
        found: answers.SightingsOut = self.read(f"/cases/{quote_part(case_id)}/sightings")
        return found

    def violations(
        self, *, number: str | None = None, state: MatterState | None = None
    ) -> Iterator[answers.ViolationOut]:
        """Violations in the order they were opened."""
        return self.iterate("/violations", limit=PAGE, state=state, **{"class": number})

    def violation(self, violation_id: str) -> answers.ViolationOut:
        """One violation with its evidence and every decision."""
        found: answers.ViolationOut = self.read(f"/violations/{quote_part(violation_id)}")
        return found

    def sanctions(self, *, number: str | None = None) -> Iterator[answers.SanctionOut]:
        """Sanctions with their grounds."""
        return self.iterate("/sanctions", limit=PAGE, **{"class": number})

    def notices(self, *, number: str | None = None) -> Iterator[answers.NoticeOut]:
        """Notices by year and number, voided ones too."""
        return self.iterate("/notices", limit=PAGE, **{"class": number})

    def notice(self, notice_id: str) -> answers.NoticeOut:
        """One notice."""
        found: answers.NoticeOut = self.read(f"/notices/{quote_part(notice_id)}")
        return found

    def notice_docx(self, notice_id: str) -> bytes:
        """A notice as it was issued, as Word's file."""
        return self._read_bytes(f"/notices/{quote_part(notice_id)}/document.docx")

    def notice_pdf(self, notice_id: str) -> bytes:
        """A notice as it was issued, as PDF."""
        return self._read_bytes(f"/notices/{quote_part(notice_id)}/document.pdf")

    # ---------------------------------------------------------------- the office's view

    def due(self, *, number: str | None = None, as_of: str | None = None) -> Iterator[answers.DueOut]:
        """What is due for each class, today or as of a day."""
        return self.iterate("/due", as_of=as_of, **{"class": number})

    def supervision(self, number: str) -> answers.SupervisionOut:
        """Inspections, off-site supervision, follow-ups, records, urgings and plans of one class."""
        found: answers.SupervisionOut = self.read(f"{name_class(number)}/supervision")
        return found

    def plans(self, *, number: str | None = None) -> Iterator[answers.PlanOut]:
        """Plans by day, those carried out or cancelled too."""
        return self.iterate("/plans", limit=PAGE, **{"class": number})

    def subsidy(self, number: str, *, as_of: str | None = None) -> answers.SubsidyOut:
        """Every condition of the class's subsidy, judged anew."""
        found: answers.SubsidyOut = self.read(f"{name_class(number)}/subsidy", as_of=as_of)
        return found

    def dates(self, number: str) -> tuple[answers.DatesOut, str]:
        """When the class began, ended, was paid and so on, for `save_dates`."""
        return self._read_tagged(f"{name_class(number)}/dates")

    def archive(self, number: str) -> answers.ArchiveOut:
        """Which documents of the class archive are on record."""
        found: answers.ArchiveOut = self.read(f"{name_class(number)}/archive")
        return found

    def download_archive(self, number: str, target: Path) -> None:
        """The class archive as a ZIP file, written as it comes; it holds every photo of the class."""
        self._download(f"{name_class(number)}/archive.zip", target)

    def agreement(self, agency_code: str, year: int) -> tuple[answers.AgreementOut, str]:
        """The year's agreement with an agency, for `save_agreement`."""
        return self._read_tagged(f"/agencies/{quote_part(agency_code)}/agreements/{year}")

    # ---------------------------------------------------------------- how the work stands

    def nights(self, *, limit: int = 30) -> list[answers.NightOut]:
        """The last nights, newest first."""
        found: list[answers.NightOut] = self.read("/nights", limit=limit)["items"]
        return found

    def job(self, job_id: str) -> Job:
        """How far a job is."""
        return read_job(self._ask("GET", f"/jobs/{quote_part(job_id)}"))

    def audit(self, *, after: int = 0, actor: str | None = None) -> Iterator[answers.AuditEntryOut]:
        """Who did or looked at what, in the order it was written, from the entry that follows `after`.

        Each page that is read leaves an entry too, so what is read ends where it stood when this began.
        """
        following: int | None = after
        while following is not None:
            page: answers.AuditOut = self.read("/audit", after=following, limit=PAGE, actor=actor)
            yield from page["items"]
            following = page["next"]
