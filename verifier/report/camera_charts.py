"""How a camera did, as strips: one a session, along its time. Inline SVG, drawn like `charts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from markupsafe import Markup

from verifier.language import translate
from verifier.report.charts import MUTED, add_block, add_text, finish, start
from verifier.report.words import name_code

# By what an interval means for the supervision; the pattern says the same to whoever sees no colours.
STATE_FILL = {
    "teaching": "#15803d", "room_empty": "#2563eb", "not_showing": "#b42318", "unsure": "#d97706", "not_run": "#9ca3af",
}  # fmt: skip
WIDTH, ROW, LABEL, TOP = 960, 30, 180, 26
_LETTER_PX = 13


def draw_camera_strips(sessions: Sequence[Mapping[str, Any]], *, key: str, language: str | None = None) -> Markup:
    """One strip a session: what the camera showed from its beginning to its end; empty without sessions.

    Args:
        sessions: As `camera_page.view_camera` lists them.
        key: Prefix of the ids in the SVG, unique on its page.
    """
    if not sessions:
        return Markup("")
    told = "; ".join(_tell_session(each, language) for each in sessions)
    svg = start(WIDTH, TOP + ROW * len(sessions) + 6, key, translate("摄像头各课次的情况", language), told)
    _draw_patterns(svg, key)
    room = WIDTH - LABEL - 20
    for share, word in ((0.0, "开始"), (1.0, "结束")):
        anchor = "start" if share == 0.0 else "end"
        add_text(svg, LABEL + room * share, 16, translate(word, language), size=12, anchor=anchor, fill=MUTED)
    for place, session in enumerate(sessions):
        y = TOP + place * ROW
        day = f"{session['date']} {name_code(session['period'], 'period', language)}"
        add_text(svg, LABEL - 10, y + 19, day, size=13, anchor="end")
        add_block(svg, LABEL, y + 3, room, ROW - 8, f"url(#{key}-not_run)", translate("没有查看", language))
        for interval in session["intervals"]:
            _draw_interval(svg, session, interval, y, room, key, language)
    return finish(svg)


def _draw_interval(
    svg: Element, session: Mapping[str, Any], interval: Mapping[str, Any], y: float, room: float, key: str,
    language: str | None,
) -> None:  # fmt: skip
    opens, closes, starts, ends = (
        datetime.fromisoformat(text).timestamp()
        for text in (session["starts_at"], session["ends_at"], interval["starts_at"], interval["ends_at"])
    )
    long = max(closes - opens, 1.0)
    left = LABEL + room * min(max((starts - opens) / long, 0.0), 1.0)
    width = max(room * (min(ends, closes) - max(starts, opens)) / long, 2.0)
    word = name_code(interval["condition"], "camera", language)
    state = interval["state"]
    fill = STATE_FILL[state] if state in ("teaching", "not_showing", "room_empty") else f"url(#{key}-{state})"
    add_block(svg, left, y + 3, width, ROW - 8, fill, _tell_interval(interval, language))
    if width > _LETTER_PX * len(word) + 8:
        light = state in ("teaching", "not_showing", "room_empty")
        add_text(svg, left + width / 2, y + 18, word, size=12, anchor="middle", fill="#ffffff" if light else "#1f2937")


def _draw_patterns(svg: Element, key: str) -> None:
    defs = SubElement(svg, "defs")
    for state, ground, line in (("unsure", "#fef3c7", "#b45309"), ("not_run", "#f3f4f6", "#9ca3af")):
        pattern = SubElement(
            defs, "pattern",
            {
                "id": f"{key}-{state}", "width": "7", "height": "7", "patternUnits": "userSpaceOnUse",
                "patternTransform": "rotate(45)" if state == "unsure" else "rotate(-45)",
            },
        )  # fmt: skip
        SubElement(pattern, "rect", {"width": "7", "height": "7", "fill": ground})
        SubElement(pattern, "line", {"x1": "0", "y1": "0", "x2": "0", "y2": "7", "stroke": line, "stroke-width": "2"})


def _tell_interval(interval: Mapping[str, Any], language: str | None) -> str:
    word = name_code(interval["condition"], "camera", language)
    return f"{interval['starts_at'][11:16]}–{interval['ends_at'][11:16]} {word}"


def _tell_session(session: Mapping[str, Any], language: str | None) -> str:
    day = f"{session['date']} {name_code(session['period'], 'period', language)}"
    parts = [_tell_interval(each, language) for each in session["intervals"]]
    return f"{day}: {', '.join(parts) or translate('没有查看', language)}"


def draw_uptime(days: Sequence[Mapping[str, Any]], *, key: str, language: str | None = None) -> Markup:
    """The looks at all cameras day by day: how many showed the room, were down, or could not tell; empty without looks.

    Args:
        days: ``day`` (ISO), ``showing``, ``down``, ``cannot_tell``.
    """
    if not days:
        return Markup("")
    words = {name: translate(word, language) for name, word in _UPTIME.items()}
    told = "; ".join(f"{each['day']}: " + ", ".join(f"{words[name]} {each[name]}" for name in words) for each in days)
    svg = start(WIDTH, TOP + ROW * len(days) + 6, key, translate("摄像头每天的查看结果", language), told)
    _draw_patterns(svg, key)
    x = float(LABEL)
    for name, word in words.items():
        add_block(svg, x, 5, 12, 12, _uptime_fill(name, key), word)
        add_text(svg, x + 18, 16, word, size=12)
        x += 40 + 13 * len(word)
    room = WIDTH - LABEL - 130
    for place, each in enumerate(days):
        y, x = TOP + place * ROW, float(LABEL)
        total = sum(each[name] for name in words)
        add_text(svg, LABEL - 10, y + 19, str(each["day"]), size=13, anchor="end")
        for name, word in words.items():
            width = room * each[name] / total
            if width > 0:
                add_block(svg, x, y + 3, width, ROW - 8, _uptime_fill(name, key), f"{word} {each[name]}/{total}")
            x += width
        share = int(100 * each["showing"] / total)
        add_text(svg, LABEL + room + 10, y + 19, f"{share}% · {each['showing']}/{total}", size=12, fill=MUTED)
    return finish(svg)


_UPTIME = {"showing": "正常", "down": "机构一方的故障", "cannot_tell": "无法判断"}


def _uptime_fill(name: str, key: str) -> str:
    return {"showing": STATE_FILL["teaching"], "down": STATE_FILL["not_showing"]}.get(name, f"url(#{key}-unsure)")
