"""The office's lists are searched, filtered and sorted by SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.builders.plan import a_class_file, a_digest
from verifier.records import office_lists
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.listing import Asked, Listing, find_page, iterate_rows
from verifier.records.office import save_person

LISTS: dict[str, Callable[[], Listing]] = {
    "notices": office_lists.list_notices_for, "appeals": office_lists.list_appeals, "users": office_lists.list_users,
    "clients": office_lists.list_clients, "jobs": office_lists.list_jobs, "audit": office_lists.list_audit,
    "portraits": office_lists.list_portraits,
}  # fmt: skip
CHOSEN = {
    "state": "open", "verdict": "refused", "role": "chief", "since": "2023-06-12", "until": "2023-06-13", "number": "x",
    "agency": "x", "class": "x", "kind": "verify", "actor": "system", "action": "user", "subject": "x",
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_every_field_sorts_and_every_filter_filters(database: Database, name: str) -> None:
    listing = LISTS[name]()
    with database.reading() as tx:
        for field in listing.fields:
            find_page(tx, listing, Asked(search="a b", sort=f"-{field}"))
        for each in listing.filters:
            find_page(tx, listing, Asked(filters={each: CHOSEN[each]}))
        assert list(iterate_rows(tx, listing, Asked(), 10)) == []


def test_pictures_of_students_and_teachers_stand_in_one_list(database: Database) -> None:
    with database.transaction() as tx:
        students, teachers = {"S01": (a_digest("s"),)}, {"T01": (a_digest("t"),)}
        save_class_file(tx, a_class_file(enrolment_photos=students, teacher_photos=teachers))
        save_person(tx, "li", "李明", "inspector")
    with database.reading() as tx:
        found = find_page(tx, office_lists.list_portraits(), Asked(filters={"verdict": "waiting"}))
        assert [(row["number"], row["person"], row["reason"]) for row in found.rows] == [
            ("S01", "student", None), ("T01", "teacher", None),
        ]  # fmt: skip
        (user,) = find_page(tx, office_lists.list_users(), Asked(search="李")).rows
    assert (user["login"], user["state"]) == ("li", "no_password")
