"""Charts as inline SVG: no script, no style attribute, nothing fetched; readable by a screen reader and in black and white.

Built as an element tree, so that text from rosters, file names and stamps can never become markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from verifier.language import translate
from verifier.report.summary import AttendanceBar, count_flags, count_outcomes, list_attendance
from verifier.report.words import OUTCOMES, name_code

# Ink on white at least 4.5:1 for text, 3:1 for shapes (WCAG 2.1, 1.4.3 and 1.4.11).
INK, MUTED, GRID = "#1f2937", "#4b5563", "#d1d5db"
OUTCOME_FILL = {
    "failed": "#b42318",
    "not_run": "#7e22ce",
    "unsure": "#d97706",
    "passed": "#15803d",
    "not_applicable": "#9ca3af",
}
# A white rim around text that lies on a line, as the label of a rate just below 80 %.
RIM = (("stroke", "#ffffff"), ("stroke-width", "4"), ("stroke-linejoin", "round"), ("paint-order", "stroke"))
FLAG_FILL = {"violation": "#b42318", "case": "#b45309"}


@dataclass(frozen=True, slots=True)
class AttendanceLayout:
    """Sizes in SVG units, which are CSS pixels at full width."""

    width: int = 960
    height: int = 250
    left: int = 52
    right: int = 56
    top: int = 22
    bottom: int = 58
    label_every_px: int = 34  # a "06-12" at 12 px needs this much


@dataclass(frozen=True, slots=True)
class RowLayout:
    """Sizes of the horizontal bar charts, in SVG units."""

    width: int = 960
    row: int = 30
    label: int = 250
    right: int = 190
    top: int = 8


def draw_attendance(
    answer: Mapping[str, Any], *, key: str = "attendance", language: str | None = None
) -> list[tuple[str, Markup]]:
    """Attendance by day and class: for each class one chart with a column a session.

    The full part is who was certainly seen, the hatched part above it who could not be judged; a dashed line marks the law's limit.

    Args:
        answer: The night's answer.
        key: Prefix of the ids in the SVG, unique on its page.
        language: ``zh_CN`` or ``en``; default the context's.
    Returns: (class number, chart) pairs; classes without a closed session are left out.
    """
    charts = []
    for n, (number, bars) in enumerate(list_attendance(dict(answer)).items()):
        charts.append((number, _draw_class_attendance(number, bars, f"{key}-{n}", language, AttendanceLayout())))
    return charts


def draw_flags(answer: Mapping[str, Any], *, key: str = "flags", language: str | None = None) -> Markup:
    """Open violations by rule and open cases by kind, as horizontal bars; empty where nothing is open."""
    return draw_flag_counts(*count_flags(dict(answer)), key=key, language=language)


def draw_flag_counts(
    rules: Mapping[str, int], kinds: Mapping[str, int], *, key: str = "flags", language: str | None = None
) -> Markup:
    """`draw_flags` where it is counted already: article → open violations, kind → open cases."""
    rows: list[tuple[str, int, str]] = [(label, count, "violation") for label, count in sorted(rules.items())]
    rows += [(name_code(kind, "case", language), count, "case") for kind, count in Counter(kinds).most_common()]
    if not rows:
        return Markup("")
    layout = RowLayout()
    description = "; ".join(f"{label}: {count}" for label, count, _ in rows)
    svg = start(
        layout.width,
        layout.top * 2 + layout.row * len(rows),
        key,
        translate("待处理的违规与案件", language),
        description,
    )
    most = max(count for _, count, _ in rows)
    room = layout.width - layout.label - layout.right
    for n, (label, count, kind) in enumerate(rows):
        y = layout.top + n * layout.row
        add_text(svg, layout.label - 10, y + 19, _shorten(label, 24), anchor="end")
        add_block(
            svg,
            layout.label,
            y + 5,
            max(2.0, room * count / most),
            layout.row - 10,
            FLAG_FILL[kind],
            f"{label}: {count}",
        )
        name = translate("违规" if kind == "violation" else "案件", language)
        add_text(svg, layout.label + room * count / most + 8, y + 19, f"{count} · {name}")
    return finish(svg)


def draw_outcomes(answer: Mapping[str, Any], *, key: str = "outcomes", language: str | None = None) -> Markup:
    """How each check came out, as stacked bars with a legend; empty where nothing was checked."""
    return draw_outcome_counts(count_outcomes(dict(answer)), key=key, language=language)


def draw_outcome_counts(
    counts: Mapping[str, Mapping[str, int]], *, key: str = "outcomes", language: str | None = None
) -> Markup:
    """`draw_outcomes` where it is counted already: check id → outcome → how often."""
    if not counts:
        return Markup("")
    layout = RowLayout(right=210)
    description = "; ".join(
        f"{name_code(check, 'check', language)}: "
        + ", ".join(f"{name_code(outcome, 'outcome', language)} {count}" for outcome, count in _ordered(found))
        for check, found in counts.items()
    )
    height = layout.top * 2 + layout.row * (len(counts) + 1)
    svg = start(layout.width, height, key, translate("各项检查的结论", language), description)
    _write_legend(svg, layout, language)
    room = layout.width - layout.label - layout.right
    for n, (check, found) in enumerate(counts.items(), start=1):
        y = layout.top + n * layout.row
        label = name_code(check, "check", language)
        add_text(svg, layout.label - 10, y + 19, _shorten(label, 30), anchor="end")
        total, x = sum(found.values()), float(layout.label)
        for outcome, count in _ordered(found):
            width = room * count / total
            title = f"{label}: {name_code(outcome, 'outcome', language)} {count}/{total}"
            add_block(svg, x, y + 5, width, layout.row - 10, OUTCOME_FILL.get(outcome, MUTED), title)
            x += width
        told = [f"{name_code(outcome, 'outcome', language)} {count}" for outcome, count in _ordered(found)[:2]]
        add_text(svg, layout.label + room + 10, y + 19, " · ".join(told), size=12, fill=MUTED)
    return finish(svg)


def _ordered(found: Mapping[str, int]) -> list[tuple[str, int]]:
    known = [(outcome, found[outcome]) for outcome in OUTCOMES if found.get(outcome)]
    return known + [(outcome, count) for outcome, count in sorted(found.items()) if outcome not in OUTCOMES]


def _write_legend(svg: Element, layout: RowLayout, language: str | None) -> None:
    x = float(layout.label)
    for outcome in OUTCOMES:
        word = name_code(outcome, "outcome", language)
        add_block(svg, x, layout.top + 7, 12, 12, OUTCOME_FILL[outcome], word)
        add_text(svg, x + 18, layout.top + 18, word, size=12)
        x += 34 + _text_width(word, 12)


def _draw_class_attendance(
    number: str, bars: Sequence[AttendanceBar], key: str, language: str | None, layout: AttendanceLayout
) -> Markup:
    below = sum(1 for bar in bars if _judge_bar(bar) == "failed")
    title = translate("班次{number}各课次到课率", language).format(number=number)
    description = translate("共{count}个课次，其中{below}个低于规定的最低到课率。", language).format(
        count=len(bars), below=below
    )
    svg = start(
        layout.width, layout.height, key, title, description + " " + "; ".join(_tell_bar(b, language) for b in bars)
    )
    _add_hatch(svg, key)
    room_x, room_y = layout.width - layout.left - layout.right, layout.height - layout.top - layout.bottom
    for share in (0.0, 0.5, 1.0):
        y = layout.top + room_y * (1 - share)
        add_line(svg, layout.left, y, layout.left + room_x, y, GRID)
        add_text(svg, layout.left - 8, y + 4, f"{share:.0%}", size=12, anchor="end", fill=MUTED)
    step = room_x / max(len(bars), 8)
    for n, bar in enumerate(bars):
        _draw_column(svg, bar, layout.left + step * n, step, key, language, layout)
    _label_days(svg, bars, step, language, layout)
    for minimum in sorted({bar.minimum for bar in bars if bar.minimum is not None}):
        y = layout.top + room_y * (1 - minimum)
        line = add_line(svg, layout.left, y, layout.left + room_x, y, INK)
        line.set("stroke-dasharray", "6 4")
        add_text(svg, layout.left + room_x + 6, y + 4, f"{minimum:.0%}", size=12)
    for n, bar in enumerate(bars):
        _label_column(svg, bar, layout.left + step * (n + 0.5), step, layout)
    return finish(svg)


def _draw_column(
    svg: Element, bar: AttendanceBar, x: float, step: float, key: str, language: str | None, layout: AttendanceLayout
) -> None:
    room_y = layout.height - layout.top - layout.bottom
    width = min(step * 0.7, 46.0)
    x += (step - width) / 2
    base = layout.top + room_y
    tell = _tell_bar(bar, language)
    if bar.low is None or bar.high is None:
        add_text(svg, x + width / 2, base - 6, "–", anchor="middle", fill=MUTED)
        return
    add_block(svg, x, base - room_y * bar.low, width, room_y * bar.low, OUTCOME_FILL[_judge_bar(bar)], tell)
    if bar.high > bar.low:
        add_block(svg, x, base - room_y * bar.high, width, room_y * (bar.high - bar.low), f"url(#{key}-hatch)", tell)


def _judge_bar(bar: AttendanceBar) -> str:
    """How the session stands to its own law's limit; the line only guides the eye, the judging is done in verifier/regulation."""
    if bar.low is None or bar.high is None or bar.minimum is None:
        return "not_applicable"
    return "failed" if bar.high < bar.minimum else "unsure" if bar.low < bar.minimum else "passed"


def _label_column(svg: Element, bar: AttendanceBar, x: float, step: float, layout: AttendanceLayout) -> None:
    if bar.low is None or bar.high is None or step < layout.label_every_px:
        return
    room_y = layout.height - layout.top - layout.bottom
    mark = {"failed": "✗ ", "unsure": "? "}.get(_judge_bar(bar), "")
    # Cut, not rounded: 79.9 % must not read like 80 %.
    low, high = (int(share * 100 + 1e-6) for share in (bar.low, bar.high))
    told = f"{mark}{low}–{high}%" if high > low and step >= 2 * layout.label_every_px else f"{mark}{low}%"
    text = add_text(svg, x, layout.top + room_y * (1 - bar.high) - 5, told, size=12, anchor="middle")
    for name, value in RIM:
        text.set(name, value)


def _label_days(
    svg: Element, bars: Sequence[AttendanceBar], step: float, language: str | None, layout: AttendanceLayout
) -> None:
    last_x, last_day = -1e9, ""
    words = "period" if step >= 2 * layout.label_every_px else "period_short"
    y = layout.height - layout.bottom + 16
    for n, bar in enumerate(bars):
        x = layout.left + step * (n + 0.5)
        if step >= layout.label_every_px:
            add_text(svg, x, y, name_code(bar.period, words, language), size=12, anchor="middle", fill=MUTED)
        if bar.day != last_day and x - last_x >= layout.label_every_px + 6:
            year_too = not last_day or bar.day[:4] != last_day[:4]
            anchor = "start" if n == 0 else "middle"
            start = layout.left if n == 0 else x
            add_text(svg, start, y + 18, bar.day if year_too else bar.day[5:], size=12, anchor=anchor)
            last_x, last_day = x + (40 if year_too else 0), bar.day


def _tell_bar(bar: AttendanceBar, language: str | None) -> str:
    told = translate("{day} {period}：到课{present}人，待定{unsure}人，应到{expected}人", language)
    counts = {"present": bar.present, "unsure": bar.unsure, "expected": bar.expected}
    return told.format(day=bar.day, period=name_code(bar.period, "period", language), **counts)


def start(width: int, height: int, key: str, title: str, description: str) -> Element:
    """An empty drawing with its text alternative; `key` is the prefix of its ids, unique on its page."""
    svg = Element(
        "svg",
        {
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "class": "v-chart",
            "aria-labelledby": f"{key}-title {key}-desc",
            "font-size": "13",
        },
    )
    SubElement(svg, "title", {"id": f"{key}-title"}).text = _clean(title)
    SubElement(svg, "desc", {"id": f"{key}-desc"}).text = _clean(description)
    return svg


def _add_hatch(svg: Element, key: str) -> None:
    pattern = SubElement(
        SubElement(svg, "defs"),
        "pattern",
        {
            "id": f"{key}-hatch",
            "width": "6",
            "height": "6",
            "patternUnits": "userSpaceOnUse",
            "patternTransform": "rotate(45)",
        },
    )
    SubElement(pattern, "rect", {"width": "6", "height": "6", "fill": "#fef3c7"})
    SubElement(pattern, "line", {"x1": "0", "y1": "0", "x2": "0", "y2": "6", "stroke": "#b45309", "stroke-width": "3"})


def add_block(svg: Element, x: float, y: float, width: float, height: float, fill: str, title: str) -> None:
    """A filled rectangle that tells `title` under the pointer."""
    sizes = {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{max(width, 0.0):.1f}", "height": f"{max(height, 0.0):.1f}"}
    SubElement(SubElement(svg, "rect", {**sizes, "fill": fill}), "title").text = _clean(title)


def add_line(svg: Element, x1: float, y1: float, x2: float, y2: float, stroke: str) -> Element:
    """A thin line; returned, so that it can be dashed."""
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    return SubElement(svg, "line", {**ends, "stroke": stroke, "stroke-width": "1"})


def add_text(
    svg: Element, x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", fill: str = INK
) -> Element:
    """Text at its baseline; any text, as it never becomes markup."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": str(size), "text-anchor": anchor, "fill": fill}
    element = SubElement(svg, "text", place)
    element.text = _clean(text)
    return element


def _text_width(text: str, size: int) -> float:
    return sum(size if ord(letter) > 0x2E80 else size * 0.56 for letter in text)


def _shorten(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def finish(svg: Element) -> Markup:
    """The drawing as markup for a page."""
    return Markup(tostring(svg, encoding="unicode"))  # the tree escaped every text
