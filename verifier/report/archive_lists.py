"""What supervision left about one class, as the lists that its archive keeps (Art. 12): what was filed, seen, found, decided.

Only what is on record goes in, in an order of its own: the same records give the same bytes. ID numbers and phones are masked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Tx

from verifier.class_standing import list_matters
from verifier.language import join
from verifier.plan import ClassFile
from verifier.records.filing import read_class_file
from verifier.records.plans import BUREAU
from verifier.records.reading import read_attended_hours, read_photos, read_sessions
from verifier.regulation.archive import write_csv
from verifier.regulation.policy import Policy
from verifier.supervision_history import describe_supervision

Rows = list[Sequence[str]]
_LANGUAGE = "zh_CN"  # the archive is an official file, whatever language the pages are read in
_HISTORY = (
    ("inspections", "现场监管记录.csv"),
    ("off_site", "非现场监管记录.csv"),
    ("follow_ups", "跟踪回访记录.csv"),
    ("records", "人工认定记录.csv"),
    ("urgings", "催报记录.csv"),
    ("plans", "监管计划.csv"),
)


def write_archive_lists(tx: Tx, number: str, policy: Policy, mask: Callable[[str], str]) -> list[tuple[str, bytes]]:
    """Every list of one class: (file name, bytes).

    Args:
        mask: How ID numbers and phones are shown.
    Raises:
        NotInRecordsError: there is no such class.
    """
    filed = read_class_file(tx, number)
    zone = ZoneInfo(filed.training.timezone)
    lists: list[tuple[str, Rows]] = [
        ("办班备案.csv", _list_filing(filed)),
        ("课程安排.csv", _list_timetable(filed)),
        ("学员花名册.csv", _list_roster(filed, mask)),
        ("签到记录.csv", _list_sign_ins(filed, zone)),
        ("请假记录.csv", _list_leaves(filed)),
        ("照片清单.csv", _list_photos(filed, zone)),
        ("课次核验结果.csv", _list_sessions(tx, number)),
        ("学员到课情况.csv", _list_presences(tx, number)),
        ("学员学时.csv", _list_hours(tx, number)),
        ("核验结论.csv", _list_findings(tx, number)),
    ]
    lists += _list_matters(tx, number, policy)
    history = describe_supervision(tx, number, viewer=BUREAU)
    # A copy of the archive may leave the office: what is still planned must not (Art. 14(1)).
    history["plans"] = [each for each in history["plans"] if each["state"] not in ("planned", "overdue")]
    lists.append(("日期登记.csv", [("事项", "日期"), *((name, _show(day)) for name, day in history["dates"].items())]))
    lists += [(name, _list_records(history[kind])) for kind, name in _HISTORY]
    return [(name, write_csv(rows)) for name, rows in lists]


def _list_filing(filed: ClassFile) -> Rows:
    training = filed.training
    teachers = "、".join(f"{each.number} {each.name}" for each in training.teachers)
    rows: Rows = [
        ("栏目", "内容"), ("班次", training.number), ("培训机构", training.agency.name),
        ("统一社会信用代码", training.agency.code), ("培训项目", training.project_type.value),
        ("培训职业（工种）", training.occupation), ("等级", training.level), ("期数", str(training.term)),
        ("计划学时", f"{training.planned_hours:g}"), ("培训地点", f"{training.venue.name} {training.venue.address}".strip()),
        ("授课教师", teachers), ("班主任", training.supervisor), ("备案日期", _show(training.filed_on)),
        ("批准日期", _show(training.approved_on)),
    ]  # fmt: skip
    for each in training.changes:
        about = "、".join(each.session_ids) or "全部课次"
        detail = f"{each.what} {each.detail} {about}；{_show(each.filed_on)}申请，{_show(each.approved_on)}批准"
        rows.append((f"变更（{_show(each.takes_effect_on)}起）", detail))
    return rows


def _list_timetable(filed: ClassFile) -> Rows:
    rows: Rows = [("课次", "日期", "开始", "结束", "标准学时", "授课教师", "类型", "方式", "地点")]
    for each in sorted(filed.training.sessions, key=lambda session: (session.starts_at, session.id)):
        start, end = f"{each.starts_at:%H:%M}", f"{each.ends_at:%H:%M}"
        rows.append(
            (
                each.id, each.day.isoformat(), start, end, f"{each.hours:g}", each.teacher_number or "", each.kind.value,
                each.mode.value, each.venue.name,
            )
        )  # fmt: skip
    return rows


def _list_roster(filed: ClassFile, mask: Callable[[str], str]) -> Rows:
    rows: Rows = [("学号", "姓名", "身份证号", "联系电话")]
    return rows + [
        (each.student_no, each.name, mask(each.id_number), mask(each.phone)) for each in filed.training.students
    ]


def _list_sign_ins(filed: ClassFile, zone: ZoneInfo) -> Rows:
    rows: Rows = [("学号", "签到时间", "来源", "设备", "经度", "纬度", "坐标系")]
    return rows + sorted(
        (
            each.student_no, _moment(each.signed_at, zone), each.source, each.device, _show(each.longitude),
            _show(each.latitude), each.frame.value,
        )
        for each in filed.sign_ins
    )  # fmt: skip


def _list_leaves(filed: ClassFile) -> Rows:
    rows: Rows = [("学号", "课次", "事由", "批准人")]
    return rows + sorted((each.student_no, each.session_id, each.reason, each.approved_by) for each in filed.leaves)


def _list_photos(filed: ClassFile, zone: ZoneInfo) -> Rows:
    rows: Rows = [("文件", "SHA-256", "字节数", "收到时间", "申报课次", "申报视角")]
    return rows + sorted(
        (
            each.file, each.sha256, str(each.size_bytes), _moment(each.received_at, zone), each.session_id or "",
            each.view.value if each.view else "",
        )
        for each in filed.submissions
    )  # fmt: skip


def _list_sessions(tx: Tx, number: str) -> Rows:
    rows: Rows = [("课次", "结论", "应到", "实到", "待定", "请假", "到课率", "政策")]
    for each in read_sessions(tx, number):
        counted = each.numbers
        figures = (counted.expected, counted.present, counted.unsure, counted.leave) if counted else ("", "", "", "")
        rate = "" if counted is None or counted.rate is None else f"{counted.rate * 100:.1f}%"
        policy = f"{each.policy_name}@{each.policy_version}" if each.policy_name else ""
        outcome = each.outcome.value if each.outcome else ""
        rows.append((each.session_id, outcome, *(str(one) for one in figures), rate, policy))
    return rows


def _list_presences(tx: Tx, number: str) -> Rows:
    rows: Rows = [("课次", "学号", "到课", "依据")]
    return rows + [
        (
            session.session_id,
            each.student_no,
            each.presence,
            join(list(each.because)).text(_LANGUAGE) if each.because else "",
        )
        for session in read_sessions(tx, number)
        for each in session.students
    ]


def _list_hours(tx: Tx, number: str) -> Rows:
    rows: Rows = [("学号", "姓名", "计划学时", "已到", "待定", "请假", "缺课")]
    return rows + [
        (each.student_no, each.name, *(f"{value:g}" for value in (
            each.planned_hours, each.attended, each.unsure, each.leave, each.absent
        )))
        for each in read_attended_hours(tx, number)
    ]  # fmt: skip


def _list_findings(tx: Tx, number: str) -> Rows:
    rows: Rows = [("课次", "文件", "SHA-256", "检查", "结论", "说明", "限值")]
    for photo in read_photos(tx, number):
        rows += [
            (
                photo.session_id or "", photo.submission.file, photo.submission.sha256, each.check, each.outcome.value,
                each.reason.text(_LANGUAGE), each.profile,
            )
            for each in photo.findings
        ]  # fmt: skip
    for session in read_sessions(tx, number):
        rows += [
            (session.session_id, "", "", each.check, each.outcome.value, each.reason.text(_LANGUAGE), each.profile)
            for each in session.findings
        ]
    return rows


def _list_matters(tx: Tx, number: str, policy: Policy) -> list[tuple[str, Rows]]:
    """Cases, violations, notices and sanctions, and every decision about any of them, withdrawn ones too."""
    found = list_matters(tx, policy, number, _LANGUAGE)
    about: Rows = [("类别", "编号", "代码", "状态", "说明", "失效原因", "课次", "证据")]
    decisions: Rows = [("对象类别", "对象编号", "决定编号", "决定", "决定人", "时间", "理由", "撤回的决定")]
    for kind, name in (("cases", "疑点"), ("violations", "违规"), ("sanctions", "处理")):
        for each in sorted(found[kind], key=lambda one: one["id"]):
            code = f"{each.get('article', '')} {each['kind']}".strip()
            evidence = each.get("evidence") or each.get("grounds", {}).get("evidence", [])
            about.append(
                (
                    name, each["id"], code, each["state"], each["reason"], each["lapsed"] or "",
                    "、".join(each.get("sessions", ())), "、".join(evidence),
                )
            )  # fmt: skip
            decisions += [
                (name, each["id"], one["id"], one["decision"], one["by"], one["at"], one["why"], one["withdraws"] or "")
                for one in each["decisions"]
            ]
    notices: Rows = [("编号", "下发日期", "下发人", "条款", "作废原因")]
    notices += [
        (each["number"], each["issued_on"], each["issued_by"], "、".join(each["rules"]), each["voided"] or "")
        for each in found["notices"]
    ]
    return [("疑点与违规.csv", about), ("决定.csv", decisions), ("整改通知书清单.csv", notices)]


def _list_records(records: Iterable[dict[str, Any]]) -> Rows:
    """Records as people wrote them, a column a field; what holds more than one value is written as JSON."""
    known = list(records)
    columns = list(dict.fromkeys(name for each in known for name in each)) or ["id"]
    return [columns, *([_show(each.get(name)) for name in columns] for each in known)]


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat() if moment else ""


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, list | dict) else str(value)
