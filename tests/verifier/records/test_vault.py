"""What is sealed opens in its own place with its own key, and nowhere else."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from tests.builders.plan import a_class_file, a_digest, a_submission
from tests.verifier.records.conftest import KEY
from verifier.records.database import open_database
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.looks import save_look
from verifier.records.vault import Vault, VaultError, load_key_file, read_key

OTHER_KEY = bytes(range(32, 64))
ROW, OTHER_ROW = UUID(int=1), UUID(int=2)
SECRET = "430903199001011234"


def test_a_value_opens_in_its_place() -> None:
    vault = Vault(KEY)
    sealed = vault.seal_text(SECRET, "student", "id_number_sealed", ROW)
    assert sealed is not None
    assert SECRET.encode() not in sealed
    assert vault.open_text(sealed, "student", "id_number_sealed", ROW) == SECRET
    assert vault.seal_text(SECRET, "student", "id_number_sealed", ROW) != sealed


def test_nothing_is_sealed_as_nothing() -> None:
    assert Vault(KEY).seal_text("", "student", "id_number_sealed", ROW) is None
    assert Vault(KEY).open_text(None, "student", "id_number_sealed", ROW) == ""


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        pytest.param("student", "id_number_sealed", OTHER_ROW, id="another row"),
        pytest.param("student", "phone_sealed", ROW, id="another column"),
        pytest.param("enrolment", "id_number_sealed", ROW, id="another table"),
    ],
)
def test_a_value_moved_to_another_place_does_not_open(table: str, column: str, row: UUID) -> None:
    sealed = Vault(KEY).seal(b"x", "student", "id_number_sealed", ROW)
    with pytest.raises(VaultError, match="belongs to another row"):
        Vault(KEY).open(sealed, table, column, row)


@pytest.mark.parametrize("place", [0, 1, 9, 21, -1])
def test_a_value_with_one_changed_bit_does_not_open(place: int) -> None:
    sealed = bytearray(Vault(KEY).seal(b"value", "t", "c", ROW))
    sealed[place] ^= 1
    with pytest.raises(VaultError):
        Vault(KEY).open(bytes(sealed), "t", "c", ROW)


@pytest.mark.parametrize("length", [0, 5, 21, 30])
def test_a_value_that_was_cut_off_does_not_open(length: int) -> None:
    with pytest.raises(VaultError):
        Vault(KEY).open(Vault(KEY).seal(b"value", "t", "c", ROW)[:length], "t", "c", ROW)


def test_a_former_key_still_opens_and_the_new_one_seals() -> None:
    old = Vault(KEY).seal(b"value", "t", "c", ROW)
    rotated = Vault(OTHER_KEY, former_keys=[KEY])
    assert rotated.open(old, "t", "c", ROW) == b"value"
    assert Vault(OTHER_KEY).open(rotated.seal(b"new", "t", "c", ROW), "t", "c", ROW) == b"new"
    with pytest.raises(VaultError, match="VERIFIER_DATA_KEY"):
        Vault(OTHER_KEY).open(old, "t", "c", ROW)


def test_lookups_are_equal_for_equal_values_under_one_key_only() -> None:
    assert Vault(KEY).lookup(SECRET) == Vault(KEY).lookup(SECRET)
    assert Vault(KEY).lookup(SECRET) != Vault(KEY).lookup(SECRET[:-1])
    assert Vault(KEY).lookup(SECRET) != Vault(OTHER_KEY).lookup(SECRET)


def test_a_vault_does_not_show_its_key() -> None:
    assert KEY.hex() not in repr(Vault(KEY))


@pytest.mark.parametrize("text", ["not base64!", base64.b64encode(b"short").decode(), ""])
def test_a_key_that_is_none_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(VaultError, match="VERIFIER_DATA_KEY") as refused:
        read_key(text)
    assert text == "" or text not in str(refused.value)
    with pytest.raises(VaultError):
        Vault(text.encode())


def test_a_key_of_a_setting_is_base64() -> None:
    assert read_key(base64.b64encode(KEY).decode() + "\n") == KEY


def test_a_key_file_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "workspace" / "data.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_key_file(path), range(8)))
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["data.key"]


def test_a_broken_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "data.key"
    path.write_text("")
    with pytest.raises(VaultError, match="restore it"):
        load_key_file(path)
    assert path.read_text() == ""


def test_the_database_file_holds_no_id_number_phone_or_embedding(tmp_path: Path) -> None:
    class_file = a_class_file(submissions=(a_submission(),))
    embeddings = np.random.default_rng(1).normal(size=(2, 128)).astype(np.float32)
    database = open_database(f"sqlite:///{tmp_path}/records.db")
    with database.transaction() as tx:
        save_class_file(tx, class_file)
        save_look(tx, class_file.submissions[0].sha256, "v1", {}, embeddings, "contract")
    content = b"".join(file.read_bytes() for file in tmp_path.glob("records.db*"))
    database.close()
    content += (tmp_path / "records.db").read_bytes()
    student = class_file.training.students[0]
    assert student.name.encode() in content
    assert student.id_number.encode() not in content
    assert student.phone.encode() not in content
    assert embeddings.tobytes()[:64] not in content


def test_a_database_opened_with_another_key_says_so(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    database = open_database(url, KEY)
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(enrolment_photos={"S01": (a_digest("s01"),)}))
    database.close()
    database = open_database(url, OTHER_KEY)
    with database.reading() as tx, pytest.raises(VaultError, match="VERIFIER_DATA_KEY"):
        read_class_file(tx, "YY-2023-0071")
    database.close()
    database = open_database(url, [OTHER_KEY, KEY])
    with database.reading() as tx:
        found = read_class_file(tx, "YY-2023-0071")
    assert replace(found, enrolment_photos={}) == a_class_file()
    database.close()
