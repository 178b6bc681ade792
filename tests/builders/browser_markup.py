"""Small pieces of HTML that the stamps of browser_layouts are made of.

Styles are CSS whose lengths may end in ``u``: 1 % of the picture's shorter side, by which apps size their stamps.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

SHADOWS = (
    "text-shadow:0 0.04em 0.12em rgba(0,0,0,.55);",
    "text-shadow:0 0 0.15em rgba(0,0,0,.45);",
    "",
    "text-shadow:0.03em 0.05em 0 rgba(0,0,0,.35);",
)
# Large digits have a family of their own, as in the apps.
DIGITS = "font-family:var(--digits);"
# Addresses wrap; what stands beside a clock does not.
ONE_LINE = "white-space:nowrap;"


def box(style: str, *parts: str) -> str:
    """A div around parts."""
    return f'<div style="{_scale(style)}">{"".join(parts)}</div>'


def span(style: str, *parts: str) -> str:
    """A span around parts."""
    return f'<span style="{_scale(style)}">{"".join(parts)}</span>'


def rows(style: str, lines: Sequence[str]) -> str:
    """A div with one line below the other; what is too long for it wraps."""
    return box(style, *(box("", line) for line in lines))


def choose_shadow(chance: random.Random) -> str:
    """The style of a shadow, or none."""
    return chance.choice(SHADOWS)


def choose_size(chance: random.Random, least: float, most: float) -> str:
    """The style of letters of a size between two, in units."""
    return f"font-size:{chance.uniform(least, most):.3f}u;"


def place_at(chance: random.Random, corner: str = "left", width: float = 70) -> str:
    """The style that puts a stamp near an edge: left, right (both at the bottom), top left, top right or middle.

    Args:
        width: Most units that it takes before its lines wrap.
    """
    margin = f"{chance.uniform(2, 5):.3f}u"
    styles = {
        "left": f"left:{margin};bottom:{margin};max-width:{width}u;",
        "top left": f"left:{margin};top:{margin};max-width:{width}u;",
        "right": f"right:{margin};bottom:{margin};text-align:right;max-width:{width}u;",
        "top right": f"right:{margin};top:{margin};text-align:right;max-width:{width}u;",
        "middle": f"left:0;right:0;bottom:{margin};text-align:center;",
    }
    return "position:absolute;" + styles[corner]


def panel(
    title: str, head: str, body: str, lines: Sequence[tuple[str, str]], *, style: str, spaced: bool = False
) -> str:
    """A panel of labelled rows below a coloured head; an answer that is too long wraps behind its label.

    Args:
        head: The head's colour.
        body: Style of the rows: size and colour of letters.
        lines: Label with its colon, and answer.
        style: Of the whole: place and ground.
        spaced: Labels are spread to one width, as 时　间 against 拍摄时间.
    """

    def label(text: str) -> str:
        if not spaced:
            return text
        name = text.rstrip("：: ")
        return span("display:inline-block;width:4.2em;text-align-last:justify", name) + text[len(name) :]

    laid = (
        box("display:flex", span("white-space:nowrap", label(name)), span("margin-left:.3em", answer))
        for name, answer in lines
    )
    dot = span("float:left;color:#fbbf24;margin-left:1u", "●")
    return box(
        f"{style}text-align:left;border-radius:1u;overflow:hidden;",
        box(f"background:{head};color:#fff;text-align:center;font-weight:700;{body}padding:.9u;color:#fff", dot, title),
        box(f"{body}padding:1.2u 1.8u;line-height:1.55", *laid),
    )


def _scale(style: str) -> str:
    """CSS of a style whose lengths may end in ``u``."""
    return re.sub(r"(?<![\w#.])(\d*\.?\d+)u\b", r"calc(var(--u)*\1)", style)
