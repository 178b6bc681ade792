"""Several readings of one line, from other cuts and contrasts of the same pixels: which one to believe, and how far.

A wrong digit is read surely now and then, but seldom in every cut and contrast. So each value counts with the confidence
of all readings that say it, and a value that others contradict is only as sure as its share.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from verifier.observation import TextLine
from verifier.photo.stamp_clocks import find_clock
from verifier.photo.stamp_coordinates import find_coordinates
from verifier.photo.stamp_dates import find_date, find_weekday
from verifier.photo.stamp_mend import restore_points, separate_merged
from verifier.photo.stamp_text import Reading, normalise
from verifier.vision.text import ReadLine

# A road's number is followed by 号, which the finder may leave out over a crowd; what is not there is not read either.
BROKEN_PLACE = re.compile(r"[路街道巷]\s*[0-9]+\s*$")
# The plain reading counts as two voices; any other value must be said twice.
MIN_VOICES = 2
# A digit's odds are weighed from so many readings on. No reading may rule a digit out: a cut that shows another one is wrong
# once in some hundred digits.
MIN_DIGIT_VOICES = 4
LEAST_ODDS = 0.003
# Where one digit of a row has no majority, something lies across the row, and no other digit is surer than an even chance: on a
# page of print a day was once read 05 for 06 at 0.98 beside a clock of 0.35 (benchmarks/stamps.py --seeds 3702).
OBSCURED_CONFIDENCE = 0.5
DIGITS = "0123456789"


def read_fields(row: Reading) -> dict[str, tuple[Hashable, float]]:
    """Value and confidence of each whole field (date, weekday, clock, longitude, latitude) that the grammar finds in a row."""
    said: dict[str, tuple[Hashable, float]] = {}
    day = find_date(row)
    if day is not None:
        said["date"] = (day.field.value, day.field.confidence)
        row = row.without(day.start, day.end)
    weekday = find_weekday(row)
    if weekday is not None:
        said["weekday"] = (weekday[0].value, weekday[0].confidence)
        row = row.without(weekday[1], weekday[2])
    clock = find_clock(row)
    if clock is not None:
        said["clock"] = (clock.field.value, clock.field.confidence)
        row = row.without(clock.start, clock.end)
    coordinates = find_coordinates([separate_merged(restore_points(row))])
    if coordinates is not None:
        for name, field in (("longitude", coordinates.longitude), ("latitude", coordinates.latitude)):
            if field is not None:
                said[name] = (field.value, field.confidence)
    return said


def elect_reading(readings: Sequence[TextLine]) -> TextLine:
    """The most believable of several readings of one line.

    Args:
        readings: At least one; the first is the plain one.
    Returns: The reading with the most supported fields, and among those the one whose values are said most; its characters
        are at most as sure as the share of its least supported value. A value that one reading alone says, and not the
        plain one, supports nothing: 116:13:32 over a window frame was once read as 11:13:32. Coordinates that are printed
        alike go before those of which one has fewer digits, however often these are said. A line without fields is
        weighed by its text. Where the readings tell the odds of their digits, those decide each digit: see `vote_digits`.
    """
    ballots = [read_fields(normalise(line)) for line in readings]
    support: dict[str, dict[Hashable, float]] = defaultdict(lambda: defaultdict(float))
    voices: Counter[tuple[str, Hashable]] = Counter({(name, value): 1 for name, (value, _) in ballots[0].items()})
    texts: dict[str, float] = defaultdict(float)
    for line, ballot in zip(readings, ballots, strict=True):
        texts[line.text] += _weakest(line)
        for name, (value, sure) in ballot.items():
            support[name][value] += sure
            voices[name, value] += 1
    supported = {said for said, count in voices.items() if count >= MIN_VOICES}

    even = [_is_even_pair(line) if len(ballot) > 1 else False for line, ballot in zip(readings, ballots, strict=True)]

    def weigh(index: int) -> tuple[bool, int, int, bool, float, float, float]:
        line = readings[index]
        said = {(name, value) for name, (value, _) in ballots[index].items()}
        backing = sum(support[name][value] for name, value in said & supported)
        completes = _completes(line, readings[0])
        sure = min((sure for _, sure in ballots[index].values()), default=0.0)
        return (
            even[index],
            len(said & supported),
            -len(said - supported),
            completes,
            backing or texts[line.text],
            sure,
            _weakest(line),
        )

    best = max(range(len(readings)), key=weigh)
    limited = _limit(readings[best], _least_share(ballots[best], support))
    speaking = [line for line, ballot in zip(readings, ballots, strict=True) if ballot]
    voted = vote_digits(readings[best], speaking) if ballots[best] else limited
    # Digits that no calendar has, or that lie outside the ranges, were not printed.
    whole = len(read_fields(normalise(voted))) == len(ballots[best])
    return voted if voted is not readings[best] and whole else limited


def vote_signs(readings: Sequence[TextLine]) -> TextLine:
    """One reading put together sign by sign from those of one form, for rows of which no reading is whole.

    Args:
        readings: At least one, of one row.
    Returns: Of the readings with the most fields the commonest form (its digits apart), and for each place the sign that
        the readings of that form say most surely together; each sign is as sure as its share of all that was said there.
    """
    rows = [restore_points(normalise(line)) for line in readings]
    most = max(len(read_fields(row)) for row in rows)
    forms: dict[str, list[Reading]] = defaultdict(list)
    for row in rows:
        if row.text and len(read_fields(row)) == most:
            forms[re.sub("[0-9]", "0", row.text)].append(row)
    if not forms:
        return readings[0]
    alike = max(forms.values(), key=lambda group: sum(sum(row.sure) / len(row.sure) for row in group))
    text, sure = [], []
    for place in range(len(alike[0].text)):
        said: dict[str, float] = defaultdict(float)
        for row in alike:
            said[row.text[place]] += row.sure[place]
        sign = max(said, key=lambda one: said[one])
        text.append(sign)
        best = max(row.sure[place] for row in alike if row.text[place] == sign)
        sure.append(round(best * said[sign] / max(1e-6, sum(said.values())), 4))
    return TextLine("".join(text), sum(sure) / len(sure), readings[0].box, tuple(sure))


def vote_digits(elected: TextLine, readings: Sequence[TextLine]) -> TextLine:
    """An elected reading, each of its digits as the readings of its form say together.

    Args:
        elected: One of the readings.
        readings: Those that say a field, with the odds of their digits (`ReadLine`); others have no voice about digits.
    Returns: The line with the digits of the greatest mean log probability, each as sure as that mean says, and everything at
        most as sure as the share of the readings of this form; at most an even chance where one of the digits has no
        majority. A reading that sees another digit than the rest and thinks
        of theirs second does not outweigh them, and the mean of many readings of the same pixels is no surer than one of
        them. The very line where fewer than MIN_DIGIT_VOICES readings have its form.
    Source: Hinton 2002, products of experts; here with equal weights that sum to one, as the experts see the same pixels.
    """
    form = _find_form(elected.text)
    alike = [line for line in readings if isinstance(line, ReadLine) and _find_form(line.text) == form]
    if len(alike) < MIN_DIGIT_VOICES or not form:
        return elected
    odds = np.array(
        [[each for each, sign in zip(line.digit_odds, line.text, strict=True) if sign in DIGITS] for line in alike]
    )
    mean = np.exp(np.log(np.maximum(odds, LEAST_ODDS)).mean(axis=0))
    shares = mean / mean.sum(axis=1, keepdims=True)
    limit = sum(map(_weakest, alike)) / max(1e-6, sum(map(_weakest, readings)))
    if shares.max(axis=1).min() < OBSCURED_CONFIDENCE:
        limit = min(limit, OBSCURED_CONFIDENCE)
    text, sure = list(elected.text), [min(each, round(limit, 4)) for each in elected.per_character]
    for place, share in zip((at for at, sign in enumerate(text) if sign in DIGITS), shares, strict=True):
        text[place], sure[place] = DIGITS[int(share.argmax())], round(min(float(share.max()), limit), 4)
    return TextLine("".join(text), sum(sure) / len(sure), elected.box, tuple(sure))


def _find_form(text: str) -> tuple[int, ...]:
    """How many digits each run of digits has: what lies between them, a point or a colon, is another question."""
    return tuple(map(len, re.findall("[0-9]+", text)))


def _least_share(
    ballot: Mapping[str, tuple[Hashable, float]], support: Mapping[str, Mapping[Hashable, float]]
) -> float:
    shares = [support[name][value] / max(1e-6, sum(support[name].values())) for name, (value, _) in ballot.items()]
    return min(shares, default=1.0)


def _limit(line: TextLine, share: float) -> TextLine:
    if share >= 1.0:
        return line
    return replace(line, per_character=tuple(min(sure, round(share, 4)) for sure in line.per_character))


def _is_even_pair(line: TextLine) -> bool:
    """Whether the line says both coordinates, alike in form."""
    coordinates = find_coordinates([separate_merged(restore_points(normalise(line)))])
    return coordinates is not None and coordinates.alike


def _completes(line: TextLine, first: TextLine) -> bool:
    return bool(BROKEN_PLACE.search(first.text)) and re.fullmatch(re.escape(first.text) + "号", line.text) is not None


def _weakest(line: TextLine) -> float:
    return min(line.per_character, default=0.0)
