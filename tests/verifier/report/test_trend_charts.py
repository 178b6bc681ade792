"""A line of attendance: its range is told as a range, cut and never rounded, for eyes and for screen readers."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from tests.builders.answers import a_rate
from verifier.report.camera_charts import draw_camera_strips, draw_uptime
from verifier.report.trend_charts import draw_trend


def draw(*points: dict) -> str:
    return str(draw_trend(points, key="trend", title="每周", name="week", minimum=0.8))


def test_a_range_is_told_as_one_and_79_9_percent_is_not_80():
    svg = draw(a_rate(799, 1000, 0) | {"week": "2023-06-12"}, a_rate(0, 10, 10) | {"week": "2023-06-19"})
    assert "2023-06-12: 79% (799/1000)" in svg
    assert "2023-06-19: 0–100% (0/10)" in svg
    assert fromstring(svg).get("role") == "img"


@pytest.mark.parametrize(("minimum", "told"), [(0.8, ["80%"]), (0.95, ["95%"]), (None, [])])
def test_the_dashed_line_is_the_rate_that_the_policy_asks_for(minimum: float | None, told: list[str]):
    svg = draw_trend([a_rate(9, 10, 0) | {"week": "2023-06-12"}], key="t", title="每周", name="week", minimum=minimum)
    lines = [text for text in fromstring(str(svg)).itertext() if text in ("80%", "95%")]
    assert lines == told
    assert str(svg).count("stroke-dasharray") == len(told)


def test_nothing_known_is_no_chart():
    unknown = a_rate() | {"week": "2023-06-12", "rate_low": None, "rate_high": None}
    assert draw() == ""
    assert draw(unknown) == ""


def test_hostile_words_stay_text_and_nothing_is_styled_inline():
    hostile = "<script>alert(1)</script>"
    svg = draw(a_rate() | {"week": hostile})
    assert "<script>" not in svg
    assert "style=" not in svg


def test_a_camera_strip_tells_every_interval_in_words_too():
    interval = {
        "session": "s", "starts_at": "2023-06-12T08:40:00+08:00", "ends_at": "2023-06-12T09:10:00+08:00",
        "condition": "frozen", "state": "not_showing",
    }  # fmt: skip
    session = {
        "date": "2023-06-12", "period": "morning", "starts_at": "2023-06-12T08:30:00+08:00",
        "ends_at": "2023-06-12T11:50:00+08:00", "intervals": [interval],
    }  # fmt: skip
    svg = str(draw_camera_strips([session, session | {"intervals": []}], key="strip", language="en"))
    assert "08:40–09:10" in svg
    assert "Not looked at" in svg
    assert "style=" not in svg
    assert draw_camera_strips([], key="strip") == ""


def test_uptime_adds_up_to_the_looks_of_the_day():
    days = [{"day": "2023-06-12", "showing": 3, "down": 1, "cannot_tell": 0}]
    svg = str(draw_uptime(days, key="uptime", language="zh_CN"))
    assert "75% · 3/4" in svg
    assert draw_uptime([], key="uptime") == ""
