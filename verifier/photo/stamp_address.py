"""The place that a stamp prints: a labelled row, or the rows that no other rule has understood."""

from __future__ import annotations

import re
from collections.abc import Sequence

from verifier.observation import Box, Field, TextLine
from verifier.photo.stamp_text import CONSUMED, Reading, normalise, sign_width, surround

_LABEL = re.compile(r"^[^\w\u4e00-\u9fff]*(?P<l>(?:[\u4e00-\u9fff]\s*){1,6}?)\s*:\s*(?P<v>.*)$")
# Of the labels that nothing else begins with, the colon may be lost or read as another sign.
_BARE_LABEL = re.compile(r"^\W*(?P<l>地址|地点)[\s,.;·]*(?=[\u4e00-\u9fff])(?P<v>.*)$")
_ENGLISH_LABEL = re.compile(r"^\W*(?P<l>Address|Location|Place)\s*:\s*(?P<v>.*)$", re.I)
# The first says where the shot was taken, the second some other place (培训地点, 单位地址), the third only where on a site somebody
# worked. In widely spaced labels (地　点) the first letter may be lost.
_PLACE_LABELS = (
    re.compile(r"(?:拍摄|拍照|打卡|签到|考勤|当前|实时|所在|现场|详细|具体|施工|地理)?(?:地点|地址|位置|定位)|点|址"),
    re.compile(r"(?!工作).{1,4}(?:地点|地址|位置|定位)"),
    re.compile(r"施工区域|施工部位|拍摄区域|工作(?:地点|地址)|区域"),
)
_NEUTRAL_LABELS = ("经纬度", "坐标", "时间", "天气", "海拔", "打卡")
_NO_PLACE = re.compile(
    r"相机|水印|验证|真实|防\s*伪|Timemark|Verified|Photo\s*code|GPS|Powered|Google|App\b"
    r"|(?:Altitude|Speed|Accuracy|Bearing|Heading|Temp\w*|Humidity)\s*:|℃|°\s*C|\d\s*°|海\s*拔|方位|天\s*气|备\s*注|项\s*目|拍\s*摄|打\s*卡|经\s*度|纬\s*度|经\s*纬|湿度|风[力速]|气压|记录"
    r"|www\.|\.(?:com|cn|net|org)\b"
    r"|^\W*[晴阴雨雪雾霾云多小中大阵雷转]+\W*[0-9]{0,2}\W*$",
    re.I,
)
_WEATHER = re.compile(r"[晴阴雨雪雾霾多云小中大阵雷转]*\s*-?\d{1,2}\s*(?:°\s*C|°|℃)|\d+\s*%|海拔.*$")
_BROKEN_WEEKDAY = re.compile(r"\s*(?:星\s*期|礼\s*拜)\s*$")
_BULLET = re.compile(r"^[\s\W_]*(?:[vV√]\s)?")
# What an app says of itself beside the place, in a corner of its own.
_BRAND = re.compile(
    r"\W*(?:Timemark|100\s*%\s*Genuine|(?:Photo\s*|Timemark\s*)?Verified|Google|GPS\s*Map\s*Camera|(?:今日|马克|工程|元道经纬|真实)?(?:水印)?相机|今日(?:水印)?"
    r"|(?:相机\s*)?真实时间)\W*",
    re.I,
)
# Where print of the scene runs on from the place without a gap, it is words, and a house's number ends the place.
_GLUED_PRINT = re.compile(r"(?:(?<=[0-9]号)|(?<=[\u4e00-\u9fff]{2}))\s?[A-Za-z.,()]+(?:\s+[A-Za-z0-9.,()]+)+\W*$")
# A row stays with the place while it stands as near as the lines of one paragraph.
MAX_GAP_HEIGHTS = 1.6
MAX_INDENT_HEIGHTS = 2.6
# Rows written at one edge: the finder's margins differ by less than a letter.
MAX_FLUSH_HEIGHTS = 1.0
# At most so many letters and digits are what did not fit into a row: 号, 员会, 座1208室, 413000.
MAX_REST_SIGNS = 8
# Boxes of a word end with half a letter's margin on each side.
WRAP_SLACK_HEIGHTS = 1.0
# GPS Map Camera prints the city half as large again as the street.
MAX_ROW_SIZES = 1.8
# Fewer Latin letters apart from Chinese ones may belong to the place: a building's A or CBD.
MIN_NEIGHBOUR_LETTERS = 5

_Edges = tuple[float, float, float]  # left, centre and right of a row


def find_address(rest: Sequence[Reading], lines: Sequence[TextLine]) -> Field[str] | None:
    """The printed place, its rows joined; None where none is printed.

    Args:
        rest: The stamp's rows from top to bottom, understood parts overwritten with CONSUMED.
        lines: All lines of the stamp, to tell its own left edge from neighbouring text.
    """
    rest = [_cut_neighbours(_cut_brands(row, lines), lines) for row in rest]
    labelled = [(index, *_split_label(row)) for index, row in enumerate(rest)]
    for wanted in _PLACE_LABELS:
        for index, label, start in labelled:
            if wanted.fullmatch(label):
                return _labelled_address(rest, labelled, index, start)
    others = [
        label
        for index, label, start in labelled
        if len(label) > 1 and label not in _NEUTRAL_LABELS and CONSUMED not in rest[index].text[start:]
    ]
    if len(others) >= 2:
        # A panel of labelled rows that names no place: its other rows are titles and remarks.
        return None
    return _left_over_address(rest, lines)


def _cut_brands(row: Reading, lines: Sequence[TextLine]) -> Reading:
    """The row without its app's name, where that stands as a line of its own at the row's right."""
    middle = row.box.y + row.box.height / 2
    beside = [line for line in lines if line.box.y <= middle <= line.box.y + line.box.height]
    for line in sorted(beside, key=lambda item: -item.box.x):
        words = normalise(line).text
        kept = [other.box for other in beside if other.box.x < line.box.x]
        # What is understood before it may have taken the gap along.
        if not (kept and row.text.endswith((" " + words, CONSUMED + words)) and _BRAND.fullmatch(words)):
            break
        text = row.text[: -len(words)].rstrip(" ")
        around = surround(kept)
        width = min(row.box.width, around.x + around.width - row.box.x)
        row = Reading(text, row.sure[: len(text)], Box(row.box.x, row.box.y, width, row.box.height))
    return row


def _cut_neighbours(row: Reading, lines: Sequence[TextLine]) -> Reading:
    """The row without Latin words that stand apart behind its Chinese ones, or run on from a house's number: the scene's print."""
    text = row.text
    for line in sorted(lines, key=lambda item: -item.box.x):
        words = normalise(line).text
        apart = text.endswith(" " + words) and not re.search(f"[\u4e00-\u9fff{CONSUMED}]", words)
        if apart and len(re.findall(r"[A-Za-z]", words)) >= MIN_NEIGHBOUR_LETTERS and _has_chinese(text):
            text = text[: -len(words) - 1]
    glued = _GLUED_PRINT.search(text)
    if glued is not None and len(re.findall(r"[A-Za-z]", glued.group())) >= MIN_NEIGHBOUR_LETTERS:
        text = text[: glued.start()]
    share = sum(map(sign_width, text)) / max(1.0, sum(map(sign_width, row.text)))
    box = Box(row.box.x, row.box.y, row.box.width * share, row.box.height)
    return row if text == row.text else Reading(text, row.sure[: len(text)], box)


def _has_chinese(text: str) -> bool:
    return len(re.findall(r"[\u4e00-\u9fff]", text)) >= 2


def _split_label(row: Reading) -> tuple[str, int]:
    """The row's label without spaces, and where its value starts; an empty label where it has none."""
    match = _LABEL.match(row.text) or _ENGLISH_LABEL.match(row.text) or _BARE_LABEL.match(row.text)
    if match is None:
        return "", 0
    label = re.sub(r"\s", "", match["l"])
    return ("地址" if label.lower() in ("address", "location", "place") else label), match.start("v")


def _labelled_address(
    rest: Sequence[Reading], labelled: Sequence[tuple[int, str, int]], index: int, start: int
) -> Field[str] | None:
    parts = [_clean(rest[index], start)]
    last = rest[index]
    for follower, label, _ in labelled[index + 1 :]:
        row = rest[follower]
        if label or CONSUMED in row.text or not _is_near(last, row):
            break
        # A following row belongs to the value if it starts under the value or under the label; print of the scene does not.
        value, slack = rest[index].box_of(start, start + 1), row.box.height
        readable = _readable_place(row)
        under = rest[index].box.x - slack <= row.box.x and (readable or row.box.x <= value.x + slack)
        if not under or not _is_one_hand(last, row) or not (readable or _is_rest(row, last, rest)):
            continue
        parts.append(_clean(row, 0))
        last = row
    return _join([part for part in parts if part is not None])


def _left_over_address(rest: Sequence[Reading], lines: Sequence[TextLine]) -> Field[str] | None:
    edges = _edges(rest)
    runs: list[list[Reading]] = []
    broken = True
    for row in rest:
        goes_on = not broken and CONSUMED not in row.text
        if goes_on and _is_rest(row, runs[-1][-1], rest) and _is_aligned(row, [_edges_of(runs[-1][-1])]):
            runs[-1].append(row)
            continue
        if not _readable_place(row) or not _is_aligned(row, edges):
            # A row that another rule has understood ends the paragraph; a word beside it does not.
            broken = broken or CONSUMED in row.text
            continue
        if goes_on and _is_one_paragraph(runs[-1][-1], row, rest):
            runs[-1].append(row)
        else:
            runs.append([row])
        broken = False
    if not runs or not lines:
        return None
    # Above its clock and date a stamp has titles, below them the place; only without such a run is the title the place.
    first = min(row.box.y for row in rest if CONSUMED in row.text)
    below = [run for run in runs if run[0].box.y > first]
    # Print of the scene may run on beside the stamp, and seldom starts where the stamp's own rows do.
    candidates = below or runs
    if _speaks_chinese(rest, lines):
        # A stamp with 星期一 names its place in Chinese.
        candidates = [run for run in candidates if _has_chinese(run[0].text)] or candidates
    flush = [run for run in candidates if any(_is_flush(row, edges) for row in run)]
    # The longest run that was read well is the place; a stray word is shorter, half-covered print is read badly.
    best = max(flush or candidates, key=_weigh)
    return _join([part for part in (_clean(row, 0) for row in best) if part is not None])


def _speaks_chinese(rest: Sequence[Reading], lines: Sequence[TextLine]) -> bool:
    """Whether a line from which something was understood is Chinese."""
    understood = [row.box for row in rest if CONSUMED in row.text]
    return any(
        _has_chinese(line.text)
        and any(box.y <= line.box.y + line.box.height / 2 <= box.y + box.height for box in understood)
        for line in lines
    )


def _edges(rest: Sequence[Reading]) -> list[_Edges]:
    """Where the rows stand that hold something understood."""
    return [_edges_of(row) for row in rest if CONSUMED in row.text]


def _edges_of(row: Reading) -> _Edges:
    return row.box.x, row.box.x + row.box.width / 2, row.box.x + row.box.width


def _is_aligned(row: Reading, edges: Sequence[_Edges], heights: float = MAX_INDENT_HEIGHTS) -> bool:
    """Whether a row starts, ends or is centred as another one."""
    left, centre, right = _edges_of(row)
    slack = heights * row.box.height
    return any(
        abs(left - other[0]) <= slack or abs(centre - other[1]) <= slack / 2 or abs(right - other[2]) <= slack
        for other in edges
    )


def _is_rest(row: Reading, above: Reading, rest: Sequence[Reading]) -> bool:
    """Whether a few letters are what did not fit into the row above."""
    return (
        0 < sum(map(str.isalnum, row.text)) <= MAX_REST_SIGNS
        and _NO_PLACE.search(row.text) is None
        and _is_one_hand(above, row)
        and _is_near(above, row)
        and _is_wrapped(above, row, rest)
    )


def _is_wrapped(above: Reading, below: Reading, rest: Sequence[Reading]) -> bool:
    """Whether a row's first word would not have fitted into the row above: some row of the stamp shows how wide one may be."""
    word = re.match(r"\W*(?:[0-9A-Za-z]+|.)", below.text)
    share = sum(map(sign_width, word.group() if word else "")) / max(1.0, sum(map(sign_width, below.text)))
    room = above.box.width + share * below.box.width + WRAP_SLACK_HEIGHTS * above.box.height
    return room >= max(row.box.width for row in rest if _is_aligned(row, [_edges_of(above)]))


def _weigh(run: Sequence[Reading]) -> float:
    return sum(row.confidence(0, len(row.text)) * sum(map(sign_width, _strip(row.text))) for row in run)


def _is_one_paragraph(above: Reading, below: Reading, rest: Sequence[Reading]) -> bool:
    """Rows of one place stand close, start (or end, or are centred) alike, and are of one size and one script.

    A row that did not fit may start before the first, which is indented by a pin or a dot.
    """
    edges = [_edges_of(above)]
    alike = _is_flush(below, edges) or (_is_aligned(below, edges) and _is_wrapped(above, below, rest))
    return _is_one_hand(above, below) and _is_near(above, below) and alike


def _is_one_hand(above: Reading, below: Reading) -> bool:
    taller, lower = max(above.box.height, below.box.height), min(above.box.height, below.box.height)
    alike = _is_chinese(above.text) == _is_chinese(below.text) or not re.search(r"[A-Za-z\u4e00-\u9fff]", below.text)
    return taller <= MAX_ROW_SIZES * lower and alike


def _is_chinese(text: str) -> bool:
    return 2 * len(re.findall(r"[\u4e00-\u9fff]", text)) >= len(re.findall(r"[A-Za-z\u4e00-\u9fff]", text))


def _is_flush(row: Reading, edges: Sequence[_Edges]) -> bool:
    return _is_aligned(row, edges, MAX_FLUSH_HEIGHTS)


def _is_near(above: Reading, below: Reading) -> bool:
    gap = below.box.y - (above.box.y + above.box.height)
    return gap <= MAX_GAP_HEIGHTS * min(above.box.height, below.box.height)


def _readable_place(row: Reading) -> bool:
    text = _strip(row.text)
    if not text:
        return False
    if _NO_PLACE.search(row.text.replace(CONSUMED, "")) and not re.search(r"[省市县区镇村路街号]", text):
        return False
    letters = re.sub(r"[^A-Za-z\u4e00-\u9fff]", "", text)
    chinese = re.sub(r"[^\u4e00-\u9fff]", "", text)
    return len(chinese) >= 2 or len(letters) >= 4


def _strip(text: str) -> str:
    # Whatever stands behind an understood part of the row (weather, a unit) is not part of the place.
    pieces = [piece for piece in re.split(f"{CONSUMED}+", text) if re.search(r"[A-Za-z\u4e00-\u9fff]{2,}", piece)]
    longest = max(pieces, key=len, default="")
    longest = _BROKEN_WEEKDAY.sub("", _WEATHER.sub("", longest))
    return _BULLET.sub("", longest).rstrip(" |:;,·-")


def _clean(row: Reading, start: int) -> Field[str] | None:
    text = _strip(row.text[start:])
    if not text and CONSUMED not in row.text and sum(map(str.isalnum, row.text)) <= MAX_REST_SIGNS:
        text = _BULLET.sub("", row.text[start:]).strip()
    if not text:
        return None
    at = row.text.find(text, start)
    begin, end = (at, at + len(text)) if at >= 0 else (start, len(row.text))
    return Field(text, row.confidence(begin, end), row.box_of(begin, end), row.text)


def _join(parts: Sequence[Field[str]]) -> Field[str] | None:
    if not parts:
        return None
    text = parts[0].value
    for part in parts[1:]:
        latin = bool(re.search(r"[A-Za-z0-9,.]$", text)) and bool(re.match(r"[A-Za-z0-9]", part.value))
        text += (" " if latin else "") + part.value
    box: Box = surround([part.box for part in parts])
    return Field(text, min(part.confidence for part in parts), box, text)
