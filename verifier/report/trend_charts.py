"""Attendance over time as one line with its range. Inline SVG, drawn like `charts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import SubElement

from markupsafe import Markup

from verifier.language import translate
from verifier.report.charts import GRID, INK, MUTED, RIM, add_line, add_text, finish, start

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 240, 52, 56, 30, 46
LABEL_EVERY_PX = 74
LINE, RANGE = "#1d4ed8", "#dbeafe"


def draw_trend(
    points: Sequence[Mapping[str, Any]], *, key: str, title: str, name: str, minimum: float | None
) -> Markup:
    """The certain rate as a line, the range up to the possible one shaded, the lawful minimum dashed; empty without points.

    Args:
        points: In order of time: ``name`` (a day, ISO) with ``rate_low``, ``rate_high``, ``present`` and ``expected``.
        key: Prefix of the ids in the SVG, unique on its page.
        title: Translated already.
        name: The field that holds the day.
        minimum: The lowest lawful rate, from 0 to 1; None draws no line for it.
    """
    shown = [each for each in points if each["rate_low"] is not None]
    if not shown:
        return Markup("")
    told = "; ".join(_tell(each, name) for each in shown)
    svg = start(WIDTH, HEIGHT, key, title, told)
    room_x, room_y = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(share: float) -> float:
        return TOP + room_y * (1 - share)

    for share in (0.0, 0.5, 1.0):
        add_line(svg, LEFT, at(share), LEFT + room_x, at(share), GRID)
        add_text(svg, LEFT - 8, at(share) + 4, f"{share:.0%}", size=12, anchor="end", fill=MUTED)
    step = room_x / max(len(shown) - 1, 1)
    xs = [LEFT + step * place for place in range(len(shown))] if len(shown) > 1 else [LEFT + room_x / 2]
    low = [f"{x:.1f},{at(each['rate_low']):.1f}" for x, each in zip(xs, shown, strict=True)]
    high = [f"{x:.1f},{at(each['rate_high']):.1f}" for x, each in zip(xs, shown, strict=True)]
    SubElement(svg, "polygon", {"points": " ".join([*low, *reversed(high)]), "fill": RANGE})
    SubElement(svg, "polyline", {"points": " ".join(low), "fill": "none", "stroke": LINE, "stroke-width": "2"})
    if minimum is not None:
        line = add_line(svg, LEFT, at(minimum), LEFT + room_x, at(minimum), INK)
        line.set("stroke-dasharray", "6 4")
        add_text(svg, LEFT + room_x + 6, at(minimum) + 4, f"{minimum:.0%}", size=12)
    last_x = -1e9
    for x, each in zip(xs, shown, strict=True):
        dot = {"cx": f"{x:.1f}", "cy": f"{at(each['rate_low']):.1f}", "r": "4", "fill": LINE}
        SubElement(SubElement(svg, "circle", dot), "title").text = _tell(each, name)
        if x - last_x >= LABEL_EVERY_PX:
            add_text(svg, x, HEIGHT - BOTTOM + 20, str(each[name])[5:], size=12, anchor="middle", fill=MUTED)
            # The first stands beside the axis, whose own labels end there.
            anchor = "start" if x == LEFT else "middle"
            label = add_text(svg, x, at(each["rate_high"]) - 8, _tell_rate(each), size=12, anchor=anchor)
            for attribute, value in RIM:
                label.set(attribute, value)
            last_x = x
    add_text(svg, LEFT, HEIGHT - 6, f"{shown[0][name]} – {shown[-1][name]}", size=12, fill=MUTED)
    return finish(svg)


def _tell(point: Mapping[str, Any], name: str) -> str:
    return f"{point[name]}: {_tell_rate(point)} ({point['present']}/{point['expected']})"


def _tell_rate(point: Mapping[str, Any]) -> str:
    low, high = (int(point[end] * 100 + 1e-6) for end in ("rate_low", "rate_high"))  # cut: 79.9 % is not 80 %
    return f"{low}%" if low == high else f"{low}–{high}%"


def name_trend(language: str | None) -> str:
    """What the weekly line is called."""
    return translate("每周到课率", language)
