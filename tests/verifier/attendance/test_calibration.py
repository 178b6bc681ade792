"""Cosines become evidence, and no rate is claimed that the data cannot show."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.verifier.attendance.people import a_calibration
from verifier.attendance.calibration import (
    ATTENDANCE_BUDGET_2023,
    CalibrationData,
    ErrorBudget,
    RateNotSupportedError,
    find_interval,
    find_upper_rate,
    load_calibration,
    name_calibration_file,
    read_calibration,
    require_support,
    write_calibration,
)
from verifier.attendance.fitting import (
    KNOTS_PX,
    KNOTS_SHARPNESS,
    BlurredRows,
    Comparisons,
    fit_calibration,
    measure_shared_correlation,
)


def test_zero_of_300_cannot_show_one_in_10000():
    with pytest.raises(RateNotSupportedError) as refused:
        require_support(1e-4, 300)
    english = refused.value.args[0].text("en")
    assert (
        english
        == "0 of 300 cannot show 1 in 10,000: that takes at least 29,956 comparisons without an error (95% confidence)."
    )
    assert "300次" in str(refused.value)


@pytest.mark.parametrize(
    ("trials", "supported"), [pytest.param(298, False, id="one short"), pytest.param(299, True, id="enough")]
)
def test_one_in_100_takes_299_comparisons(trials, supported):
    """Rule of three, exactly: 0.99 ** 299 is the first power below 5 %."""
    if supported:
        require_support(0.01, trials)
    else:
        with pytest.raises(RateNotSupportedError):
            require_support(0.01, trials)


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_a_rate_outside_0_and_1_is_a_mistake_of_the_caller(rate):
    with pytest.raises(ValueError, match="between 0 and 1"):
        require_support(rate, 100)


def test_upper_rate_of_no_error_follows_the_rule_of_three():
    assert find_upper_rate(0, 1000) == pytest.approx(1 - 0.05 ** (1 / 1000))
    assert find_upper_rate(0, 0) == 1.0
    assert find_upper_rate(7, 7) == 1.0


def test_interval_holds_the_observed_rate_and_narrows_with_data():
    low, high = find_interval(2, 100)
    assert low < 0.02 < high
    narrow = find_interval(20, 1000)
    assert narrow[1] - narrow[0] < high - low
    assert find_interval(0, 10)[0] == 0.0
    assert find_interval(10, 10)[1] == 1.0


def test_evidence_is_zero_halfway_and_rises_with_the_cosine():
    calibration = a_calibration()
    assert calibration.llr(0.35, 40) == pytest.approx(0.0)
    assert calibration.llr(0.36, 40) > 0 > calibration.llr(0.34, 40)
    assert calibration.llr(0.6, 40) == pytest.approx(0.5**2 / 0.1**2 / 2)


def test_a_small_face_is_weaker_evidence_for_the_same_cosine_range():
    calibration = a_calibration(genuine_mean=(0.3, 0.6))
    spread_small = calibration.llr(0.5, 10) - calibration.llr(0.1, 10)
    spread_large = calibration.llr(0.5, 40) - calibration.llr(0.1, 40)
    assert spread_small < spread_large


def test_limits_hold_their_budget_on_synthetic_scores():
    """A million drawn cosines: the declared rates come out as declared."""
    calibration, budget = a_calibration(), ErrorBudget("test", false_flag_rate=1e-3, false_match_rate=1e-2)
    rng = np.random.default_rng(1)
    own = rng.normal(0.6, 0.1, 1_000_000)
    assert np.mean(own < calibration.stranger_similarity(40, budget)) == pytest.approx(1e-3, rel=0.15)
    best_of_20 = rng.normal(0.1, 0.1, (50_000, 20)).max(axis=1)
    assert np.mean(best_of_20 >= calibration.match_similarity(40, 20, budget)) == pytest.approx(1e-2, rel=0.15)


def test_probabilities_never_claim_more_than_the_data():
    data = CalibrationData("small", date(2023, 1, 1), 20, 100, genuine_pairs=99, impostor_pairs=999)
    calibration = a_calibration(data=data)
    assert calibration.bound_llr(50.0) == pytest.approx(math.log(1000))
    assert calibration.bound_llr(-50.0) == pytest.approx(-math.log(100))
    assert calibration.bound_llr(1.0) == 1.0


def test_a_budget_beyond_the_data_is_refused_by_name():
    data = CalibrationData("300 pairs", date(2023, 1, 1), 20, 100, genuine_pairs=300, impostor_pairs=100_000)
    with pytest.raises(RateNotSupportedError, match=r"300 pairs.*300次比对.*1,000分之一"):
        a_calibration(data=data).require_budget(ATTENDANCE_BUDGET_2023)
    a_calibration().require_budget(ATTENDANCE_BUDGET_2023)


def test_fused_evidence_counts_shared_errors_once():
    calibration = a_calibration(shared_correlation=0.5)
    assert calibration.fused_llr([]) == 0.0
    assert calibration.fused_llr([4.0]) == 4.0
    assert 4.0 < calibration.fused_llr([4.0, 4.0]) < 8.0
    assert a_calibration(shared_correlation=1.0).fused_llr([4.0, 4.0]) == 4.0


def test_calibration_survives_being_written_and_read():
    data = CalibrationData(
        'a "quoted" name', date(2023, 5, 1), 7, 30, 60, 300, ("a", "b"), {"genuine": "a", "impostor": "b"}
    )
    calibration = a_calibration(data=data)
    assert read_calibration(write_calibration(calibration)) == calibration


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        pytest.param({"inter_eye_px": (40.0, 10.0)}, "rise", id="knots fall"),
        pytest.param({"genuine_mean": (0.1, 0.6)}, "more alike", id="strangers as alike as oneself"),
        pytest.param({"genuine_mean": (0.6,)}, "differ in length", id="columns differ"),
        pytest.param({"genuine_sd": 0.0}, "spreads", id="no spread"),
    ],
)
def test_a_calibration_that_contradicts_itself_is_refused(broken, told):
    with pytest.raises(ValueError, match=told):
        a_calibration(**broken)


def test_a_calibration_that_lacks_an_entry_is_refused_by_name():
    text = write_calibration(a_calibration()).replace("genuine_sd", "genuin_sd")
    with pytest.raises(ValueError, match="genuine_sd"):
        read_calibration(text)


def test_the_shipped_calibration_loads_and_says_where_it_comes_from():
    shipped = load_calibration("opencv-zoo")
    assert shipped.pack == "opencv-zoo"
    assert shipped.data.genuine_pairs > 0
    assert shipped.data.stricter == {"genuine": "east_asian", "impostor": "east_asian"}
    # It is honest about what so few people cannot show.
    with pytest.raises(RateNotSupportedError):
        shipped.require_budget(ATTENDANCE_BUDGET_2023)


def test_a_pack_without_calibration_is_told_what_to_do():
    with pytest.raises(FileNotFoundError, match="evaluate --calibrate"):
        load_calibration("no-such-pack")


def test_the_bureaus_own_calibration_goes_before_the_shipped_one(tmp_path: Path):
    """And is named with its digest: a refitted one of the same name judges anew."""
    shipped = load_calibration("opencv-zoo")
    assert load_calibration("opencv-zoo", tmp_path) == shipped
    file = tmp_path / name_calibration_file("opencv-zoo")
    names = set()
    for sd in (0.2, 0.3):
        file.write_text(write_calibration(replace(shipped, name="own", impostor_sd=sd)), encoding="utf-8")
        found = load_calibration("opencv-zoo", tmp_path)
        assert found.impostor_sd == sd
        names.add(found.name)
    assert len(names) == 2
    assert all(name.startswith("own@") for name in names)


def test_a_calibration_of_another_pack_is_refused(tmp_path: Path):
    file = tmp_path / name_calibration_file("opencv-zoo")
    file.write_text(write_calibration(replace(load_calibration("opencv-zoo"), pack="other")), encoding="utf-8")
    with pytest.raises(ValueError, match="fitted for the pack other"):
        load_calibration("opencv-zoo", tmp_path)


def drawn(group: str, genuine: float, impostor: float, sd: float = 0.1, rows: int = 2000) -> Comparisons:
    """Comparisons drawn around these means, half of one person, at all sizes."""
    rng = np.random.default_rng(len(group))
    same = np.arange(rows) % 2 == 0
    similarity = np.where(same, rng.normal(genuine, sd, rows), rng.normal(impostor, sd, rows))
    return Comparisons(group, similarity, rng.uniform(10, 60, rows), same, 10, 40, 100, 900)


def fit(*groups: Comparisons):
    return fit_calibration(
        groups, name="fitted", pack="test", data_name="drawn", fitted_on=date(2023, 1, 1), shared_correlation=0.5
    )


def test_fitting_finds_the_means_that_were_drawn():
    found = fit(drawn("one", 0.6, 0.1))
    assert found.genuine_at(40) == pytest.approx(0.6, abs=0.02)
    assert found.impostor_at(40) == pytest.approx(0.1, abs=0.02)
    assert found.genuine_sd == pytest.approx(0.1, abs=0.01)


def test_the_stricter_group_sets_each_side_for_everybody():
    found = fit(drawn("large", 0.7, 0.05, rows=20_000), drawn("small", 0.55, 0.12, rows=400))
    assert found.data.stricter == {"genuine": "small", "impostor": "small"}
    assert found.genuine_at(40) == pytest.approx(0.55, abs=0.03)
    assert found.impostor_at(40) == pytest.approx(0.12, abs=0.03)
    assert found.data.people == 20


def test_each_side_may_be_set_by_another_group():
    found = fit(drawn("poor", 0.5, 0.05), drawn("alike", 0.7, 0.15))
    assert found.data.stricter == {"genuine": "poor", "impostor": "alike"}


def test_a_curve_falls_with_distance_and_never_rises():
    rng = np.random.default_rng(0)
    sizes = rng.uniform(8, 60, 6000)
    same = rng.random(6000) < 0.5
    curve = np.interp(np.log(sizes), np.log(KNOTS_PX), [0.35, 0.45, 0.55, 0.6, 0.6])
    similarity = np.where(same, curve, 0.1) + rng.normal(0, 0.08, 6000)
    found = fit(Comparisons("all", similarity, sizes, same, 10, 40, 100, 900))
    assert found.genuine_at(10) == pytest.approx(0.35, abs=0.03)
    assert list(found.genuine_mean) == sorted(found.genuine_mean)


def test_too_few_comparisons_fit_nothing():
    with pytest.raises(ValueError, match="too few"):
        fit(drawn("tiny", 0.6, 0.1, rows=20))


def test_shared_errors_are_measured():
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(400), 4)
    shared = rng.normal(0, 1, 400)[labels] * math.sqrt(0.6) + rng.normal(0, 1, 1600) * math.sqrt(0.4)
    assert measure_shared_correlation(shared, labels.tolist()) == pytest.approx(0.6, abs=0.06)
    with pytest.raises(ValueError, match="two pictures"):
        measure_shared_correlation(shared, list(range(1600)))


BLUR = {"genuine_mean": (0.4, 0.6), "sharpness": (0.3, 0.5), "sharpness_loss": (0.1, 0.0)}


@pytest.mark.parametrize(
    ("sharpness", "legible_px"),
    [
        pytest.param(0.5, 40.0, id="sharp"),
        pytest.param(0.9, 40.0, id="sharper than the last knot"),
        pytest.param(0.4, 40.0 / 4**0.25, id="a little blurred"),
        pytest.param(0.3, 20.0, id="blurred: as one from twice as far away"),
        pytest.param(0.1, 20.0, id="below the first knot"),
    ],
)
def test_a_blurred_face_counts_as_a_smaller_one(sharpness, legible_px):
    assert a_calibration(**BLUR).find_legible_px(40.0, sharpness) == pytest.approx(legible_px)


def test_a_blurred_face_never_counts_as_larger_nor_below_the_table():
    assert a_calibration(**BLUR).find_legible_px(8.0, 0.3) == 8.0
    assert a_calibration(**(BLUR | {"sharpness_loss": (0.5, 0.0)})).find_legible_px(40.0, 0.3) == pytest.approx(10.0)
    assert a_calibration().find_legible_px(40.0, 0.1) == 40.0


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"sharpness": (0.3, 0.5), "sharpness_loss": (0.1,)}, id="a loss is missing"),
        pytest.param({"sharpness": (0.5, 0.3), "sharpness_loss": (0.1, 0.0)}, id="falling"),
    ],
)
def test_a_broken_table_of_sharpness_is_refused(changes):
    with pytest.raises(ValueError, match="sharpness"):
        a_calibration(**changes)


def a_limit_of(people: int) -> float:
    data = CalibrationData("drawn", date(2023, 1, 1), people, 3 * people, 3 * people, 10_000, genuine_people=people)
    return a_calibration(data=data).unlike_similarity(40)


def test_the_fewer_people_the_lower_the_limit_on_which_a_name_hangs():
    limits = [a_limit_of(people) for people in (5, 37, 1000, 100_000)]
    assert limits == sorted(limits)
    assert limits[-1] == pytest.approx(a_calibration().stranger_similarity(40), abs=0.003)
    assert limits[-1] < a_calibration().stranger_similarity(40)


def test_the_limit_of_a_name_holds_the_budget_with_confidence():
    """Calibrations drawn from 37 people each: of their limits 95 % let at most one own face in a thousand pass."""
    rng, z = np.random.default_rng(4), 3.0902
    deviations = (0.6 - a_limit_of(37)) / 0.1
    drawn_cosines = rng.normal(0.6, 0.1, (4000, 37))
    limits = drawn_cosines.mean(axis=1) - deviations * drawn_cosines.std(axis=1, ddof=1)
    assert np.mean(limits <= 0.6 - z * 0.1) == pytest.approx(0.95, abs=0.015)


def test_a_calibration_of_before_says_less_and_is_read():
    text = write_calibration(a_calibration(**BLUR))
    new = read_calibration(text)
    assert (new.sharpness, new.sharpness_loss) == (BLUR["sharpness"], BLUR["sharpness_loss"])
    lines = [line for line in text.splitlines() if not line.startswith(("sharpness", "genuine_people"))]
    old = read_calibration("\n".join(lines))
    assert (old.sharpness, old.data.genuine_people, old.data.independent) == ((), 0, old.data.people)


def test_what_a_blur_costs_is_fitted_by_the_worse_way_of_blurring():
    rng = np.random.default_rng(5)
    sharpness = rng.uniform(0.2, 0.7, 4000)
    lost = {"soft": 0.05, "shaken": 0.2}
    rows = tuple(
        BlurredRows(kind, 0.6 - cost * (sharpness < 0.45) + rng.normal(0, 0.1, 4000), np.full(4000, 40.0), sharpness)
        for kind, cost in lost.items()
    )
    found = fit(replace(drawn("one", 0.6, 0.1), blurred=rows))
    assert found.sharpness == KNOTS_SHARPNESS
    assert found.sharpness_loss[0] == pytest.approx(0.2, abs=0.03)
    assert found.sharpness_loss[-1] == 0.0
    assert list(found.sharpness_loss) == sorted(found.sharpness_loss, reverse=True)
    assert fit(drawn("one", 0.6, 0.1)).sharpness == ()
