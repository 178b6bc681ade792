"""``verifier supervise …``: decisions, notices, sanctions."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import typer

from verifier.cli_options import AsJson, Workspace, parse_day
from verifier.cli_supervision.shared import (
    By,
    ClassNumber,
    Day,
    Why,
    find_today,
    make_option,
    open_the_office,
    show,
    supervision_app,
)


@supervision_app.command()
def decide(
    matter: Annotated[UUID, typer.Argument(help="Id of a case or violation, from `verifier supervise list`.")],
    verdict: Annotated[str, typer.Argument(help="confirm, dismiss or needs_on_site.")],
    by: By,
    why: Why,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Decide on a case or a proposed violation. What costs money or the qualification waits for a second person's confirmation."""
    from verifier.regulation.decisions import Verdict
    from verifier.supervising import decide_matter

    if verdict not in ("confirm", "dismiss", "needs_on_site"):
        raise typer.BadParameter(f"{verdict!r} is none of confirm, dismiss, needs_on_site")
    with open_the_office(workspace) as (office, _):
        state = decide_matter(office, matter, Verdict(verdict), by, why)
    show({"id": str(matter), "state": state.value}, as_json, f"{matter}: {state.value}")


@supervision_app.command()
def withdraw(
    decision: Annotated[UUID, typer.Argument(help="Id of the decision, from `verifier supervise list --json`.")],
    by: By,
    why: Why,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take a decision back. It stays visible. Refused while a notice in force or an issued sanction rests on it."""
    from verifier.supervising import withdraw_decision

    with open_the_office(workspace) as (office, _):
        state = withdraw_decision(office, decision, by, why)
    show({"decision": str(decision), "state": state.value}, as_json, f"{state.value}")


@supervision_app.command()
def notice(
    class_number: ClassNumber,
    violations: Annotated[list[UUID], typer.Argument(help="Ids of confirmed violations; all go into one notice.")],
    by: By,
    found_on: Annotated[date, make_option("--found-on", parse_day, "YYYY-MM-DD", "When it was found.")],
    supervision: Annotated[list[str], typer.Option(help="How: 现场监管, 非现场监管, 跟踪回访; may be repeated.")],
    day: Day = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only show the text; no number is taken.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Issue a rectification notice (Annex 4), that is one written warning. Its number follows the year's last without a gap."""
    from verifier.supervising import issue_notice, preview_notice

    with open_the_office(workspace) as (office, settings):
        if preview:
            text = preview_notice(
                office,
                class_number,
                violations,
                day or find_today(settings),
                found_on=found_on,
                supervision=supervision,
            )
            show({"class": class_number, "text": list(text.lines())}, as_json, *text.lines())
            return
        issued = issue_notice(
            office,
            class_number,
            violations,
            by,
            day or find_today(settings),
            found_on=found_on,
            supervision=supervision,
        )
    show(
        {"number": issued.number, "class": class_number, "issued_on": issued.issued_on.isoformat()},
        as_json,
        issued.number,
    )


@supervision_app.command("void-notice")
def void_notice(
    number: Annotated[str, typer.Argument(help="As 培整改〔2023〕5号.")],
    by: By,
    why: Why,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Void a notice: it keeps its number, and counts no more. Refused while an issued sanction rests on it."""
    from verifier.supervising import void_issued_notice

    with open_the_office(workspace) as (office, _):
        voided = void_issued_notice(office, number, by, why)
    show({"number": voided.number, "voided": voided.void_reason}, as_json, f"{voided.number}: {voided.void_reason}")


@supervision_app.command()
def sanction(
    sanction_id: Annotated[UUID, typer.Argument(metavar="ID", help="From `verifier supervise list`.")],
    verdict: Annotated[str, typer.Argument(help="confirm (issue), dismiss, withdraw, or show.")] = "show",
    by: Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who decides.")] = "",
    why: Annotated[str, typer.Option("--why", help="The reason.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Show a proposed sanction with its chain of reasons down to each photo's SHA-256, or decide on it.

    One about an agency is issued by two different people; one about a class rests on a violation that two people confirmed.
    """
    from verifier.records.notices import read_sanctions
    from verifier.regulation.decisions import Verdict
    from verifier.sanctioning import read_chain
    from verifier.supervising import decide_sanction

    if verdict not in ("show", "confirm", "dismiss", "withdraw"):
        raise typer.BadParameter(f"{verdict!r} is none of show, confirm, dismiss, withdraw")
    with open_the_office(workspace) as (office, _):
        if verdict != "show":
            decide_sanction(office, sanction_id, Verdict(verdict), by, why)
        with office.database.reading() as tx:
            found = next((each for each in read_sanctions(tx) if each.id == sanction_id), None)
    if found is None:
        raise typer.BadParameter(f"there is no sanction {sanction_id}")
    chain = [
        {"depth": depth, "kind": kind, "name": name, "reason": str(sentence) if sentence else None}
        for depth, kind, name, sentence in read_chain(found)
    ]
    lines = [f"{'  ' * depth}{kind}  {name}  {sentence or ''}" for depth, kind, name, sentence in read_chain(found)]
    answer = {"id": str(found.id), "kind": found.kind, "article": found.rule, "state": found.state, "chain": chain}
    show(answer, as_json, f"{found.kind} {found.rule}: {found.state}", *lines)
