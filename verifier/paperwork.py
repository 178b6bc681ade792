"""The office's papers, a use case each: archive documents received, the year's agreement, urgings, a record taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session as Tx

from verifier.evidence.store import EvidenceStore
from verifier.language import say
from verifier.plan import TrainingClass
from verifier.records import office as office_rows
from verifier.records.class_facts import read_class_facts
from verifier.records.class_grid import list_photo_digests
from verifier.records.filing import read_class_file, read_training
from verifier.records.office import RefusedError
from verifier.records.urgings import answer_urging, save_urging
from verifier.regulation.class_closing import list_archive_kinds
from verifier.regulation.facts import UrgingOutcome
from verifier.regulation.forms import Agreement
from verifier.regulation.policy import ArchiveKind, Policy
from verifier.sanctioning import propose_for_agency
from verifier.supervising import Office

_AGREEMENT_DAYS = ("complete_by", "signed_on")


def receive_archive_item(office: Office, class_number: str, by: str, kind: str, name: str, sha256: str | None) -> UUID:
    """Write down that one document of the class archive came in (Art. 7(5)), or, without bytes, that this kind is not there.

    Args:
        kind: The code or the title of the kind, as the policy lists it.
        sha256: The document in the evidence store.
    Raises:
        RefusedError: the policy asks this class for no such kind, or other bytes stand under that name.
        NotInRecordsError: there is no such class.
    """
    with office.transaction() as tx:
        found = _find_kind(tx, office.policy, class_number, kind)
        return office_rows.save_archive_item(tx, class_number, by, found.code, name, sha256)


def receive_archive_folder(
    office: Office, store: EvidenceStore, class_number: str, by: str, folder: Path
) -> dict[str, int]:
    """Take in a whole archive: one sub-folder a kind, named by its code or title, with any files in it. Twice is once.

    Returns: code of the kind → how many files were found.
    Raises:
        RefusedError: a sub-folder or a loose file that is no kind of the policy's; nothing is written then.
        OSError: a file cannot be read.
    """
    counts: dict[str, int] = {}
    with office.transaction() as tx:
        inside = [each for each in sorted(folder.iterdir()) if not each.name.startswith(".")]
        kinds = {each: _find_kind(tx, office.policy, class_number, each.name) for each in inside}
        for place, kind in kinds.items():
            if not place.is_dir():
                raise RefusedError(say("{file}不在以资料类别命名的文件夹中。", file=place.name))
            files = [each for each in sorted(place.rglob("*")) if each.is_file()]
            for file in files:
                with file.open("rb") as source:
                    digest = store.put(source)
                name = file.relative_to(place).as_posix()
                office_rows.save_archive_item(tx, class_number, by, kind.code, name, digest)
            counts[kind.code] = len(files)
    return counts


def describe_archive(
    tx: Tx, policy: Policy, class_number: str, training: TrainingClass | None = None
) -> list[dict[str, Any]]:
    """Every kind of document that this class's archive must hold (Art. 7(5)), JSON-ready: there, missing, or nobody looked.

    Photos that were reported are listed, but somebody has to say that they are complete: the class's own portrait is among
    what the law asks for.

    Args:
        training: The class as filed, where the caller has read it already.
    Raises:
        NotInRecordsError: there is no such class.
    """
    training = training or read_training(tx, class_number)
    facts = read_class_facts(tx, class_number, date.min, training=training)
    items = {item.code: item for item in facts.archive or ()}
    photos = [f"sha256:{each}" for each in list_photo_digests(tx, class_number)]
    found = []
    for kind in list_archive_kinds(facts.training, policy):
        item = items.get(kind.code)
        evidence = list(item.evidence) if item else []
        if kind.code == "photos":
            evidence = sorted({*evidence, *photos})
        found.append(
            {
                "code": kind.code, "title": kind.title, "folder": kind.folder, "quote": kind.quote,
                "present": item.present if item else None, "documents": evidence,
            }
        )  # fmt: skip
    return found


def write_agreement(office: Office, agency_code: str, year: int, by: str, form: Mapping[str, Any]) -> UUID:
    """Keep the year's agreement with an agency (Annex 1). A later call replaces the fields; the audit keeps both.

    Args:
        form: Fields of `regulation.forms.Agreement`; days as `date` or ``2023-11-30``.
    Raises:
        RefusedError: a field that Annex 1 does not have, or of the wrong kind; no such agency.
    """
    known = {each.name for each in fields(Agreement)}
    if unknown := sorted(set(form) - known):
        raise RefusedError(
            say("协议书没有名为{name}的栏目（{known}）。", name=unknown[0], known="、".join(sorted(known)))
        )
    plain = {name: _read_field(name, value) for name, value in form.items()}
    with office.transaction() as tx:
        return office_rows.save_agreement(tx, agency_code, year, plain, by)


def withdraw_record(office: Office, record_id: UUID, by: str, why: str) -> None:
    """Take back what somebody recorded under a rule; it stays visible, and what was proposed because of it lapses.

    A proposal about a class follows with the next night, one about an agency at once.

    Raises:
        RefusedError: there is no such record, or no reason.
    """
    with office.transaction() as tx:
        agency_code, recorded_on = office_rows.withdraw_person_record(tx, record_id, by, why)
        propose_for_agency(tx, agency_code, office.policy, recorded_on)


def urge_materials(
    office: Office, class_number: str, by: str, what: str, urged_on: date, due_on: date, evidence: tuple[str, ...] = ()
) -> UUID:
    """Write down that the office urged an agency to hand in something about a class (13(1)(10)); see `save_urging`."""
    with office.transaction() as tx:
        return save_urging(tx, class_number, by, what, urged_on, due_on, evidence)


def settle_urging(
    office: Office, urging_id: UUID, outcome: UrgingOutcome, by: str, answered_on: date, note: str = ""
) -> None:
    """Write down what came of an urging; the next night judges by it. See `answer_urging`."""
    with office.transaction() as tx:
        answer_urging(tx, urging_id, outcome, by, answered_on, note)


def _find_kind(tx: Tx, policy: Policy, class_number: str, name: str) -> ArchiveKind:
    kinds = list_archive_kinds(read_class_file(tx, class_number).training, policy)
    for kind in kinds:
        if name in (kind.code, kind.title):
            return kind
    known = "、".join(f"{each.code}（{each.title}）" for each in kinds)
    raise RefusedError(
        say("班次{number}的档案没有{kind}一类（{known}）。", number=class_number, kind=name, known=known)
    )


def _read_field(name: str, value: Any) -> Any:
    wanted = {"year": int, "people": int, "further_terms": list}.get(name, str)
    most = 3  # Annex 1 prints three lines for further terms
    if name in _AGREEMENT_DAYS:
        try:
            return (value if isinstance(value, date) else date.fromisoformat(str(value))).isoformat()
        except ValueError as error:
            raise RefusedError(say("协议书的{name}应为日期，现为{value}。", name=name, value=str(value))) from error
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, bool) or not isinstance(value, wanted) or (isinstance(value, list) and len(value) > most):
        raise RefusedError(say("协议书的{name}填写有误：{value}。", name=name, value=str(value)))
    return value
