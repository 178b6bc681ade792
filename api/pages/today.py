"""The first page: what the last night did, what waits for a person, what could not be looked at."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from pydantic import BeforeValidator

from api.pages.render import Language, Records, show_page
from verifier.report.charts import ATTENDANCE_LINE, draw_attendance, draw_flags, draw_outcomes
from verifier.report.summary import OPEN_STATES, list_attendance, list_findings, list_unclosed, list_waiting

router = APIRouter()
DEFAULT_DAYS = 14  # two weeks of teaching fit one chart
MAX_CHARTS = 6  # more classes than that are a table, not a picture
MAX_ROWS = 100

# A form sends an empty field as an empty text.
Day = Annotated[date | None, BeforeValidator(lambda text: text or None), Query()]


@router.get("/")
def show_today(
    request: Request, language: Language, records: Records, since: Day = None, until: Day = None
) -> HTMLResponse:
    """The days asked for; without any, the two weeks up to the last day that a night has closed."""
    last = until or records.last_day()
    if since is None and last is not None:
        since = last - timedelta(days=DEFAULT_DAYS - 1)
    answer = records.answer(since, last, None, language)
    charts, left_out = _choose_charts(answer, language)
    waiting = list_waiting(answer)
    return show_page(
        request,
        "today.html",
        answer=answer,
        since=since,
        until=last,
        waiting=waiting[:MAX_ROWS],
        waiting_count=len(waiting),
        night=records.last_night(),
        unclosed=list_unclosed(answer),
        not_run=list_findings(answer, "not_run"),
        failed=[photo for photo in answer["photos"] if photo["outcome"] == "failed"],
        failed_sessions=[
            one for one in answer["sessions"] if any(finding["outcome"] == "failed" for finding in one["findings"])
        ],
        classes=_sum_up_classes(answer),
        attendance=charts,
        charts_left_out=left_out,
        flags=draw_flags(answer, language=language),
        outcomes=draw_outcomes(answer, language=language),
        max_rows=MAX_ROWS,
    )


def _choose_charts(answer: dict[str, Any], language: str) -> tuple[list[tuple[str, Markup]], int]:
    """The classes with the lowest attendance first, at most MAX_CHARTS; and how many were left out."""
    lowest = {
        number: min((bar.high for bar in bars if bar.high is not None), default=1.0)
        for number, bars in list_attendance(answer).items()
    }
    chosen = sorted(lowest, key=lambda number: (lowest[number], number))[:MAX_CHARTS]
    sessions = [session for session in answer["sessions"] if session["class"] in chosen]
    drawn = dict(draw_attendance(answer | {"sessions": sessions}, language=language))
    return [(number, drawn[number]) for number in chosen], len(lowest) - len(chosen)


def _sum_up_classes(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Each class with the counts of this period; those with most open matters first."""
    open_matters = Counter(
        item["class"] for item in [*answer["violations"], *answer["cases"]] if item["state"] in OPEN_STATES
    )
    bars = list_attendance(answer)
    rows = []
    for one in answer["classes"]:
        mine = bars.get(one["number"], [])
        rows.append(
            one
            | {
                "closed": len(mine),
                "below": sum(1 for bar in mine if bar.high is not None and bar.high < ATTENDANCE_LINE),
                "open": open_matters[one["number"]],
            }
        )
    return sorted(rows, key=lambda row: (-row["open"], -row["below"], row["number"]))
