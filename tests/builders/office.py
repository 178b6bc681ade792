"""A class in real records with an office around it: nights over given session facts, and people who decide.

`an_office(tmp_path)` opens records; `Scene(office, history)` plays a history of `tests.builders.history` through them. The
pictures are left out: sessions come as facts, and everything else is the product's own way from facts to records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tests.builders.history import History
from tests.builders.plan import a_digest, a_teacher
from tests.builders.regulation import SHANGHAI
from verifier.attendance.calibration import load_calibration
from verifier.attendance.enrolment import build_roster
from verifier.closes import close_of_class
from verifier.judging import Enrolment, JudgedClass
from verifier.plan import ClassFile, TrainingClass
from verifier.records.class_facts import read_class_facts
from verifier.records.database import open_database
from verifier.records.filing import save_class_file
from verifier.records.findings import read_input_key, save_session_close
from verifier.records.office import save_person
from verifier.records.submissions import save_evidence
from verifier.records.violation_values import read_violation_values
from verifier.regulating import complete_facts, judge_against
from verifier.regulation.facts import ClassFacts, SessionFacts
from verifier.regulation.policy import load_policy
from verifier.regulation.violation import Change, ChangeKind
from verifier.sanctioning import propose_for_agencies
from verifier.supervising import Office

KEY = bytes(range(32))
PEOPLE = ("li", "wang", "zhao")  # three inspectors


def an_office(folder: Path, url: str | None = None) -> Office:
    """Fresh records with three inspectors. `url` names a database that has its tables already."""
    database = open_database(url or f"sqlite:///{folder}/records.db", KEY)
    with database.transaction() as tx:
        for login in PEOPLE:
            save_person(tx, login, f"{login}检查员", "inspector")
    return Office(database, load_policy())


def moment(day: date, clock: str = "09:00") -> datetime:
    """A moment in Shanghai."""
    return datetime.combine(day, time.fromisoformat(clock), SHANGHAI)


def with_real_digests(value: Any) -> Any:
    """The same facts with ``sha256:name`` made a real digest, and other names of evidence left out of what a photo shows."""
    if isinstance(value, str):
        return f"sha256:{a_digest(value)}" if value.startswith("sha256:") else value
    if isinstance(value, tuple):
        return tuple(with_real_digests(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type) and not isinstance(value, type(None)):
        if type(value).__module__ != "verifier.regulation.facts":
            return value
        return replace(value, **{each.name: with_real_digests(getattr(value, each.name)) for each in fields(value)})
    return value


_known: dict[SessionFacts, SessionFacts] = {}


def _real(facts: SessionFacts) -> SessionFacts:
    """`with_real_digests`, made once for each session: the nights ask again and again."""
    if facts not in _known:
        _known[facts] = with_real_digests(facts)
    return _known[facts]


def list_digests(value: Any) -> set[str]:
    """Every digest that facts name."""
    if isinstance(value, str):
        return {value.removeprefix("sha256:")} if value.startswith("sha256:") else set()
    if isinstance(value, tuple):
        return {digest for each in value for digest in list_digests(each)}
    if is_dataclass(value) and type(value).__module__ == "verifier.regulation.facts":
        return {digest for each in fields(value) for digest in list_digests(getattr(value, each.name))}
    return set()


def file_class(office: Office, facts: ClassFacts) -> None:
    """Put a class on record as filed."""
    with office.database.transaction() as tx:
        save_class_file(tx, ClassFile(replace(facts.training, teachers=(a_teacher(),))))


def close_class(office: Office, training: TrainingClass, sessions: Iterable[SessionFacts], as_of: date) -> bool:
    """What the night does once a class's sessions are judged. Tells whether anything was written."""
    number, sessions = training.number, tuple(_real(each) for each in sessions)
    with office.database.transaction() as tx:
        recorded = read_class_facts(tx, number, as_of, training=training)
        previous = read_violation_values(tx, number, office.policy)
        decided = [(each.key, each.state, each.decisions) for each in previous if each.decisions]
        inputs = [sessions, replace(recorded, as_of=date.min, settled={}), decided]
        key = hashlib.sha256(repr(inputs).encode()).hexdigest()
        if read_input_key(tx, number, None) == key:
            return False
        regulated = judge_against(complete_facts(recorded, sessions), office.policy, previous)
        save_evidence(tx, dict.fromkeys(sorted(list_digests(sessions))))
        enrolment = Enrolment(build_roster({}, {}, "none", load_calibration("opencv-zoo")), {})
        judged = JudgedClass(recorded.training, enrolment, (), (), regulated)
        return save_session_close(tx, close_of_class(judged, key, {"code": "test"}, office.policy.ref))


def judge_again(office: Office, facts: ClassFacts) -> list[Change]:
    """What judging a class anew would change in its violations on record, whatever the key says."""
    sessions = tuple(_real(each) for each in facts.sessions)
    with office.database.reading() as tx:
        recorded = read_class_facts(tx, facts.training.number, facts.as_of, training=facts.training)
        previous = read_violation_values(tx, facts.training.number, office.policy)
    changes = judge_against(complete_facts(recorded, sessions), office.policy, previous).changes
    still = (ChangeKind.STAYS, ChangeKind.UNTOUCHED, ChangeKind.STAYS_CLOSED)
    return [each for each in changes if each.kind not in still]


def run_night(office: Office, history: History, as_of: date, today: date | None = None) -> int:
    """One night over the classes that run or ended within ten days, by the evidence known `today`. Tells how many were written."""
    written = 0
    for number in range(len(history.complete)):
        facts = history.facts_on(number, today or as_of)
        if facts.sessions and as_of <= history.complete[number].sessions[-1].session.day + timedelta(days=10):
            written += close_class(office, facts.training, facts.sessions, as_of)
    propose_for_agencies(office.database, office.policy, as_of)
    return written
