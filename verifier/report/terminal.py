"""What a command found, as tables in a terminal. Works on the JSON answers, so both shapes say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from verifier.language import translate
from verifier.report.summary import list_rates
from verifier.report.words import label

if TYPE_CHECKING:
    from verifier.nightly import Night

COLOURS = {
    "passed": "green",
    "present": "green",
    "matched": "green",
    "failed": "red",
    "absent": "red",
    "stranger": "red",
    "unsure": "yellow",
    "unclear": "yellow",
    "not_run": "magenta",
    "not_applicable": "bright_black",
    "unreadable": "bright_black",
    "teacher": "cyan",
    "leave": "cyan",
}
WORDS = {
    "passed": "通过",
    "failed": "不通过",
    "unsure": "无法判断",
    "not_run": "未能检查",
    "not_applicable": "不适用",
}


def coloured(word: str) -> Text:
    """An outcome or state in its colour and the reader's language."""
    return Text(translate(WORDS.get(word, word)), style=COLOURS.get(word, ""))


def show_photos(answer: dict[str, Any], console: Console) -> None:
    """One table a photo: every finding with its sentence."""
    for photo in answer["photos"]:
        title = Text.assemble(photo["file"], "  ", coloured(photo["outcome"]))
        table = Table(title=title, title_justify="left", show_lines=False, expand=True)
        table.add_column(translate("检查项"), no_wrap=True)
        table.add_column(translate("结论"), no_wrap=True)
        table.add_column(translate("说明"), ratio=1, overflow="fold")
        for finding in photo["findings"]:
            table.add_row(finding["check"], coloured(finding["outcome"]), Text(finding["reason"]))
        console.print(table)


def show_night(night: Night, console: Console) -> None:
    """Sessions, what failed, cases and proposed violations of one night."""
    answer = night.answer
    table = Table(title=translate("课次"), title_justify="left")
    for heading in ("班次", "课次", "应到", "实到", "待定", "到课率", "结论"):
        table.add_column(translate(heading))
    for session in answer["sessions"]:
        rate = "–" if session["rate"] is None else f"{session['rate']:.0%}"
        table.add_row(
            *(Text(str(session[key])) for key in ("class", "id", "expected", "present", "unsure")),
            rate,
            coloured(session["outcome"]),
        )
    console.print(table)
    show_rates(answer, console)
    rows = [
        (photo["file"], finding["check"], finding["outcome"], finding["reason"])
        for photo in answer["photos"]
        for finding in photo["findings"]
        if finding["outcome"] in ("failed", "not_run")
    ]
    rows += [
        (session["id"], finding["check"], finding["outcome"], finding["reason"])
        for session in answer["sessions"]
        for finding in session["findings"]
        if finding["outcome"] in ("failed", "not_run")
    ]
    _show_rows(console, "不通过与未能检查", rows)
    _show_rows(
        console,
        "不能使用的登记照",
        [
            (each["student_no"] or each["teacher_number"], each["code"], "unsure", each["reason"])
            for each in answer["enrolment"]
        ],
    )
    _show_rows(
        console,
        "需要人工复核的案件",
        [(case["session"] or "", case["kind"], "unsure", case["reason"]) for case in answer["cases"]],
    )
    _show_rows(
        console,
        "建议的违规（由人决定）",
        [(item["session"] or "", item["rule"], item["state"], item["reason"]) for item in answer["violations"]],
    )
    _show_rows(
        console,
        "不能看到教室的摄像头",
        [
            (each["class"], each["camera"], each["condition"], each["looked_at"])
            for each in answer.get("cameras", ())
            if each["down"]
        ],
    )
    counts = answer["night"]
    line = translate("本次新看照片 {looked} 张，结案课次 {closed} 个，用时 {seconds} 秒。")
    console.print(line.format(**{**counts, "seconds": round(counts["seconds"], 1)}))
    for not_closed in answer["not_closed"]:
        console.print(Text(f"{not_closed['session'] or not_closed['class']}: {not_closed['reason']}", style="yellow"))
    console.print(Text(translate("报告：{path}").format(path=night.report_html or "–")))


def show_rates(answer: dict[str, Any], console: Console) -> None:
    """Classes and agencies with their closed sessions together: numerator, denominator, rate, eligibility."""
    lines = list_rates(answer)
    if not lines:
        return
    table = Table(title=translate("班次与机构的到课率"), title_justify="left")
    for heading in (
        "班次或机构",
        "应到人次",
        "实到人次",
        "待定人次",
        "到课率",
        "可参加结业考核",
        "不得参加",
        "视复核而定",
    ):
        table.add_column(translate(heading), overflow="fold")
    for line in lines:
        low, high = line["rate_low"], line["rate_high"]
        rate = "–" if low is None else f"{low:.1%}" if low == high else f"{low:.1%}–{high:.1%}"
        counts = [line["eligibility"].get(word, "–") for word in ("eligible", "not_eligible", "depends")]
        cells = (line["name"], line["expected"], line["present"], line["unsure"], rate, *counts)
        table.add_row(*(Text(str(cell)) for cell in cells))
    console.print(table)


def _show_rows(console: Console, title: str, rows: list[tuple[str, str, str, str]]) -> None:
    if not rows:
        return
    table = Table(title=translate(title), title_justify="left", expand=True)
    table.add_column(translate("位置"), overflow="fold")
    table.add_column(translate("项目"), no_wrap=True)
    table.add_column(translate("结论"), no_wrap=True)
    table.add_column(translate("说明"), ratio=1, overflow="fold")
    for place, what, outcome, reason in rows:
        table.add_row(Text(place), what, coloured(outcome), Text(reason))
    console.print(table)


def show_evaluation(answer: dict[str, Any], console: Console) -> None:
    """Error rates as tables: errors of trials, the rate, and the interval that so few trials allow."""
    console.print(f"[bold]{escape(str(answer['folder']))}[/bold]")
    console.print(
        label("{people}人，登记照{enrolled}张，测试照{tests}张，陌生人{strangers}张，人群中的脸{crowd}张；标定：{calibration}").format(
            people=answer["people"], enrolled=answer["enrolment_pictures"], tests=answer["test_pictures"],
            strangers=answer["strangers"], crowd=answer["crowd_faces"], calibration=answer["calibration"],
        ),
        markup=False,
    )  # fmt: skip
    for name in ("refused_enrolments", "unreadable"):
        if answer[name]:
            console.print(f"{label(_EVALUATION[name])}: {answer[name]}", markup=False)
    searched = Table(
        "", label("首位错误率"), label("误报率上限"), Column(label("漏识率"), overflow="fold"), label("认成他人"), label("阈值"),
        title=label("检索：名册内外的人"), title_justify="left",
    )  # fmt: skip
    for method in answer["methods"]:
        first = [label(_METHODS.get(method["name"], method["name"])), _show_rate(method["rank1_errors"])]
        for row in method["at_fpir"]:
            if row["fnir"] is None:
                searched.add_row(*first, f"{row['fpir']:.2%}", Text(str(row["refused"]), style="bright_black"), "", "")
            else:
                searched.add_row(
                    *first, f"{row['fpir']:.2%}", _show_rate(row["fnir"]), _show_rate(row["wrong_identity"]),
                    f"{row['threshold']:.3g}",
                )  # fmt: skip
            first = ["", ""]
        searched.add_section()
    console.print(searched)
    _show_operating_point(answer["operating_point"], answer["budget"], console)
    judged = Table(label("按运行阈值的结论"), label("次数与比例［95%置信区间］"))
    for name, rate in answer["at_operating_point"].items():
        judged.add_row(label(_EVALUATION.get(name, name)), _show_rate(rate))
    console.print(judged)
    for note in answer["notes"]:
        console.print(note, markup=False)


def _show_operating_point(point: dict[str, Any], budget: dict[str, Any], console: Console) -> None:
    limits = Table(
        label("两眼间距（像素）"), label("认出的下限"), label("陌生人的上限"),
        title=label("运行阈值：{name}，误疑冒名至多{flags:.2%}，认错至多{matches:.2%}，名册{people}人").format(
            name=budget["name"], flags=budget["false_flag_rate"], matches=budget["false_match_rate"],
            people=point["candidates"],
        ),
        title_justify="left",
    )  # fmt: skip
    for row in point["limits"]:
        limits.add_row(f"{row['inter_eye_px']:.0f}", f"{row['match_from']:.3f}", f"{row['stranger_below']:.3f}")
    console.print(limits)
    if point["refused"]:
        vouched = label("疑点所称的误判可能性不会低于{rate:.2%}。").format(rate=point["vouched_flag_rate"])
        console.print(f"{point['refused']}{vouched}", markup=False)


def _show_rate(rate: dict[str, Any]) -> str:
    if rate["rate"] is None:
        return "0/0"
    return f"{rate['errors']}/{rate['trials']} = {rate['rate']:.2%} [{rate['low']:.2%}, {rate['high']:.2%}]"


_METHODS = {
    "nearest_cosine": "最近余弦（对照）",
    "calibrated": "标定后的证据",
    "class_photo": "整张照片一对一",
    "fused": "多张照片合并",
}
_EVALUATION = {
    "refused_enrolments": "被退回的登记照",
    "unreadable": "无法辨认",
    "matched_rightly": "正确认出",
    "wrong_identity": "认成他人",
    "crowd_matched": "人群中的脸认成学员",
    "unclear": "不能确定",
    "own_face_called_stranger": "本人被当作陌生人",
    "stranger_matched": "陌生人被认作学员",
    "stranger_unclear": "陌生人：不能确定",
    "stranger_unreadable": "陌生人：无法辨认",
    "stranger_found": "陌生人被识别为陌生人",
    "double_assignments": "一人被认作两人",
}
