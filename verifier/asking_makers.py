"""Ask the maker of a stamping app about anti-counterfeit codes, over HTTP, once a night and within a bounded time.

What a service must answer (an adapter in front of a maker's own interface translates): ``GET url?code=…&app=…`` → 200 with a JSON
object ``{"known": true, "taken_at": "2023-06-12T09:12:00+08:00", "longitude": 112.35, "latitude": 28.57, "address": "…"}``, all but
``known`` optional, or ``{"known": false}``, or 404 for a code it does not know. Anything else is "could not ask", and tried again.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from datetime import time as clock_time
from typing import Any

import httpx
import structlog
from sqlalchemy.orm import Session as Tx

from verifier.observation import Look
from verifier.photo.context import CodeAnswer, CodeState, CodeUse
from verifier.photo.stamp_authority import NoAuthority, StampAuthority, ask_about
from verifier.photo.stamp_code import CODE_2023, find_sure_codes
from verifier.plan import Submission
from verifier.records.database import Database
from verifier.records.stamp_codes import codes_of_class, read_answers, save_answer, unasked_codes
from verifier.settings import Settings

log = structlog.get_logger()
MAX_ANSWER_BYTES = 64 * 1024


class HttpAuthority:
    """A service that answers as this module's first lines say."""

    def __init__(self, url: str, timeout_s: float, token: str | None = None) -> None:
        """Take the address, the time one question may take in all, and a bearer token."""
        self._url, self._timeout_s = url, timeout_s
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Without user, password and query, which may be secret: the name is stored.
        parts = httpx.URL(url)
        self.name = f"{parts.scheme}://{parts.netloc.decode().rpartition('@')[2]}{parts.path}"

    def ask(self, code: str, app: str | None) -> CodeAnswer:
        """One question; whatever goes wrong is COULD_NOT_ASK."""
        try:
            status, body = self._fetch({"code": code, "app": app or ""})
        except httpx.HTTPError as error:
            return self._could_not(type(error).__name__)
        if status == httpx.codes.NOT_FOUND:
            return CodeAnswer(CodeState.UNKNOWN, self.name)
        if status != httpx.codes.OK:
            return self._could_not(f"HTTP {status}")
        try:
            return parse_answer(json.loads(body), self.name)
        except ValueError as error:
            return self._could_not(f"no sound answer: {error}"[:200])

    def _fetch(self, params: dict[str, str]) -> tuple[int, bytes]:
        # httpx limits each wait, not their sum: a service that sends a byte now and then would hold us for ever.
        ends, body = time.monotonic() + self._timeout_s, b""
        with httpx.stream("GET", self._url, params=params, headers=self._headers, timeout=self._timeout_s) as response:
            for part in response.iter_bytes():
                body += part
                if len(body) > MAX_ANSWER_BYTES or time.monotonic() > ends:
                    raise httpx.ReadTimeout("too long an answer")
            return response.status_code, body

    def _could_not(self, why: str) -> CodeAnswer:
        return CodeAnswer(CodeState.COULD_NOT_ASK, self.name, why=why)


def parse_answer(answer: Any, authority: str) -> CodeAnswer:
    """Read the JSON of an answer, from the service or from the records.

    Raises:
        ValueError: it is not of the agreed form.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("known"), bool):
        raise ValueError("no object with known: true or false")
    if not answer["known"]:
        return CodeAnswer(CodeState.UNKNOWN, authority)
    taken_at = None
    if answer.get("taken_at") is not None:
        taken_at = datetime.fromisoformat(str(answer["taken_at"]))
        if taken_at.utcoffset() is None:
            raise ValueError(f"taken_at {answer['taken_at']} has no offset")
    longitude, latitude = _read_degrees(answer, "longitude", 180), _read_degrees(answer, "latitude", 90)
    address = answer.get("address")
    return CodeAnswer(
        CodeState.KNOWN, authority, taken_at, longitude, latitude, None if address is None else str(address)[:500]
    )


def _read_degrees(answer: dict[str, Any], name: str, limit: float) -> float | None:
    value = answer.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > limit:
        raise ValueError(f"{name} is {value!r}")
    return float(value)


def describe_answer(answer: CodeAnswer) -> dict[str, Any]:
    """The JSON that `parse_answer` reads back."""
    if answer.state is not CodeState.KNOWN:
        return {"known": False}
    return {
        "known": True,
        "taken_at": answer.taken_at.isoformat() if answer.taken_at else None,
        "longitude": answer.longitude,
        "latitude": answer.latitude,
        "address": answer.address,
    }


def open_authority(settings: Settings) -> StampAuthority:
    """Whom the settings name; nobody by default."""
    if settings.stamp_authority_url is None:
        return NoAuthority()
    token = settings.stamp_authority_token
    return HttpAuthority(
        settings.stamp_authority_url, settings.stamp_authority_timeout_s, token.get_secret_value() if token else None
    )


def ask_about_new_codes(
    settings: Settings, database: Database, versions_key: str, authority: StampAuthority | None = None
) -> int:
    """Ask about every code that has no answer yet; returns how many answers came. Nothing is asked where nobody is configured."""
    if settings.stamp_authority_url is None and authority is None:
        return 0
    asked = authority or open_authority(settings)
    with database.reading() as tx:
        waiting = unasked_codes(tx, versions_key, asked.name, CODE_2023.min_confidence)
    answered = 0
    for code, answer in ask_about(waiting, asked, settings.stamp_authority_total_s):
        if answer.state is CodeState.COULD_NOT_ASK:
            log.warning("stamp_code_not_asked", authority=asked.name, why=answer.why)
            continue
        with database.transaction() as tx:
            save_answer(tx, code, asked.name, describe_answer(answer))
        answered += 1
    return answered


def read_code_uses(
    tx: Tx, number: str, submissions: Sequence[Submission], versions_key: str
) -> dict[Submission, tuple[CodeUse, ...]]:
    """Where else the codes of a class's stamps are shown."""
    found = codes_of_class(tx, number, submissions, versions_key, CODE_2023.min_confidence)
    return {
        submission: tuple(
            CodeUse(
                use.code,
                use.class_number,
                use.session_id,
                use.file,
                use.sha256,
                use.received_first,
                _read_moment(use.stamp),
            )
            for use in uses
        )
        for submission, uses in found.items()
    }


def _read_moment(stamp: Mapping[str, Any]) -> datetime | None:
    """The printed time of a stamp as its look has it; None where a part is missing or not surely read."""
    day, clock = stamp.get("day"), stamp.get("clock")
    if not day or not clock or min(day["confidence"], clock["confidence"]) < CODE_2023.min_confidence:
        return None
    return datetime.combine(date.fromisoformat(day["value"]), clock_time.fromisoformat(clock["value"]))


def read_code_answers(
    tx: Tx, submissions: Iterable[Submission], looks: Mapping[str, Look], authority: str | None
) -> dict[Submission, dict[str, CodeAnswer]]:
    """What the maker said about each code of each photo; COULD_NOT_ASK where it has not answered, nothing where nobody is asked."""
    if authority is None:
        return {}
    shown = {
        each: codes
        for each in submissions
        if each.sha256 in looks and (codes := [code for _, code in find_sure_codes(looks[each.sha256])])
    }
    answers = read_answers(tx, (code for codes in shown.values() for code in codes), authority)
    missing = CodeAnswer(CodeState.COULD_NOT_ASK, authority)
    return {
        submission: {code: parse_answer(answers[code], authority) if code in answers else missing for code in codes}
        for submission, codes in shown.items()
    }
