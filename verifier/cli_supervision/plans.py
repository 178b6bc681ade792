"""``verifier supervise …``: what the office means to look at, and who is drawn to do it."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import typer

from verifier.cli_options import AsJson, Workspace, parse_day
from verifier.cli_supervision.shared import (
    AnyClass,
    By,
    ClassNumber,
    Why,
    find_today,
    make_option,
    open_the_office,
    show,
    supervision_app,
)


@supervision_app.command()
def plan(
    kind: Annotated[str, typer.Argument(help="on-site, off-site or follow-up.")],
    class_number: ClassNumber,
    day: Annotated[date, make_option("--on", parse_day, "YYYY-MM-DD", "The day it is planned for.")],
    seed: Annotated[str, typer.Option(help="Words or digits agreed beforehand, e.g. a lottery number. They are kept.")],
    by: By,
    method: Annotated[
        str, typer.Option(help="How, for off-site: video_review, sign_in_review, phone or other.")
    ] = "video_review",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Plan a supervision and draw who does it, among those without a declared interest. No agency ever sees a plan (Art. 14).

    On site at least two are drawn (Art. 9). The same seed draws the same people, on any machine.
    """
    from verifier.class_standing import describe_plan
    from verifier.planning import plan_follow_ups, plan_inspection, plan_off_site

    if kind not in ("on-site", "off-site", "follow-up"):
        raise typer.BadParameter(f"{kind!r} is none of on-site, off-site, follow-up")
    with open_the_office(workspace) as (office, settings):
        if kind == "off-site":
            made = plan_off_site(office, class_number, method, day, seed, by)
        else:
            make = plan_inspection if kind == "on-site" else plan_follow_ups
            made = make(office, class_number, day, seed, by)
        answer = describe_plan(made, find_today(settings))
    show(answer, as_json, f"{made.id}  {made.planned_on}  {' '.join(made.people)}")


@supervision_app.command()
def plans(
    class_number: AnyClass = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Every plan with how its people were drawn: planned, overdue, done, cancelled."""
    from verifier.class_standing import describe_plan
    from verifier.records.plans import BUREAU, read_plans

    with open_the_office(workspace) as (office, settings), office.database.reading() as tx:
        today = find_today(settings)
        answer = [describe_plan(each, today) for each in read_plans(tx, viewer=BUREAU, class_number=class_number)]
    lines = [
        f"{each['id']}  {each['class']}  {each['kind']}  {each['planned_on']}  {each['state']}  {' '.join(each['people'])}"
        for each in answer
    ]
    show({"plans": answer}, as_json, *lines)


@supervision_app.command("cancel-plan")
def cancel_plan(
    plan_id: Annotated[UUID, typer.Argument(metavar="ID", help="From `verifier supervise plans`.")],
    by: By,
    why: Why,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Cancel a plan; it stays on record with the reason."""
    from verifier.planning import cancel_plan

    with open_the_office(workspace) as (office, _):
        cancelled = cancel_plan(office, plan_id, by, why)
    show({"id": str(plan_id), "state": cancelled.state, "why": cancelled.cancelled_because}, as_json, f"{plan_id}")
