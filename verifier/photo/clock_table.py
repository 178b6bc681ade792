"""The comparisons of `photo.clock_agreement` as a table for people: one row for each pair of clocks.

The rows are made from what the finding measured, so that findings of any age can be shown in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from verifier.finding import Measured
from verifier.language import Sentence, say
from verifier.photo.clocks import Clock, format_offset, name_clock, show_gap


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One pair: the two clocks with their times, how far apart, the outcome (empty: judged elsewhere), what it means."""

    first: Sentence
    first_at: str
    second: Sentence
    second_at: str
    gap: Sentence
    outcome: str
    meaning: Sentence

    def cells(self) -> tuple[Sentence, ...]:
        """One cell for each heading of `name_columns`."""
        first = say("{clock}：{time}", clock=self.first, time=self.first_at)
        second = say("{clock}：{time}", clock=self.second, time=self.second_at)
        return first, second, self.gap, self.meaning


def name_columns() -> tuple[Sentence, ...]:
    """The table's headings, in the order of `ClockRow.cells`."""
    return (say("时间一"), say("时间二"), say("相差"), say("判断"))


def tabulate_clocks(measured: Mapping[str, Measured]) -> list[ClockRow]:
    """Every comparison of one finding, contradictions first; empty where nothing was compared."""
    rows = [row for first, second in product(Clock, Clock) if (row := _read_pair(measured, first, second)) is not None]
    rows += [row for clock in Clock if (row := _read_session(measured, clock)) is not None]
    number = 1
    while f"neighbour{number}_file" in measured:
        rows.append(_read_neighbour(measured, number))
        number += 1
    order = ("failed", "unsure", "", "passed")
    return sorted(rows, key=lambda row: order.index(row.outcome))


def _read_pair(measured: Mapping[str, Measured], first: Clock, second: Clock) -> ClockRow | None:
    key = f"{first}_to_{second}"
    gap = measured.get(f"{key}_s")
    if not isinstance(gap, int | float):
        return None
    return ClockRow(
        name_clock(first),
        _show(measured.get(f"{first}_at")),
        name_clock(second),
        _show(measured.get(f"{second}_at")),
        show_gap(gap),
        str(measured.get(f"{key}_outcome") or ""),
        _name_meaning(str(measured.get(key))),
    )


def _read_session(measured: Mapping[str, Measured], clock: Clock) -> ClockRow | None:
    code, gap = measured.get(f"{clock}_to_session"), measured.get(f"{clock}_to_session_s")
    if not isinstance(code, str) or not isinstance(gap, int | float):
        return None
    hours = f"{_show(measured.get('session_opens_at'))} – {_show(measured.get('session_closes_at'))}"
    outcome = "unsure" if clock is Clock.GPS and code == "after_session" else ""
    return ClockRow(
        name_clock(clock),
        _show(measured.get(f"{clock}_at")),
        say("课次时段（含宽限）"),
        hours,
        show_gap(gap),
        outcome,
        _name_meaning(code),
    )


def _read_neighbour(measured: Mapping[str, Measured], number: int) -> ClockRow:
    key = f"neighbour{number}"
    stamp_s, camera_s = float(measured[f"{key}_stamp_s"] or 0), float(measured[f"{key}_camera_s"] or 0)
    return ClockRow(
        say("本照片"),
        _show(measured.get("stamp_at")),
        say("同一手机的 {file}", file=measured[f"{key}_file"]),
        _show(measured[f"{key}_stamp_at"]),
        say("水印 {stamp}，相机 {camera}", stamp=show_gap(stamp_s), camera=show_gap(camera_s)),
        "unsure",
        say("水印与相机的先后次序矛盾"),
    )


def _show(value: Measured) -> str:
    if not isinstance(value, str):
        return "–"
    moment = datetime.fromisoformat(value)
    offset = moment.utcoffset()
    return f"{moment:%Y-%m-%d %H:%M:%S}" + ("" if offset is None else f" {format_offset(offset)}")


def _name_meaning(code: str) -> Sentence:
    known = {
        "agrees": say("一致"),
        "received_after": say("先拍摄后收到，合理"),
        "another_zone": say("恰为时区之差"),
        "summer_time": say("可能有一处未计夏令时"),
        "careless_clock": say("手机时钟可能不准"),
        "clock_never_set": say("相机时钟可能从未设置"),
        "stamp_poorly_read": say("水印字迹识别把握不足"),
        "contradicts": say("相互矛盾"),
        "old_fix": say("可能是旧定位"),
        "gps_in_local_time": say("可能把当地时间写作卫星时间"),
        "taken_later": say("卫星时间更晚，照片不可能在水印时间拍摄"),
        "camera_clock_wrong": say("相机时钟不准、被调过，或是旧定位"),
        "received_before": say("收到早于拍摄"),
        "saved_before_taken": say("文件保存早于拍摄"),
        "in_session": say("在课次时段内"),
        "before_session": say("早于课次时段"),
        "after_session": say("晚于课次时段"),
    }
    return known.get(code, Sentence("{code}", {"code": code}))
