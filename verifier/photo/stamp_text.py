"""Recognised text made ready for the grammar: one width of signs, and a probability and a place for every character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from verifier.observation import Box, Field, TextLine

V = TypeVar("V")

# Letters that the recogniser takes for digits of the same shape. Only these; a "7" is never turned into a "1".
LOOKALIKES = {"O": "0", "o": "0", "I": "1", "l": "1", "L": "1", "|": "1", "S": "5", "B": "8"}
DIGIT = "[0-9OoIlL|SB]"
# A letter read in a digit's place: the recogniser preferred the letter, so the digit has at most an even chance. With it
# a mismatch stays a doubt (the confidence limit of the checks lies above).
LOOKALIKE_CONFIDENCE = 0.5
# Confidence of a value whose form allows two meanings (03/04/2025): an even chance.
AMBIGUOUS_CONFIDENCE = 0.5
CONSUMED = "\x00"

_SIGNS = {
    "∶": ":",
    "︰": ":",
    "ː": ":",
    "º": "°",
    "˚": "°",
    "’": "'",
    "‘": "'",
    "`": "'",
    "´": "'",
    "′": "'",
    "ˊ": "'",
    "ʹ": "'",
    "ʼ": "'",
    "ʺ": '"',
    "ˮ": '"',
    "”": '"',
    "“": '"',
    "″": '"',
    "–": "-",
    "—": "-",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "•": "·",
    "・": "·",
    "●": "·",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One row of text: `sure` has one probability per character of `text`, `box` is the row's place in the picture.

    Parts that a rule has understood are overwritten with CONSUMED, so that no character serves two fields.
    """

    text: str
    sure: tuple[float, ...]
    box: Box

    def confidence(self, start: int, end: int) -> float:
        """Probability of the least sure character in a span: one wrong digit makes the whole value wrong."""
        values = [sure for sure, sign in zip(self.sure[start:end], self.text[start:end], strict=True) if sign != " "]
        return min(values, default=0.0)

    def digits_confidence(self, start: int, end: int) -> float:
        """As `confidence`, with every letter that stands for a digit counted as an even chance."""
        lookalike = any(sign in LOOKALIKES for sign in self.text[start:end])
        return min(self.confidence(start, end), LOOKALIKE_CONFIDENCE if lookalike else 1.0)

    def box_of(self, start: int, end: int) -> Box:
        """Where a span stands, from the characters' usual widths; exact to about one character."""
        widths = [sign_width(sign) for sign in self.text]
        whole = sum(widths) or 1.0
        left = sum(widths[:start]) / whole
        right = sum(widths[:end]) / whole
        return Box(self.box.x + left * self.box.width, self.box.y, (right - left) * self.box.width, self.box.height)

    def without(self, start: int, end: int) -> Reading:
        """The same row with a span marked as understood."""
        return Reading(self.text[:start] + CONSUMED * (end - start) + self.text[end:], self.sure, self.box)


def sign_width(sign: str) -> float:
    """Usual width of a character, in units of a digit."""
    if unicodedata.east_asian_width(sign) in "WF":
        return 2.0
    return 0.5 if sign in " .,:;'|!il1" else 1.0


def normalise(line: TextLine) -> Reading:
    """Fold full-width and look-alike signs of a recognised line to one form, keeping each character's probability."""
    sure_of = line.per_character if len(line.per_character) == len(line.text) else (line.confidence,) * len(line.text)
    text: list[str] = []
    sure: list[float] = []
    for sign, probability in zip(line.text, sure_of, strict=True):
        # NFKC would turn a double prime into two primes, and a seconds sign must stay one sign.
        folded = _SIGNS.get(sign) or unicodedata.normalize("NFKC", sign)
        for part in folded:
            text.append(_SIGNS.get(part, part))
            sure.append(probability)
    return Reading("".join(text), tuple(sure), line.box)


def join_row(readings: Sequence[Reading]) -> Reading:
    """Join readings that stand beside each other into one row, a space between them."""
    text = " ".join(reading.text for reading in readings)
    sure: list[float] = []
    for index, reading in enumerate(readings):
        sure.extend(((1.0,) if index else ()) + reading.sure)
    return Reading(text, tuple(sure), surround([reading.box for reading in readings]))


def surround(boxes: Sequence[Box]) -> Box:
    """The smallest box around all boxes.

    Raises:
        ValueError: there is no box.
    """
    left = min(box.x for box in boxes)
    top = min(box.y for box in boxes)
    right = max(box.x + box.width for box in boxes)
    bottom = max(box.y + box.height for box in boxes)
    return Box(left, top, right - left, bottom - top)


def doubt_field(field: Field[V]) -> Field[V]:
    """The field, at most as sure as an even chance: nobody is accused by it."""
    return replace(field, confidence=min(field.confidence, AMBIGUOUS_CONFIDENCE))


def to_digits(text: str) -> str:
    """Digits as digits, letters of the same shape replaced."""
    return "".join(LOOKALIKES.get(sign, sign) for sign in text)


def mostly_digits(text: str) -> bool:
    """Whether at least half of the characters are real digits, so that a word is not taken for a number."""
    signs = re.sub(r"[^0-9A-Za-z|]", "", text)
    return 2 * sum(sign.isdigit() for sign in signs) >= len(signs) > 0
