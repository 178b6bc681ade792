"""What an inspector finds in the morning, JSON-ready: what waits, failed and was not checked, what is due, cameras. Reading only.

Counted by the database and cut to what a page can show: a city's fortnight is no more work than a class's. Every number leads to a
list of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Tx

from verifier.answers import describe_session
from verifier.class_standing import describe_due, describe_plan, view_due
from verifier.matter_states import OPEN_STATES
from verifier.records import overview
from verifier.records.camera_wall import list_cameras
from verifier.records.listing import Asked, Row, find_page
from verifier.records.lists import list_findings_for
from verifier.records.overview import ClassDays, Days
from verifier.records.plans import BUREAU, read_plans
from verifier.records.reading import read_sessions
from verifier.records.review_queue import QueueItem, read_queue
from verifier.regulation.attendance_rate import PresenceCount
from verifier.regulation.policy import Policy
from verifier.reviewing import sort_queue
from verifier.standing import describe_rate, find_rate_line

MOST_WAITING, MOST_FINDINGS, MOST_CLASSES, MOST_CHARTS, MOST_OWED, MOST_CAMERAS = 12, 8, 10, 3, 8, 8
MOST_NOT_RUN = 4  # one picture that could not be read fails in every check of it
PLANNED_AHEAD = timedelta(days=7)


def view_today(
    tx: Tx, policy: Policy, since: date | None, until: date | None, now: datetime, zone: ZoneInfo,
    language: str | None = None, *, viewer: str = BUREAU,
) -> dict[str, Any]:  # fmt: skip
    """These days, both included, and what waits and is due today whatever the days.

    Args:
        viewer: `BUREAU`, or an agency's code: then its own attendance and findings, and nothing of what the office does.
    """
    days = Days(since, until, None if viewer == BUREAU else viewer)
    line = find_rate_line(policy, until or now.astimezone(zone).date())
    planned, closed = overview.count_sessions(tx, days)
    lowest = overview.list_classes_by_rate(
        tx, days, line or 0, MOST_CLASSES
    )  # where no law names a rate, none is below it
    by_day = overview.count_days(tx, days)
    known = {
        "planned": planned, "closed": closed, "unclosed": overview.count_open_sessions(tx, days, now),
        "photos": overview.count_photos(tx, days),
        "attendance": describe_rate(sum(by_day.values(), PresenceCount())),
        "days": [{"day": day.isoformat(), **describe_rate(count)} for day, count in by_day.items()],
        "line": line / 100 if line is not None else None,
        "classes": [_describe_class(each) for each in lowest],
        "sessions": _read_charted(tx, [each.number for each in lowest[:MOST_CHARTS]], days, language),
        "failed": _find(tx, days, "failed", language), "not_run": _find(tx, days, "not_run", language, MOST_NOT_RUN),
        "outcomes": overview.count_findings(tx, days),
    }  # fmt: skip
    if viewer != BUREAU:
        return known
    queue = sort_queue(read_queue(tx, OPEN_STATES), "urgency")
    rules, kinds = overview.count_flags(tx)
    today = now.astimezone(zone).date()
    return known | {
        "queue": [_describe_item(each, language) for each in queue[:MOST_WAITING]], "queue_count": len(queue),
        "rules": rules, "kinds": kinds,
        **_describe_owed(tx, policy, today, language), **_describe_cameras(tx, days, today, zone),
    }  # fmt: skip


def _describe_class(one: ClassDays) -> dict[str, Any]:
    return {
        "number": one.number, "agency": one.agency, "closed": one.closed, "below": one.below, "lowest": one.lowest,
        **describe_rate(one.count),
    }  # fmt: skip


def _read_charted(tx: Tx, numbers: list[str], days: Days, language: str | None) -> list[dict[str, Any]]:
    return [
        describe_session(each, language)
        for number in numbers
        for each in read_sessions(tx, number, days.since, days.until, with_details=False)
    ]


def _find(tx: Tx, days: Days, outcome: str, language: str | None, most: int = MOST_FINDINGS) -> dict[str, Any]:
    """The first findings of an outcome, and how many there are."""
    filters = {"outcome": outcome}
    filters |= {"since": days.since.isoformat()} if days.since else {}
    filters |= {"until": days.until.isoformat()} if days.until else {}
    found = find_page(tx, list_findings_for(days.agency_code), Asked(filters=filters, limit=most))
    return {"items": [_describe_finding(row, language) for row in found.rows], "count": found.total}


def _describe_finding(row: Row, language: str | None) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("outcome", "check", "class", "session", "file")},
        "photo_id": str(row["photo_id"]) if row["photo_id"] else None, "reason": row["reason"].text(language),
    }  # fmt: skip


def _describe_item(item: QueueItem, language: str | None) -> dict[str, Any]:
    return {
        "id": str(item.id), "sort": item.sort, "kind": item.kind, "rule": item.rule, "class": item.class_number,
        "session": item.session_id, "student_no": item.student_no, "name": item.student_name, "state": item.state,
        "probability": item.probability, "opened_at": item.opened_at.isoformat(), "reason": item.reason.text(language),
    }  # fmt: skip


def _describe_owed(tx: Tx, policy: Policy, today: date, language: str | None) -> dict[str, Any]:
    """What the office owes its classes: the last taught ones, with what is due or overdue of each; and what is planned next."""
    numbers, total = overview.list_classes_owed(tx, today, MOST_OWED)
    owed = []
    for number in numbers:
        (standing,) = view_due(tx, policy, today, number)
        open_duties = tuple(each for each in standing.duties if each.state.value in ("due", "overdue"))
        if open_duties:
            owed.append(describe_due(replace(standing, duties=open_duties), language))
    plans = [
        describe_plan(each, today)
        for each in read_plans(tx, viewer=BUREAU)
        if each.state == "planned" and each.planned_on <= today + PLANNED_AHEAD
    ]
    return {"owed": owed, "owed_count": total, "plans": sorted(plans, key=lambda each: str(each["planned_on"]))}


def _describe_cameras(tx: Tx, days: Days, today: date, zone: ZoneInfo) -> dict[str, Any]:
    listing = list_cameras()
    down = find_page(tx, listing, Asked(filters={"state": "down"}, limit=MOST_CAMERAS))
    begins = datetime.combine(days.since or date.min.replace(year=2000), time(), zone)
    ends = datetime.combine((days.until or today) + timedelta(days=1), time(), zone)
    looks = overview.count_camera_looks(tx, begins, ends, zone)
    return {
        "cameras": find_page(tx, listing, Asked(limit=1)).total,
        "cameras_down": [
            {
                "id": str(row["id"]), "camera": row["camera"], "class": row["class"], "agency": row["agency"],
                "condition": row["condition"], "taken_at": row["taken_at"].astimezone(zone).isoformat(),
            }
            for row in down.rows
        ],
        "cameras_down_count": down.total,
        "camera_days": [
            {"day": day.isoformat(), "showing": showing, "down": faults, "cannot_tell": unsure}
            for day, (showing, faults, unsure) in looks.items()
        ],
    }  # fmt: skip
