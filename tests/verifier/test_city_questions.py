"""What people ask about faces: who is this, where else, who are the strangers."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders.city import ACity
from tests.verifier.attendance.people import a_face, an_unreadable_face, like, someone
from tests.verifier.records.conftest import KEY, database, migrated_file, migrated_postgres  # noqa: F401 - fixtures
from verifier.cli_faces import describe_face
from verifier.records.database import Database
from verifier.records.errors import NotInRecordsError
from verifier.searching import find_sightings, list_strangers, search_faces
from verifier.settings import Settings


@pytest.fixture
def city(database: Database) -> ACity:  # noqa: F811 - the fixture
    made = ACity(database)
    made.add_class("A", (1, 2), days=3)
    made.add_class("B", (77, 78))
    made.close("A", [like((77, 0.8)), someone(120)])
    made.close("A", [like((120, 0.9))], day=2)
    return made


@pytest.fixture(params=["memory", "pgvector"])
def settings(city: ACity, request: pytest.FixtureRequest) -> Settings:
    import base64

    dialect = city.database.engine.dialect.name
    if request.param == "pgvector" and dialect != "postgresql":
        pytest.skip("pgvector is PostgreSQL's")
    url = city.database.engine.url.render_as_string(hide_password=False)
    made = Settings(database_url=url, data_key=base64.b64encode(KEY).decode(), face_index=request.param)
    city.search(face_index=request.param)
    return made


def test_who_is_this(city: ACity, settings: Settings):
    faces = [a_face(like((2, 0.9))), a_face(someone(200), at=1), a_face(like((120, 0.95)), at=2), an_unreadable_face()]
    student, nobody, stranger, unreadable = search_faces(faces, settings, city.tools)
    assert (student["state"], student["enrolled"]["likenesses"][0]["who"]) == ("found", "A/S02")
    assert student["enrolled"]["likenesses"][0]["probability"] > 0.99
    assert (nobody["state"], nobody["seen_before"]["state"]) == ("nobody", "nobody")
    assert nobody["enrolled"]["compared"] == 5  # four students, one teacher of both classes
    assert (stranger["state"], stranger["seen_before"]["state"]) == ("nobody", "found")
    assert stranger["seen_before"]["sightings"][0]["session"] == "2023-06-14-am"  # the most alike
    assert (unreadable["state"], unreadable["unreadable_because"]) == ("unreadable", "blurred")
    assert "enrolled" not in unreadable


def test_in_between_is_cannot_tell(city: ACity, settings: Settings):
    (face,) = search_faces([a_face(like((2, 0.37)))], settings, city.tools)
    assert face["state"] == "cannot_tell"
    assert describe_face(face).text("en").startswith("Cannot tell: most like A/S02 (similarity 0.37, limit 0.")


def test_nothing_readable_is_compared_with_nobody(city: ACity, settings: Settings):
    (face,) = search_faces([an_unreadable_face()], settings, city.tools)
    assert describe_face(face).text("en") == "Not readable, compared with nobody (blurred)."


def test_strangers_are_listed_once_with_all_sightings(city: ACity, settings: Settings):
    answer = list_strangers(settings, city.tools)
    assert [(each["sessions"], each["classes"]) for each in answer["strangers"]] == [(2, ["A"]), (1, ["A"])]
    later = list_strangers(settings, city.tools, since=date(2023, 6, 14))
    assert [each["sessions"] for each in later["strangers"]] == [1]


def test_where_else_a_student_was_seen(city: ACity, settings: Settings):
    answer = find_sightings("B", "S01", settings, city.tools)
    (sighting,) = answer["sightings"]
    assert (sighting["class"], sighting["session"], sighting["state"]) == ("A", "2023-06-12-am", "found")
    assert find_sightings("B", "S02", settings, city.tools)["sightings"] == []


def test_a_student_without_a_picture_cannot_be_searched_for(city: ACity, settings: Settings):
    with pytest.raises(NotInRecordsError, match="S09"):
        find_sightings("B", "S09", settings, city.tools)
