"""Idempotency: of the same write twice one happens, whenever the second comes and however the first ended."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from verifier.records.database import Database
from verifier.records.kept_answers import KEPT_FOR, KeptAnswer, KeyReusedError, claim_key, keep_answer, sweep_answers
from verifier.records.submissions import save_evidence
from verifier.records.tables.base import utc_now
from verifier.records.tables.evidence import EvidenceRow

ONE, OTHER = "a" * 64, "b" * 64
ANSWER = KeptAnswer(201, {"etag": '"1"'}, {"id": 1, "名": "值"})


def write(database: Database, key: str = "k", fingerprint: str = ONE, actor: str = "client:city") -> KeptAnswer | None:
    """The kept answer, or None where the work was done now."""
    with database.transaction() as tx:
        kept = claim_key(tx, actor, key, fingerprint)
        if kept is None:
            save_evidence(tx, {fingerprint: 1})
            keep_answer(tx, actor, key, ANSWER)
        return kept


def test_the_same_request_again_gets_the_kept_answer(database: Database):
    assert write(database) is None
    assert write(database) == ANSWER


def test_the_key_with_another_request_is_refused(database: Database):
    write(database)
    with pytest.raises(KeyReusedError):
        write(database, fingerprint=OTHER)


def test_another_caller_may_use_the_same_key(database: Database):
    write(database)
    assert write(database, fingerprint=OTHER, actor="client:school") is None


def test_work_that_failed_leaves_its_key_free(database: Database):
    with pytest.raises(ZeroDivisionError):
        fail(database)
    assert write(database) is None


def fail(database: Database) -> None:
    with database.transaction() as tx:
        claim_key(tx, "client:city", "k", ONE)
        raise ZeroDivisionError


def test_many_at_once_do_the_work_once(database: Database):
    answers: list[KeptAnswer | None] = []
    threads = [threading.Thread(target=lambda: answers.append(write(database))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers, key=str) == sorted([None, *[ANSWER] * 7], key=str)
    with database.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(EvidenceRow)) == 1


def test_answers_are_kept_for_their_time_and_not_longer(database: Database):
    write(database)
    assert timedelta(days=7) <= KEPT_FOR
    with database.transaction() as tx:
        sweep_answers(tx, utc_now() + KEPT_FOR - timedelta(minutes=1))
    assert write(database) == ANSWER
    with database.transaction() as tx:
        sweep_answers(tx, utc_now() + KEPT_FOR + timedelta(minutes=1))
    assert write(database) is None
