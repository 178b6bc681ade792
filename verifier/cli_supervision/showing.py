"""``verifier supervise …``: what waits, what is due, how a class's subsidy stands."""

from __future__ import annotations

from verifier.cli_options import AsJson, Workspace
from verifier.cli_supervision.shared import (
    AnyClass,
    ClassNumber,
    Day,
    find_today,
    open_the_office,
    show,
    supervision_app,
)


@supervision_app.command("list")
def list_(
    class_number: AnyClass = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Cases, violations, notices and sanctions with the ids that the other commands take."""
    from verifier.class_standing import list_matters

    with open_the_office(workspace) as (office, settings), office.database.reading() as tx:
        answer = list_matters(tx, office.policy, class_number, settings.language)
    lines = [
        f"{each['id']}  {each['class']}  {each['kind']}  {each['state']}  {each['reason']}"
        for each in (*answer["cases"], *answer["violations"])
    ]
    lines += [f"{each['number']}  {each['class']}  {each['voided'] or ''}" for each in answer["notices"]]
    lines += [f"{each['id']}  {each['kind']}  {each['article']}  {each['state']}" for each in answer["sanctions"]]
    show(answer, as_json, *lines)


@supervision_app.command()
def due(
    class_number: AnyClass = None,
    day: Day = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """What the office owes each class and what is overdue (Art. 9 to 11), and the days by which something must be done."""
    from verifier.class_standing import describe_due, view_due

    with open_the_office(workspace) as (office, settings), office.database.reading() as tx:
        found = view_due(tx, office.policy, day or find_today(settings), class_number)
        answer = [describe_due(each, settings.language) for each in found]
    lines = [
        f"{each['class']}  {one.get('state', '')}  {one['due_on'] or '—'}  {one['article']}  {one['reason']}"
        for each in answer
        for one in (*each["duties"], *each["deadlines"])
    ]
    show({"classes": answer}, as_json, *lines)


@supervision_app.command()
def subsidy(class_number: ClassNumber, day: Day = None, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Every condition of the class's subsidy with its clause: fulfilled, not fulfilled, or open. People pay or refuse."""
    from verifier.class_standing import describe_subsidy, read_subsidy_view

    with open_the_office(workspace) as (office, settings), office.database.reading() as tx:
        _, view = read_subsidy_view(tx, settings, class_number, day or find_today(settings))
        answer = describe_subsidy(view, settings.language)
    lines = [f"{each['state']:14}{each['article']:10}{' '.join(each['reasons'])}" for each in answer["conditions"]]
    show(answer, as_json, f"{class_number}: {answer['state']}", *lines)


@supervision_app.command("history")
def show_history(class_number: ClassNumber, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Everything that people did about a class: inspections, off-site supervision, follow-ups, records, dates, plans."""
    from verifier.records.plans import BUREAU
    from verifier.supervision_history import describe_supervision

    with open_the_office(workspace) as (office, _), office.database.reading() as tx:
        answer = describe_supervision(tx, class_number, viewer=BUREAU)
    lines = [
        f"{kind}  {each.get('at') or each.get('day') or each.get('planned_on') or ''}  {each['id']}"
        for kind in ("inspections", "off_site", "follow_ups", "records", "plans")
        for each in answer[kind]
    ]
    show(answer, as_json, *lines)
