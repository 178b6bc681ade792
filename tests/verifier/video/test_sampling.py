"""Moments are random, follow from the seed, and leave no session hour unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.plan import a_session
from verifier.plan import STANDARD_HOUR_MINUTES, Session
from verifier.video.sampling import (
    SAMPLING_2026,
    Moment,
    SamplingPlan,
    Why,
    count_planned,
    draw_again,
    draw_moments,
    make_seed,
)

SEED = "0" * 32
seeds = st.text("0123456789abcdef", min_size=32, max_size=32)


def lasting(minutes: int) -> Session:
    session = a_session(starts="08:30:00")
    return replace(session, ends_at=session.starts_at + timedelta(minutes=minutes))


@given(seeds, st.integers(1, 600), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_every_part_of_a_session_has_its_moment(seed: str, minutes: int, per_hour: int) -> None:
    """At least N in each standard hour begun; all inside the session; in order; the same again with the same seed."""
    session, plan = lasting(minutes), replace(SAMPLING_2026, per_hour=per_hour)
    moments = draw_moments(session, "cam", seed, plan)
    planned = [moment.at for moment in moments if moment.why is Why.PLANNED]
    assert len(planned) == count_planned(session, plan) >= per_hour * minutes / STANDARD_HOUR_MINUTES
    assert list(moments) == sorted(moments, key=lambda moment: moment.at)
    assert all(session.starts_at < moment.at < session.ends_at for moment in moments)
    settle = min(plan.settle_s, minutes * 60 / 3)
    part = (minutes * 60 - 2 * settle) / len(planned)
    opens = session.starts_at + timedelta(seconds=settle)
    assert [int((at - opens).total_seconds() / part + 1e-6) for at in planned] == list(range(len(planned)))
    assert moments == draw_moments(session, "cam", seed, plan)


@given(seeds)
@settings(max_examples=30)
def test_nothing_of_one_draw_tells_about_another(seed: str) -> None:
    """Another camera, session, day or seed is looked at at other moments."""
    session = lasting(180)
    drawn = {
        tuple(moment.at - each.starts_at for moment in draw_moments(each, camera, key))
        for each, camera, key in [
            (session, "a", seed),
            (session, "b", seed),
            (replace(session, id="other"), "a", seed),
            (
                replace(session, starts_at=session.starts_at + timedelta(1), ends_at=session.ends_at + timedelta(1)),
                "a",
                seed,
            ),
            (session, "a", seed[::-1] + "x"),
        ]
    }
    assert len(drawn) == 5


def test_surprises_come_at_the_stated_rate() -> None:
    """Over 400 sessions of 4 standard hours less twice the settling time, 0.5 an hour: within four standard deviations."""
    session = lasting(4 * STANDARD_HOUR_MINUTES)
    open_hours = (4 * STANDARD_HOUR_MINUTES - 20) / STANDARD_HOUR_MINUTES
    surprises = sum(
        moment.why is Why.SURPRISE for number in range(400) for moment in draw_moments(session, "cam", f"{number:032x}")
    )
    wanted = 400 * 0.5 * open_hours
    assert abs(surprises - wanted) < 4 * wanted**0.5


def test_planned_moments_fill_their_part_evenly() -> None:
    """No moment of a part is likelier than another: over 1000 seeds each tenth of it gets 100 ± 40 (four deviations)."""
    session = lasting(STANDARD_HOUR_MINUTES)
    plan = SamplingPlan("one", per_hour=1, surprises_per_hour=0, settle_s=0)
    tenths = [0] * 10
    for number in range(1000):
        (moment,) = draw_moments(session, "cam", f"{number:032x}", plan)
        tenths[int((moment.at - session.starts_at) / (session.ends_at - session.starts_at) * 10)] += 1
    assert all(60 < count < 140 for count in tenths), tenths


def failed_moment(session: Session) -> Moment:
    return Moment("cam", session.id, session.starts_at, Why.PLANNED, 0, SEED, SAMPLING_2026.name)


@given(st.integers(1, 50), st.integers(0, 10_000))
def test_looks_again_soon_after_a_failure_then_less_often(failures: int, offset_s: int) -> None:
    """Between half and all of the stated wait; never after the session; the same again when asked twice."""
    session = lasting(180)
    failed_at = session.starts_at + timedelta(seconds=offset_s)
    again = draw_again(failed_moment(session), session, failed_at, failures)
    longest = SAMPLING_2026.again_after_s[min(failures, 3) - 1]
    if again is None:
        assert failed_at + timedelta(seconds=longest) >= session.ends_at
        return
    assert again.at < session.ends_at
    assert longest / 2 <= (again.at - failed_at).total_seconds() <= longest
    assert again.why is Why.AFTER_FAILURE
    assert again == draw_again(failed_moment(session), session, failed_at, failures)


def test_a_wrong_password_waits_out_the_lock() -> None:
    """Sooner would lock the account of a camera that is otherwise fine."""
    session = lasting(180)
    again = draw_again(failed_moment(session), session, session.starts_at, 1, wrong_password=True)
    assert again is not None
    assert (again.at - session.starts_at).total_seconds() >= SAMPLING_2026.again_after_wrong_password_s


def test_an_evening_past_midnight_is_sampled_on_both_days() -> None:
    """Times count, not dates."""
    session = a_session(starts="22:30:00", ends="01:30:00")
    days = {moment.at.astimezone(session.starts_at.tzinfo).date() for moment in draw_moments(session, "cam", SEED)}
    assert len(days) == 2


def test_a_moment_is_kept_with_all_that_draws_it_again() -> None:
    """JSON and back; and the stored seed gives the stored moment."""
    session = lasting(180)
    for moment in draw_moments(session, "cam", make_seed()):
        kept = Moment.from_json(moment.to_json())
        assert kept == moment
        assert kept in draw_moments(session, kept.camera_id, kept.seed)
        assert kept.at.tzinfo is UTC or kept.at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("broken", [{"per_hour": 0}, {"surprises_per_hour": -1.0}, {"again_after_s": ()}])
def test_a_plan_that_never_looks_is_refused(broken: dict[str, object]) -> None:
    """No session may be left unseen by a setting."""
    with pytest.raises(ValueError, match="sampling plan"):
        SamplingPlan("broken", **broken)  # type: ignore[arg-type]


def test_a_session_that_ends_before_it_starts_is_told() -> None:
    """A fault of the filing, found there; never an endless draw."""
    session = replace(lasting(60), ends_at=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="before it starts"):
        draw_moments(session, "cam", SEED)
