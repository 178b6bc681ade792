"""What agencies and their platforms send: filings, rosters, sign-ins, leave, photos; and verification on demand."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import httpx

from verifier.client import answers, bodies
from verifier.client.connection import (
    ApiError,
    Connection,
    digest_file,
    drop_none,
    make_key,
    name_class,
    open_file,
    quote_part,
    read_pieces,
)
from verifier.client.values import Job, Photo, Written, read_job, read_photo, read_written

View = Literal["front", "back"]


class Filing(Connection):
    """Writes of the scopes ``filing`` and ``evidence``. With an `etag`, only where nobody changed it since: else 412."""

    def save_agency(
        self, agency_code: str, name: str, *, etag: str = "", key: str | None = None
    ) -> tuple[answers.AgencyOut, str]:
        """Make an agency known before its first class, or change its name: the office's alone. Gives it and its ETag."""
        answer = self._write("PUT", f"/agencies/{quote_part(agency_code)}", {"name": name}, key, etag)
        return answer.json(), answer.headers["etag"]

    def save_filing(
        self, number: str, filing: bodies.FilingIn | Mapping[str, Any], *, etag: str = "", key: str | None = None
    ) -> Written:
        """File a class or change its filing."""
        return self._register("PUT", name_class(number), filing, key, etag)

    def save_timetable(
        self, number: str, sessions: Sequence[bodies.SessionIn], *, etag: str = "", key: str | None = None
    ) -> Written:
        """File another timetable; sessions that are left out are marked."""
        return self._register("PUT", f"{name_class(number)}/timetable", {"session": list(sessions)}, key, etag)

    def add_change(self, number: str, change: bodies.ChangeIn, *, etag: str = "", key: str | None = None) -> Written:
        """File a change of time, place, teacher or plan."""
        return self._register("POST", f"{name_class(number)}/changes", change, key, etag)

    def approve(self, number: str, approved_on: str, *, etag: str = "", key: str | None = None) -> Written:
        """Approve a filing: the office's alone."""
        return self._register("PUT", f"{name_class(number)}/approval", {"approved_on": approved_on}, key, etag)

    def save_venue(self, number: str, venue: bodies.VenueIn, *, etag: str = "", key: str | None = None) -> Written:
        """Change the class's own place."""
        return self._register("PUT", f"{name_class(number)}/venue", venue, key, etag)

    def save_teacher(
        self, number: str, teacher_no: str, name: str, *, etag: str = "", key: str | None = None
    ) -> Written:
        """Add a teacher, or change one."""
        path = f"{name_class(number)}/teachers/{quote_part(teacher_no)}"
        return self._register("PUT", path, {"number": teacher_no, "name": name}, key, etag)

    def save_camera(self, number: str, camera_id: str, url: str, *, etag: str = "", key: str | None = None) -> Written:
        """Add a camera, or change its address, which holds no credentials."""
        path = f"{name_class(number)}/cameras/{quote_part(camera_id)}"
        return self._register("PUT", path, {"id": camera_id, "url": url}, key, etag)

    def save_roster(
        self, number: str, students: Sequence[bodies.StudentIn | Mapping[str, str]], *, etag: str = "",
        key: str | None = None,
    ) -> Written:  # fmt: skip
        """Bring the roster in line."""
        return self._register("PUT", f"{name_class(number)}/roster", {"students": list(students)}, key, etag)

    def send_roster(self, number: str, file: Path | bytes, *, etag: str = "", key: str | None = None) -> Written:
        """The roster as an .xlsx or .csv file."""
        return read_written(self._upload(f"{name_class(number)}/roster/file", file, "roster", {}, key, etag))

    def send_portrait(self, number: str, student_no: str, file: Path | bytes, *, key: str | None = None) -> Written:
        """Add an enrolment photo of a student."""
        path = f"{name_class(number)}/students/{quote_part(student_no)}/portraits"
        return read_written(self._upload(path, file, "portrait.jpg", {"sha256": digest_file(file)}, key))

    def add_sign_ins(
        self, number: str, sign_ins: Sequence[bodies.SignInIn | Mapping[str, Any]], *, key: str | None = None
    ) -> Written:
        """Add sign-ins; those that are there change nothing."""
        return self._register("POST", f"{name_class(number)}/sign-ins", {"sign_ins": list(sign_ins)}, key)

    def add_leaves(
        self, number: str, leaves: Sequence[bodies.LeaveIn | Mapping[str, str]], *, key: str | None = None
    ) -> Written:
        """Add approved absences."""
        return self._register("POST", f"{name_class(number)}/leaves", {"leaves": list(leaves)}, key)

    # ---------------------------------------------------------------- photos

    def send_photo(
        self, number: str, file: Path | bytes, *, name: str | None = None, session: str | None = None,
        view: View | None = None, received_at: str | None = None, key: str | None = None,
    ) -> Photo:  # fmt: skip
        """Hand in a photo, read from disk as it is sent; its digest goes along, so that nothing broken is kept.

        Args:
            received_at: When it came, where the office passes it on: RFC 3339 with an offset.
        """
        fields = drop_none(name=name, session=session, view=view, received_at=received_at, sha256=digest_file(file))
        shown = name or (file.name if isinstance(file, Path) else "photo.jpg")
        return read_photo(self._upload(f"{name_class(number)}/photos", file, shown, fields, key))

    def offer_upload(self, number: str, sha256: str, size_bytes: int, *, key: str | None = None) -> answers.UploadOut:
        """An address for one PUT straight to the store; then `complete_upload`."""
        body = {"sha256": sha256, "size_bytes": size_bytes}
        told: answers.UploadOut = self._write("POST", f"{name_class(number)}/uploads", body, key).json()
        return told

    def complete_upload(
        self, number: str, sha256: str, *, name: str | None = None, session: str | None = None,
        view: View | None = None, received_at: str | None = None, key: str | None = None,
    ) -> Photo:  # fmt: skip
        """Put on record what was uploaded straight to the store."""
        body = drop_none(name=name, session=session, view=view, received_at=received_at)
        path = f"{name_class(number)}/uploads/{quote_part(sha256)}/complete"
        return read_photo(self._write("POST", path, body, key))

    def send_photo_direct(
        self, number: str, file: Path | bytes, *, name: str | None = None, session: str | None = None,
        view: View | None = None, key: str | None = None,
    ) -> Photo:  # fmt: skip
        """Hand in a large file straight to the store; the API then reads its digest there and puts it on record.

        Raises:
            ApiError: ``direct_upload_unsupported`` where the store takes none: use `send_photo`.
        """
        digest = digest_file(file)
        with open_file(file) as data:
            size = data.seek(0, io.SEEK_END)
        place = self.offer_upload(number, digest, size)

        def put() -> httpx.Response:
            with open_file(file) as data:
                # Without our key: it is the store's address, and the signature in it is all that it wants.
                return httpx.put(
                    place["url"],
                    content=read_pieces(data),
                    headers={"Content-Length": str(size)},
                    timeout=self._http.timeout,
                )

        sent = self._again(put)
        if sent.status_code >= 300:
            raise ApiError(sent.status_code, {"code": "store_refused"})
        shown = name or (file.name if isinstance(file, Path) else None)
        return self.complete_upload(number, digest, name=shown, session=session, view=view, key=key)

    # ---------------------------------------------------------------- verification on demand

    def verify(self, since: str, until: str, *, key: str | None = None) -> Job:
        """Ask for the verification of these days (ISO, both included)."""
        return read_job(self._write("POST", "/verifications", {"since": since, "until": until}, key))

    def cancel(self, job_id: str, *, key: str | None = None) -> Job:
        """Take a job out, or stop it."""
        return read_job(self._ask("POST", f"/jobs/{quote_part(job_id)}/cancel", headers=make_key(key)))

    def wait_for(self, job_id: str, *, within_s: float = 3600.0, every_s: float = 2.0) -> Job:
        """Wait until a job has ended.

        Raises:
            TimeoutError: it has not, `within_s` seconds later.
        """
        ends = time.monotonic() + within_s
        while not (job := read_job(self._ask("GET", f"/jobs/{quote_part(job_id)}"))).ended:
            if time.monotonic() >= ends:
                raise TimeoutError(f"job {job_id} is still {job.state} after {within_s:g} s")
            self._sleep(every_s)
        return job
