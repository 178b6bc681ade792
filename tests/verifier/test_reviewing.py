"""Reviewing: who takes what, what is decided together, what can be undone; and what a likeness means in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.api.people import OWN, House, a_house
from tests.builders.review import seed_cases
from verifier.attendance.calibration import load_calibration
from verifier.attendance.meaning import explain_similarity
from verifier.records.claims import ClaimedError, read_claims
from verifier.records.office import RefusedError
from verifier.records.tables.user import UserRow
from verifier.regulation.decisions import Verdict
from verifier.regulation.facts import CaseState
from verifier.reviewing import (
    REVIEW_2026,
    decide_claimed,
    decide_together,
    sort_queue,
    take,
    take_next,
    undo,
    view_queue,
)
from verifier.supervising import Office

NOW = datetime.now(UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = a_house(tmp_path)
    yield made
    made.state.close()


def an_office(house: House) -> Office:
    return Office(house.state.database, house.state.policy)


def user_of(house: House, login: str) -> UUID:
    with house.state.database.reading() as tx:
        return tx.scalars(select(UserRow.id).where(UserRow.login == login)).one()


def seeded(house: House, count: int, **options: str) -> list[UUID]:
    with house.state.database.transaction() as tx:
        return seed_cases(tx, OWN, count, **options)


def test_what_one_holds_another_cannot_take_nor_decide_until_it_ran_out(house: House):
    office, (case,) = an_office(house), seeded(house, 1)
    one, other = user_of(house, "inspector"), user_of(house, "chief")
    take(office, case, one, now=NOW)
    with pytest.raises(ClaimedError, match="inspector某"):
        take(office, case, other, now=NOW + REVIEW_2026.claim_lasts - timedelta(seconds=1))
    with pytest.raises(ClaimedError):
        decide_claimed(office, case, Verdict.DISMISS, by="chief", user_id=other, why="是本人")
    assert take(office, case, other, now=NOW + REVIEW_2026.claim_lasts).user_id == other


def test_next_passes_over_what_colleagues_hold_and_gives_back_what_is_left(house: House):
    office, cases = an_office(house), seeded(house, 3)
    one, other = user_of(house, "inspector"), user_of(house, "chief")
    take(office, cases[0], one)
    take(office, cases[1], other)
    assert take_next(office, cases, cases[0], one) == cases[2]
    with house.state.database.reading() as tx:
        assert {key: claim.user_id for key, claim in read_claims(tx, NOW).items()} == {cases[1]: other, cases[2]: one}
    assert take_next(office, cases, cases[2], one, back=True) == cases[0]
    take(office, cases[2], other)
    assert take_next(office, cases, cases[0], one) is None


def test_an_undo_within_seconds_opens_the_case_again_a_later_one_is_refused(house: House):
    office, (first, second) = an_office(house), seeded(house, 2)
    me = user_of(house, "inspector")
    state, decision = decide_claimed(office, first, Verdict.CONFIRM, by="inspector", user_id=me, why="不是本人")
    assert state is CaseState.CONFIRMED
    with pytest.raises(RefusedError, match="只能撤销自己的决定"):
        undo(office, decision, by="chief", user_id=user_of(house, "chief"))
    assert undo(office, decision, by="inspector", user_id=me) == first
    assert {each.id for each in view_queue(office).items} == {first, second}
    _, decision = decide_claimed(office, second, Verdict.DISMISS, by="inspector", user_id=me, why="是本人")
    late = datetime.now(UTC) + REVIEW_2026.undo_within + timedelta(seconds=1)
    with pytest.raises(RefusedError, match="30秒"):
        undo(office, decision, by="inspector", user_id=me, now=late)


def test_several_alike_are_dismissed_together_but_never_confirmed_nor_mixed(house: House):
    office, alike = an_office(house), seeded(house, 3, kind="signed_in_not_seen")
    (other,) = seeded(house, 1)
    me = user_of(house, "inspector")
    given = {"by": "inspector", "user_id": me, "why": "被前排遮挡"}
    with pytest.raises(RefusedError, match="逐项"):
        decide_together(office, alike, Verdict.CONFIRM, **given)
    with pytest.raises(RefusedError, match="同一种"):
        decide_together(office, [*alike, other], Verdict.DISMISS, **given)
    with pytest.raises(RefusedError, match="勾选"):
        decide_together(office, [], Verdict.DISMISS, **given)
    take(office, alike[0], user_of(house, "chief"))
    done, refused = decide_together(office, alike, Verdict.DISMISS, **given)
    assert done == 2
    assert [matter for matter, _ in refused] == [alike[0]]
    found = view_queue(office, user_id=me)
    assert {each.id for each in found.items} == {alike[0], other}
    assert found.decided_today == 2


def test_the_queue_is_filtered_by_kind_and_state_and_sorted(house: House):
    office, cases = an_office(house), seeded(house, 2)
    (late,) = seeded(house, 1, kind="photo_reuse")
    me = user_of(house, "inspector")
    decide_claimed(office, cases[0], Verdict.NEEDS_ON_SITE, by="inspector", user_id=me, why="须现场核实")
    assert [each.id for each in view_queue(office).items] == [late, cases[1], cases[0]]
    assert [each.id for each in view_queue(office, state="on_site").items] == [cases[0]]
    assert [each.id for each in view_queue(office, kind="photo_reuse").items] == [late]
    assert view_queue(office).kinds == {"impersonation": 2, "photo_reuse": 1}
    assert view_queue(office, number="no-such-class").items == []
    assert [each.id for each in sort_queue(view_queue(office).items, "oldest")][-1] == cases[1]


def test_a_likeness_is_told_as_so_many_of_a_thousand_and_never_rarer_than_the_data_shows():
    calibration = load_calibration()
    two, one, data = (each.text("en") for each in explain_similarity(calibration, 0.3, 40))
    assert two == "Of 1000 such pairs of different people, about 17 look this alike or more."
    assert one.startswith("Of 1000 such pairs of pictures of one person, fewer than 9.3")
    assert "13979 pairs" in data
    two, one, _ = (each.text("en") for each in explain_similarity(calibration, 0.9, 40))
    assert two == "Of 1000 such pairs of different people, fewer than 0.2 look this alike."
    assert "about 999" in one or "about 1000" in one
