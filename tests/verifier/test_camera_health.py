"""From samples to a camera's history: nobody is blamed for time that nobody looked at."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.plan import DAY, a_session, a_time
from verifier.camera_health import (
    CameraSample,
    Condition,
    HealthInterval,
    build_health,
    list_changes,
    list_spans,
    longest_missing_hours,
    state_of,
)
from verifier.plan import Period, Session
from verifier.regulation.facts import CameraState
from verifier.video.sampling import draw_moments

CAMERA = "cam-203"
MORNING = a_session(camera_id=CAMERA)  # 08:30 to 11:50, four standard hours
AFTERNOON = a_session(period=Period.AFTERNOON, camera_id=CAMERA)
TUESDAY = a_session(day=date(2023, 6, 13), camera_id=CAMERA)


def a_sample(clock: str, condition: Condition = Condition.OK, day: date = DAY) -> CameraSample:
    return CameraSample(CAMERA, a_time(clock, day), condition, (f"sha256:{clock}",))


def every_half_hour(session: Session, condition: Condition) -> list[CameraSample]:
    moments, at = [], session.starts_at + timedelta(minutes=10)
    while at < session.ends_at:
        moments.append(CameraSample(CAMERA, at, condition))
        at += timedelta(minutes=30)
    return moments


def hours_of(intervals: tuple[HealthInterval, ...], condition: Condition) -> float:
    return sum(each.seconds for each in intervals if each.condition is condition) / 3600


def test_a_fault_lasts_from_its_first_to_its_last_sample_and_the_way_there_is_doubtful() -> None:
    taken = [
        a_sample("09:00"),
        a_sample("09:20", Condition.BLACK),
        a_sample("09:40", Condition.BLACK),
        a_sample("10:00"),
    ]
    found = build_health(CAMERA, [MORNING], taken)
    assert [(f"{each.starts_at:%H:%M}", f"{each.ends_at:%H:%M}", each.condition) for each in found] == [
        ("08:30", "09:00", Condition.NOT_RUN),
        ("09:00", "09:20", Condition.DOUBTFUL),
        ("09:20", "09:40", Condition.BLACK),
        ("09:40", "10:00", Condition.DOUBTFUL),
        ("10:00", "11:50", Condition.NOT_RUN),
    ]
    assert found[2].evidence == ("sha256:09:20", "sha256:09:40")
    assert found[2].samples == 2


def test_a_single_bad_sample_blames_nobody_for_any_time() -> None:
    taken = [a_sample("09:00"), a_sample("09:20", Condition.OFFLINE), a_sample("09:40")]
    found = build_health(CAMERA, [MORNING], taken)
    assert hours_of(found, Condition.OFFLINE) == 0
    assert longest_missing_hours(found, [MORNING]) == 0


@pytest.mark.parametrize(
    ("minutes", "condition"),
    [
        pytest.param(45, Condition.OFFLINE, id="one standard hour apart still joins"),
        pytest.param(46, Condition.NOT_RUN, id="a minute more is time that nobody looked at"),
    ],
)
def test_samples_speak_for_the_time_between_them_up_to_one_standard_hour(minutes: int, condition: Condition) -> None:
    first = a_time("09:00")
    taken = [CameraSample(CAMERA, at, Condition.OFFLINE) for at in (first, first + timedelta(minutes=minutes))]
    found = build_health(CAMERA, [MORNING], taken)
    assert next(each for each in found if each.starts_at <= first < each.ends_at).condition is condition


def test_a_session_without_samples_is_ours() -> None:
    (only,) = build_health(CAMERA, [MORNING], [])
    assert (only.condition, only.samples) == (Condition.NOT_RUN, 0)
    assert list_spans([only])[0].state is CameraState.NOT_RUN


def test_two_faults_in_a_row_are_one_time_without_a_picture() -> None:
    taken = [
        a_sample("09:00", Condition.FROZEN),
        a_sample("09:30", Condition.OFFLINE),
        a_sample("10:00", Condition.OFFLINE),
    ]
    found = build_health(CAMERA, [MORNING], taken)
    assert longest_missing_hours(found, [MORNING]) == pytest.approx(
        1.2
    )  # 60 of 200 minutes are 1.2 of 4 standard hours


def test_a_camera_that_is_dark_over_two_half_days_is_dark_for_seven_standard_hours() -> None:
    sessions = [MORNING, AFTERNOON]
    taken = [each for session in sessions for each in every_half_hour(session, Condition.OFFLINE)]
    found = build_health(CAMERA, sessions, taken)
    assert longest_missing_hours(found, sessions) >= 7
    # Lunch is nobody's time: the intervals lie inside the sessions.
    assert all(MORNING.starts_at <= each.starts_at < each.ends_at <= AFTERNOON.ends_at for each in found)


def test_one_good_look_ends_the_row() -> None:
    sessions = [MORNING, AFTERNOON]
    taken = [each for session in sessions for each in every_half_hour(session, Condition.OFFLINE)]
    taken[len(taken) // 2] = CameraSample(CAMERA, taken[len(taken) // 2].taken_at, Condition.OK)
    assert longest_missing_hours(build_health(CAMERA, sessions, taken), sessions) < 7


def test_our_own_outage_ends_the_row_too() -> None:
    sessions = [MORNING, AFTERNOON]
    taken = [each for session in sessions for each in every_half_hour(session, Condition.OFFLINE)]
    taken[len(taken) // 2] = CameraSample(CAMERA, taken[len(taken) // 2].taken_at, Condition.NOT_RUN)
    found = build_health(CAMERA, sessions, taken)
    assert hours_of(found, Condition.NOT_RUN) > 0
    assert longest_missing_hours(found, sessions) < 7


def test_a_night_between_two_sessions_counts_for_nobody_but_the_fault_goes_on() -> None:
    taken = [a_sample("11:40", Condition.COVERED), a_sample("08:35", Condition.COVERED, TUESDAY.day)]
    found = build_health(CAMERA, [MORNING, TUESDAY], taken)
    covered = [each for each in found if each.condition is Condition.COVERED]
    assert [each.seconds / 60 for each in covered] == [10, 5]


def test_a_session_nobody_looked_at_is_not_leapt_over() -> None:
    taken = [a_sample("11:40", Condition.COVERED), a_sample("08:35", Condition.COVERED, TUESDAY.day)]
    found = build_health(CAMERA, [MORNING, AFTERNOON, TUESDAY], taken)
    assert longest_missing_hours(found, [MORNING, AFTERNOON, TUESDAY]) == 0


def test_other_cameras_and_times_outside_of_class_are_left_out() -> None:
    strange = CameraSample("cam-9", a_time("09:00"), Condition.OFFLINE)
    found = build_health(CAMERA, [MORNING], [strange, a_sample("12:30", Condition.OFFLINE)])
    assert {each.condition for each in found} == {Condition.NOT_RUN}


@pytest.mark.parametrize("condition", Condition)
def test_every_condition_means_something_to_the_regulation(condition: Condition) -> None:
    fault = condition not in (
        Condition.OK, Condition.NO_CLASS, Condition.WRONG_CLOCK, Condition.DOUBTFUL, Condition.NOT_RUN,
    )  # fmt: skip
    assert (state_of(condition) is CameraState.NOT_SHOWING) is fault


def test_the_history_is_read_by_its_changes() -> None:
    sessions = [MORNING, AFTERNOON]
    taken = [each for session in sessions for each in every_half_hour(session, Condition.OK)]
    changes = list_changes(build_health(CAMERA, sessions, taken))
    assert [each.condition for each in changes] == [Condition.NOT_RUN, Condition.OK, Condition.NOT_RUN]


def some_samples() -> st.SearchStrategy[list[CameraSample]]:
    moments = st.datetimes(min_value=datetime(2023, 6, 12, 8), max_value=datetime(2023, 6, 13, 13))
    one = st.builds(
        lambda at, condition: CameraSample(
            CAMERA, at.replace(tzinfo=MORNING.starts_at.tzinfo), condition, ("sha256:x",)
        ),
        moments,
        st.sampled_from(Condition),
    )
    return st.lists(one, max_size=40)


SESSIONS = [MORNING, AFTERNOON, TUESDAY]


@given(some_samples())
def test_the_history_covers_every_session_exactly(samples: list[CameraSample]) -> None:
    found = build_health(CAMERA, SESSIONS, samples)
    for session in SESSIONS:
        own = [each for each in found if each.session_id == session.id]
        assert (own[0].starts_at, own[-1].ends_at) == (session.starts_at, session.ends_at)
        for one, other in pairwise(own):
            assert one.ends_at == other.starts_at
            assert one.condition is not other.condition


@given(some_samples())
def test_no_time_is_held_against_anybody_that_lies_between_two_looks_that_saw_nothing_wrong(
    samples: list[CameraSample],
) -> None:
    """Every minute of a fault lies between two samples that both showed one, near enough to each other."""
    found = build_health(CAMERA, SESSIONS, samples)
    bad = [each.taken_at for each in samples if state_of(each.condition) is CameraState.NOT_SHOWING]
    for each in found:
        if state_of(each.condition) is CameraState.NOT_SHOWING:
            assert any(at <= each.starts_at for at in bad)
            assert any(at >= each.ends_at for at in bad)


@given(some_samples(), st.randoms(use_true_random=False))
def test_the_order_in_which_samples_come_changes_nothing(samples: list[CameraSample], random: object) -> None:
    unique = {each.taken_at: each for each in samples}
    shuffled = list(unique.values())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert build_health(CAMERA, SESSIONS, shuffled) == build_health(CAMERA, SESSIONS, unique.values())


@given(some_samples())
def test_a_look_that_found_all_well_never_adds_missing_hours(samples: list[CameraSample]) -> None:
    before = longest_missing_hours(build_health(CAMERA, SESSIONS, samples), SESSIONS)
    at = a_time("09:13:07")
    more = [each for each in samples if each.taken_at != at] + [CameraSample(CAMERA, at, Condition.OK)]
    after = longest_missing_hours(build_health(CAMERA, SESSIONS, more), SESSIONS)
    assert after <= before + 1e-6


@settings(max_examples=50)
@given(st.integers(min_value=0, max_value=2**64))
def test_the_moments_of_the_sampling_plan_leave_no_gap_in_a_days_outage(seed: int) -> None:
    """A camera that is off from morning to evening is found so, whatever moments are drawn."""
    sessions = [MORNING, AFTERNOON]
    moments = [each for session in sessions for each in draw_moments(session, CAMERA, f"{seed:032x}")]
    taken = [CameraSample(CAMERA, each.at, Condition.OFFLINE) for each in moments]
    found = build_health(CAMERA, sessions, taken)
    assert [each.condition for each in list_changes(found)] == [Condition.NOT_RUN, Condition.OFFLINE, Condition.NOT_RUN]
    # At either end of the day up to ten minutes of coming and going and one part of the plan, 18 minutes of 50 an hour.
    assert longest_missing_hours(found, sessions) >= 8 - 2 * 28 / 50
