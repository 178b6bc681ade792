"""A new data key: both readable all the while, killed at any moment, and an old key goes when nothing needs it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select, text
from typer.testing import CliRunner

from tests.builders.plan import a_class_file, a_student, a_submission, a_training_class
from tests.verifier.records.conftest import KEY
from verifier.accounts import issue_key
from verifier.cli import app
from verifier.records.audit import read_audit, verify_audit, write_audit
from verifier.records.database import Database, open_database
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.looks import read_looks, save_look
from verifier.records.resealing import list_sealed_columns, read_key_standings, reseal
from verifier.records.tables.student import StudentRow
from verifier.records.vault import Vault, VaultError, load_key_file
from verifier.records.webhooks import save_webhook

NEW_KEY = bytes(range(100, 132))
STUDENTS = tuple(
    a_student(f"S{place:03}", f"学员{place}", id_number=f"43090319900101{place:04}", phone=f"1380000{place:04}")
    for place in range(60)
)
EMBEDDINGS = np.random.default_rng(1).normal(size=(2, 128)).astype(np.float32)

# Kills itself, as `kill -9` would, once so many values were told to be done.
PROGRAM = """
import os, signal, sys
from tests.verifier.records import test_resealing
from verifier.records import resealing
resealing.BATCH = 7
def tell(done):
    if done >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
resealing.reseal(test_resealing.reopen(sys.argv[1]), "local:test", tell)
"""


def reopen(url: str) -> Database:
    """The same records with a new key before the old one."""
    return open_database(url, [NEW_KEY, KEY])


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def fill(database: Database) -> None:
    """Something in every kind of sealed column that a class, a night and a client leave."""
    training = a_training_class(students=STUDENTS)
    photo = a_submission()
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(training, submissions=[photo]))
        save_look(tx, photo.sha256, "v1", {}, EMBEDDINGS, "contract")
        write_audit(tx, actor="local:test", action="class.save", subject=("class", training.number))
    issue_key(database, "city", ["read"], by="local:test")
    with database.transaction() as tx:
        save_webhook(tx, "city", "hook", "https://city.example/hook", ["case.opened"], "s" * 32, None)


def check_all_readable(database: Database) -> None:
    with database.reading() as tx:
        found = read_class_file(tx, "YY-2023-0071")
        assert found.training.students == STUDENTS
        (_, embeddings), *others = read_looks(tx, [found.submissions[0].sha256], "v1").values()
        assert (embeddings == EMBEDDINGS).all()
        assert others == []
        assert verify_audit(tx).sound


def test_old_and_new_values_are_read_side_by_side_and_then_the_new_key_is_enough(database: Database):
    fill(database)
    both = reopen(url_of(database))
    check_all_readable(both)
    before = {each.key_id: each for each in read_key_standings(both)}
    assert before[Vault(KEY).key_id].values == 60 + 60 + 1 + 1
    assert before[Vault(KEY).key_id].needed
    with both.transaction() as tx:
        # What is written now is sealed with the new key, and what a former key's digest names is the same person.
        newcomer = a_student("S900", "新学员", id_number="430903199001019999")
        save_class_file(tx, a_class_file(a_training_class("B", students=(newcomer, STUDENTS[0]))))
        people = tx.scalar(select(func.count()).select_from(StudentRow))
    assert people == len(STUDENTS) + 1
    assert reseal(both, "local:test") == 122
    check_all_readable(both)
    after = {each.key_id: each for each in read_key_standings(both)}
    assert (after[Vault(KEY).key_id].values, after[Vault(KEY).key_id].needed) == (0, False)
    assert after[Vault(NEW_KEY).key_id].current
    assert reseal(both, "local:test") == 0
    alone = open_database(url_of(database), NEW_KEY)
    check_all_readable(alone)
    with alone.reading() as tx:
        entry = [each for each in read_audit(tx, limit=1000) if each.action == "data_key.reseal"]
        assert [each.after for each in entry] == [
            {"key": Vault(NEW_KEY).key_id, "values": 122, "retired": [Vault(KEY).key_id]}
        ]
    with alone.transaction() as tx:
        save_class_file(tx, a_class_file(a_training_class("C", students=STUDENTS[:3])))
        assert tx.scalar(select(func.count()).select_from(StudentRow)) == people
    old = open_database(url_of(database), KEY)
    with old.reading() as tx, pytest.raises(VaultError, match="not here"):
        read_class_file(tx, "YY-2023-0071")
    for each in (both, alone, old):
        each.close()


def test_every_sealed_column_is_known_here():
    assert {(table.name, column.name) for table, column in list_sealed_columns()} == {
        ("camera", "credentials_sealed"), ("webhook", "secret_sealed"), ("enrolment", "phone_sealed"),
        ("unknown_face", "embedding_sealed"), ("look", "embeddings_sealed"), ("student", "id_number_sealed"),
        ("data_key", "audit_key_sealed"),
    }  # fmt: skip


@pytest.mark.parametrize("done", [1, 30, 70, 121])
def test_killed_in_the_middle_everything_is_readable_and_the_next_call_goes_on(tmp_path: Path, done: int):
    url = f"sqlite:///{tmp_path}/records.db"
    database = open_database(url, KEY)
    fill(database)
    database.close()
    killed = subprocess.run([sys.executable, "-c", PROGRAM, url, str(done)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    both = reopen(url)
    check_all_readable(both)
    standing = {each.key_id: each for each in read_key_standings(both)}
    assert done <= standing[Vault(NEW_KEY).key_id].values
    left = standing[Vault(KEY).key_id].values
    assert standing[Vault(KEY).key_id].needed
    assert reseal(both, "local:test") == left
    both.close()
    alone = open_database(url, NEW_KEY)
    check_all_readable(alone)
    alone.close()


def test_one_person_filed_under_each_key_alone_is_one_person_afterwards(database: Database):
    student = a_student("S01", "张三", id_number="430903199001010011")
    for number, key in (("A", KEY), ("B", NEW_KEY)):
        opened = open_database(url_of(database), key)
        with opened.transaction() as tx:
            save_class_file(tx, a_class_file(a_training_class(number, students=(student,))))
        opened.close()
    both = reopen(url_of(database))
    reseal(both, "local:test")
    with both.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(StudentRow)) == 1
        for number in ("A", "B"):
            assert read_class_file(tx, number).training.students[0].id_number == student.id_number
    both.close()


def test_the_audit_holds_after_the_old_key_is_gone_and_a_retired_key_signs_nothing_more(database: Database):
    fill(database)
    both = reopen(url_of(database))
    reseal(both, "local:test")
    both.close()
    alone = open_database(url_of(database), NEW_KEY)
    with alone.reading() as tx:
        assert verify_audit(tx).sound
    # Somebody who still has the retired key writes an entry with it.
    with database.transaction() as tx:
        write_audit(tx, actor="user:li", action="decision.confirm", subject=("case", "x"))
    with alone.reading() as tx:
        faults = verify_audit(tx).faults
    assert [each.kind for each in faults] == ["edited"]
    assert "retired" in faults[0].message
    alone.close()


def test_without_its_key_a_value_stops_the_work_and_what_was_done_stays(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/records.db"
    database = open_database(url, KEY)
    fill(database)
    database.close()
    alone = open_database(url, NEW_KEY)
    with pytest.raises(VaultError, match="not here"):
        reseal(alone, "local:test")
    missing = [each for each in read_key_standings(alone) if not each.at_hand]
    assert [each.key_id for each in missing] == [Vault(KEY).key_id]
    alone.close()
    opened = open_database(url, KEY)
    check_all_readable(opened)
    opened.close()


def test_a_key_that_is_stored_altered_does_not_open(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/records.db"
    database = open_database(url, KEY)
    fill(database)
    database.close()
    both = reopen(url)
    reseal(both, "local:test")
    with both.transaction() as tx:
        tx.execute(text("UPDATE data_key SET last_sequence = last_sequence, audit_key_sealed = zeroblob(60)"))
    with both.reading() as tx, pytest.raises(VaultError):
        verify_audit(tx)
    both.close()


def test_the_commands_bring_in_a_key_and_take_the_old_one_out(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path}/verifier.sqlite3")
    fill(database)
    database.close()
    file = tmp_path / "data.key"
    old = load_key_file(file)

    def run(*words: str) -> str:
        answer = CliRunner().invoke(app, ["keys", *words, "--workspace", str(tmp_path)])
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    run("drop")
    assert load_key_file(file) == old  # the only key is needed
    run("new")
    both = load_key_file(file)
    assert both[1:] == old
    run("drop")
    assert load_key_file(file) == both  # still needed
    assert json.loads(run("reseal", "--json")) == {"values": 122}
    standings = json.loads(run("status", "--json"))["keys"]
    assert [(each["current"], each["values"], each["needed"]) for each in standings] == [
        (True, 123, True), (False, 0, False)
    ]  # fmt: skip
    run("drop")
    assert load_key_file(file) == both[:1]
    assert file.stat().st_mode & 0o777 == 0o600
    opened = open_database(f"sqlite:///{tmp_path}/verifier.sqlite3")
    check_all_readable(opened)
    opened.close()
