"""The first page: what the last night did, what waits for a person, what is due, what could not be looked at."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from pydantic import BeforeValidator

from api.pages.render import Language, Records, show_page
from verifier.language import translate
from verifier.report.camera_charts import draw_uptime
from verifier.report.charts import draw_attendance, draw_flag_counts, draw_outcome_counts
from verifier.report.trend_charts import draw_trend

router = APIRouter()
DEFAULT_DAYS = 14  # two weeks of teaching fit one chart

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
    page = records.today(since, last, language)
    return show_page(
        request, "today.html", page=page, since=since, until=last, night=records.last_night(),
        drawn=_draw(page, language),
    )  # fmt: skip


def _draw(page: dict[str, Any], language: str) -> dict[str, Any]:
    """Each chart answers one question; empty where there is nothing to answer it with."""
    title = translate("每天到课率", language)
    by_class: list[tuple[str, Markup]] = draw_attendance(page, language=language)
    return {
        "days": draw_trend(page["days"], key="days", title=title, name="day", minimum=page.get("line")),
        "classes": by_class,
        "flags": draw_flag_counts(page.get("rules", {}), page.get("kinds", {}), language=language),
        "outcomes": draw_outcome_counts(page["outcomes"], language=language),
        "cameras": draw_uptime(page.get("camera_days", []), key="uptime", language=language),
    }
