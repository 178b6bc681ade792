"""Retained unknown faces are sealed and erased in time; pgvector answers as memory does, and shows no template."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select, text, update

from tests.builders.city import ACity
from tests.services.postgres import fresh_database
from tests.verifier.attendance.people import CONTRACT, like, someone
from tests.verifier.records.conftest import KEY
from verifier.attendance.search import KnownFace, MemoryIndex
from verifier.city import TableIndex
from verifier.photo.look_json import look_from_json, look_to_json, stack_embeddings
from verifier.records.database import Database, open_database
from verifier.records.face_index import FaceIndexError, IndexedFace, VectorTable, make_rotation
from verifier.records.faces import purge_unknown_faces, read_presences_by_face, read_unknown_faces
from verifier.records.looks import read_looks, save_look
from verifier.records.migrate import upgrade
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import EvidenceRow
from verifier.records.tables.unknown_face import UnknownFaceRow


@pytest.fixture
def city(database: Database) -> ACity:
    made = ACity(database)
    made.add_class("A", (1, 2))
    made.close("A", [someone(90), someone(91)], seen={"S01": 0.99})
    return made


def test_unknown_faces_come_back_as_they_went_in(city: ACity):
    with city.database.reading() as tx:
        records = read_unknown_faces(tx, CONTRACT)
        assert read_unknown_faces(tx, "other@1") == []
    assert sorted(int(each.embedding.argmax()) for each in records) == [90, 91]
    assert all(each.embedding.max() == 1.0 for each in records)
    (photo, _, box) = records[0].sightings[0]
    handed_in = city.classes["A"].submissions[0]
    assert (records[0].class_number, records[0].session_id) == ("A", "2023-06-12-am")
    assert (photo.file, photo.sha256, photo.session_id) == (handed_in.file, handed_in.sha256, handed_in.session_id)
    assert box.xywh()[2:] == [80, 100]


def test_the_database_holds_no_readable_face(city: ACity):
    with city.database.reading() as tx:
        for row in tx.scalars(select(UnknownFaceRow)):
            assert bytes(64) not in row.embedding_sealed  # most of a test vector is zeros
            assert len(row.embedding_sealed) == 256 * 4 + 37  # version, key id, nonce, tag


def test_a_session_judged_again_leaves_only_its_new_unknown_faces(city: ACity):
    city.close("A", [someone(92)], key="2")
    with city.database.reading() as tx:
        (record,) = read_unknown_faces(tx, CONTRACT)
    assert record.embedding.argmax() == 92


def test_who_was_present_by_face(city: ACity):
    with city.database.reading() as tx:
        persons = [str(person) for person in tx.scalars(select(EnrolmentRow.student_id))]
        (record,) = read_presences_by_face(tx, persons)
        assert read_presences_by_face(tx, []) == []
    assert (record.student_no, record.session_id, record.probability) == ("S01", "2023-06-12-am", 0.99)


def test_purging_erases_strangers_from_rows_and_looks_and_keeps_students(city: ACity):
    session, photo = city.classes["A"].training.sessions[0], city.classes["A"].submissions[0]
    look = city.a_look(photo.sha256, someone(90), someone(91), like((1, 0.8)))
    with city.database.transaction() as tx:
        save_look(tx, photo.sha256, "v1", look_to_json(look), stack_embeddings(look), CONTRACT)
    with city.database.transaction() as tx:
        assert purge_unknown_faces(tx, session.ends_at) == 0
    with city.database.transaction() as tx:
        assert purge_unknown_faces(tx, session.ends_at + timedelta(seconds=1)) == 2
    with city.database.reading() as tx:
        assert read_unknown_faces(tx, CONTRACT) == []
        body, vectors = read_looks(tx, [photo.sha256], "v1")[photo.sha256]
    left = look_from_json(body, vectors)
    assert [face.embedding is None for face in left.faces] == [True, True, False]
    np.testing.assert_array_equal(left.faces[2].embedding, like((1, 0.8)))
    assert [face.box for face in left.faces] == [face.box for face in look.faces]


def test_the_time_begins_when_the_photo_came_in(city: ACity):
    session = city.classes["A"].training.sessions[0]
    came_in = session.ends_at + timedelta(days=30)
    with city.database.transaction() as tx:
        tx.execute(update(EvidenceRow).values(recorded_at=came_in))
        assert purge_unknown_faces(tx, came_in) == 0
        assert purge_unknown_faces(tx, came_in + timedelta(seconds=1)) == 2


def test_a_face_that_an_open_case_rests_on_is_not_purged(city: ACity):
    session = city.classes["A"].training.sessions[0]
    with city.database.transaction() as tx:
        first, _ = read_unknown_faces(tx, CONTRACT)
        assert purge_unknown_faces(tx, session.ends_at + timedelta(days=1), keep={first.id}) == 1
        assert [each.id for each in read_unknown_faces(tx, CONTRACT)] == [first.id]


# pgvector


def clustered(count: int, seed: int = 1, dimensions: int = 128) -> np.ndarray:
    """Unit vectors around common centres, as faces of one region are."""
    dice = np.random.RandomState(seed)
    centres = dice.standard_normal((20, dimensions))
    vectors = centres[dice.randint(20, size=count)] * 0.4 + dice.standard_normal((count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def postgres(postgres_url: str) -> Iterator[Database]:
    with fresh_database(postgres_url) as url:
        upgrade(url)
        opened = open_database(url, KEY)
        yield opened
        opened.close()


def indexed(vectors: np.ndarray) -> list[IndexedFace]:
    return [IndexedFace(f"{n:06d}", f"person {n}", vector, 40.0) for n, vector in enumerate(vectors)]


def a_table(postgres: Database, contract: str = "a@1", kind: str = "enrolled") -> VectorTable:
    table = VectorTable(postgres, kind, contract, 128)
    table.create()
    return table


@pytest.mark.parametrize("exact", [True, False], ids=["every row compared", "candidates of HNSW compared again"])
def test_the_table_answers_as_memory_does(postgres: Database, exact: bool):
    vectors = clustered(3000)
    table = a_table(postgres, "same@1")
    table.fill(indexed(vectors))
    assert table.size == 3000
    table.make_hnsw()
    memory = MemoryIndex([KnownFace(f"{n:06d}", f"person {n}", vector, 40.0) for n, vector in enumerate(vectors)], "c")
    queries = clustered(20, seed=2)
    wanted = memory.find_nearest(queries, "c", 10)
    found = table.nearest(queries, 10, exact=exact)
    assert [[row[0] for row in rows] for rows in found] == [[hit.key for hit in hits] for hits in wanted]
    np.testing.assert_allclose(
        [[row[2] for row in rows] for rows in found], [[hit.similarity for hit in hits] for hits in wanted], atol=1e-6
    )


def test_a_table_too_large_to_compare_every_row_says_so(postgres: Database, monkeypatch: pytest.MonkeyPatch):
    table = a_table(postgres, "large@1")
    table.fill(indexed(clustered(12)))
    assert table.exact
    assert TableIndex(table).complete
    monkeypatch.setattr("verifier.records.face_index.EXACT_UP_TO", 11)
    assert not TableIndex(table).complete
    table.fill(indexed(clustered(11)))
    assert TableIndex(table).complete


def test_filling_again_writes_only_what_differs_and_removes_what_is_gone(postgres: Database):
    faces = indexed(clustered(10))
    table = a_table(postgres, "fill@1", "unknown")
    assert table.fill(faces) == (10, 0)
    assert table.fill(faces) == (0, 0)
    changed = IndexedFace(faces[0].key, "another person", faces[0].vector, 40.0)
    assert table.fill([changed, *faces[1:9]]) == (1, 1)
    assert table.size == 9


def test_another_contract_sees_nothing_and_takes_the_place(postgres: Database):
    old = a_table(postgres, "old@1", "moving")
    old.fill(indexed(clustered(5)))
    new = a_table(postgres, "new@1", "moving")
    assert new.nearest(clustered(1), 5) == [[]]
    assert new.fill(indexed(clustered(2))) == (2, 5)
    assert (old.size, new.size) == (0, 2)


def test_another_data_key_sees_nothing(postgres: Database):
    a_table(postgres, "key@1", "keyed").fill(indexed(clustered(5)))
    other = open_database(postgres.engine.url.render_as_string(hide_password=False), bytes(32))
    assert a_table(other, "key@1", "keyed").nearest(clustered(1), 5) == [[]]
    other.close()


def test_what_stands_in_the_table_is_not_the_template(postgres: Database):
    vectors = clustered(3)
    a_table(postgres, "hidden@1", "hidden").fill(indexed(vectors))
    with postgres.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT key, rotated::text FROM face_vector WHERE kind = 'hidden' ORDER BY key")
        ).all()
    stored = np.array([[float(value) for value in row.rotated[1:-1].split(",")] for row in rows])
    assert np.abs((stored * vectors).sum(axis=1)).max() < 0.5
    np.testing.assert_allclose(stored @ stored.T, vectors @ vectors.T, atol=1e-5)  # angles stay: it is no encryption


def test_a_face_of_another_length_is_refused(postgres: Database):
    with pytest.raises(ValueError, match="128"):
        a_table(postgres, "long@1").fill([IndexedFace("x", "x", np.zeros(4, np.float32), 40.0)])


def test_the_rotation_is_orthogonal_and_the_keys():
    rotation = make_rotation(KEY, 128)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(128), atol=1e-12)
    np.testing.assert_array_equal(rotation, make_rotation(KEY, 128))
    assert np.abs(rotation - make_rotation(bytes(32), 128)).max() > 0.1


def test_sqlite_has_no_vector_table(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/records.db", KEY)
    with pytest.raises(FaceIndexError, match="PostgreSQL"):
        VectorTable(database, "enrolled", "a@1", 128)
    database.close()
