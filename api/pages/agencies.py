"""The page of an agency."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from api.auth import find_visitor
from api.pages.render import choose_language, show_page
from api.routes.reading import find_today
from api.state import get_state
from verifier.agency_page import view_agency_page
from verifier.records.errors import NotInRecordsError
from verifier.records.plans import BUREAU
from verifier.report.trend_charts import draw_trend, name_trend

router = APIRouter()


# A code is the agency's own and may hold a slash.
@router.get("/agencies/{code:path}")
def show_agency(request: Request, code: str) -> HTMLResponse:
    """One agency: where it stands on the ladder of warnings, its classes, its trend, the others, its sign-ins."""
    state, language, visitor = get_state(request), choose_language(request), find_visitor(request)
    viewer = (visitor.agency_code if visitor else "") or (BUREAU if visitor else "")
    try:
        with state.database.reading() as tx:
            page = view_agency_page(tx, state.policy, code, find_today(state), language, viewer=viewer)
    except NotInRecordsError:
        raise HTTPException(404) from None
    trend = draw_trend(page["weeks"], key="trend", title=name_trend(language), name="week", minimum=page.get("line"))
    return show_page(request, "agency.html", page=page, trend=trend)
