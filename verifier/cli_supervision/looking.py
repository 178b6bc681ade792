"""``verifier supervise …``: what people saw and asked: on site, off site, by phone; and what only they can establish."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from verifier.cli_options import AsJson, Workspace, parse_day
from verifier.cli_supervision.shared import (
    At,
    By,
    ClassNumber,
    Day,
    Files,
    Plan,
    Why,
    find_today,
    in_zone,
    keep_files,
    make_option,
    open_the_office,
    show,
    supervision_app,
)
from verifier.regulation.facts import UrgingOutcome


@supervision_app.command()
def inspect(
    form: Annotated[
        Path, typer.Argument(metavar="FORM.toml", help="The filled form; --example prints an empty one.")
    ] = Path(),
    example: Annotated[bool, typer.Option("--example", help="Print an empty form to fill in.")] = False,
    evidence: Files = None,
    plan: Plan = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Record an on-site inspection (Annex 2) from a form: at least two inspectors, none with an interest, not announced.

    `verifier supervise inspect --example > visit.toml`, fill it in, `verifier supervise inspect visit.toml --evidence photo.jpg`.
    A student marked `impersonated = true` opens a case; three confirmed ones found on site are 13(1)(3).
    """
    from verifier.supervising import record_inspection
    from verifier.supervision_form import EXAMPLE, read_visit

    if example:
        print(EXAMPLE)
        return
    with open_the_office(workspace) as (office, settings):
        visit = read_visit(form, settings.zone, keep_files(settings, evidence))
        found = record_inspection(office, visit, plan)
    show({"id": str(found), "class": visit.class_number}, as_json, f"{found}")


@supervision_app.command("off-site")
def off_site(
    class_number: ClassNumber,
    kind: Annotated[str, typer.Argument(help="video_review, sign_in_review, phone or other.")],
    result: Annotated[str, typer.Argument(help="What was found.")],
    at: At,
    by: By,
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="What was looked at or recorded.")
    ] = None,
    plan: Plan = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Record an off-site supervision besides the daily photos (Art. 10: at least two a class)."""
    from verifier.supervising import record_off_site

    with open_the_office(workspace) as (office, settings):
        kept = keep_files(settings, [evidence] if evidence else [])
        moment = in_zone(at, settings)
        found = record_off_site(office, class_number, kind, moment, by, result, kept[0] if kept else None, plan)
    show({"id": str(found)}, as_json, f"{found}")


@supervision_app.command("draw-followups")
def draw_followups(
    class_number: ClassNumber,
    seed: Annotated[str, typer.Option(help="Words or digits agreed beforehand, e.g. a lottery number. They are kept.")],
    by: By,
    plan: Plan = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Draw at least 20 % of the roster to be followed up (Art. 11). The same seed gives the same students, on any machine."""
    from verifier.supervising import draw_follow_ups

    with open_the_office(workspace) as (office, _):
        draw_id, draw = draw_follow_ups(office, class_number, seed, by, plan=plan)
    answer = {
        "id": str(draw_id), "class": class_number, "seed": draw.seed, "students": list(draw.chosen),
        "roster": draw.pool_size, "roster_sha256": draw.pool_sha256,
    }  # fmt: skip
    show(answer, as_json, f"{draw_id}", *draw.chosen)


@supervision_app.command("follow-up")
def follow_up(
    class_number: ClassNumber,
    draw: Annotated[UUID, typer.Argument(help="The draw's id, as `draw-followups` printed it.")],
    student: Annotated[str, typer.Argument(help="The drawn student's number.")],
    outcome: Annotated[str, typer.Argument(help="confirmed, denied, unclear or not_reached.")],
    at: At,
    by: By,
    answer: Annotated[str, typer.Option(help="What the student said (Annex 3).")] = "",
    recording: Annotated[Path | None, typer.Option(metavar="FILE", help="The call's recording.")] = None,
    in_person: Annotated[bool, typer.Option("--in-person", help="Asked in person: no recording is needed.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Record what following up one drawn student gave. `denied` = says they were not trained; half of a draw is 13(2)(2)."""
    from verifier.records.supervision import CallAnswer
    from verifier.supervising import record_call

    with open_the_office(workspace) as (office, settings):
        kept = keep_files(settings, [recording] if recording else [])
        call = CallAnswer(student, in_zone(at, settings), by, outcome, answer, not in_person, kept[0] if kept else "")
        found = record_call(office, class_number, draw, call)
    show({"id": str(found)}, as_json, f"{student}: {outcome}")


@supervision_app.command()
def record(
    rule: Annotated[str, typer.Argument(help="The rule's code or article: inspection_refused, 13(1)(9), 13(3)(4) …")],
    note: Annotated[str, typer.Argument(help="What was found.")],
    by: By,
    class_number: Annotated[
        str | None, typer.Option("--class", help="The class, for rules of 13(1) and 13(2).")
    ] = None,
    agency: Annotated[str, typer.Option(help="The agency's code, for rules of 13(3) and 13(4).")] = "",
    day: Day = None,
    evidence: Files = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Record what only a person can establish, e.g. 13(1)(6), (9), 13(2)(1), 13(3)(2) to (7), 13(4), of the office 14(1) to (4).

    About a class, the next night proposes a violation; about an agency, a sanction is proposed at once. People decide on either.
    """
    from verifier.supervising import record_breach

    if (class_number is None) == (not agency):
        raise typer.BadParameter("name either --class or --agency")
    with open_the_office(workspace) as (office, settings):
        found = record_breach(
            office, rule, day or find_today(settings), by, note, class_number=class_number, agency_code=agency,
            evidence=keep_files(settings, evidence),
        )  # fmt: skip
    show({"id": str(found)}, as_json, f"{found}")


@supervision_app.command("withdraw-record")
def withdraw_record(
    record_id: Annotated[UUID, typer.Argument(metavar="ID", help="As `record` printed it.")],
    by: By,
    why: Why,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take back what `record` wrote. It stays visible; what was proposed because of it lapses."""
    from verifier.paperwork import withdraw_record

    with open_the_office(workspace) as (office, _):
        withdraw_record(office, record_id, by, why)
    show({"id": str(record_id), "withdrawn": why}, as_json, f"{record_id}: {why}")


@supervision_app.command()
def urge(
    class_number: ClassNumber,
    what: Annotated[str, typer.Argument(help="What has to be handed in, or in better shape.")],
    due: Annotated[date, make_option("--due", parse_day, "YYYY-MM-DD", "By when.")],
    by: By,
    day: Day = None,
    evidence: Files = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Record that the agency was urged to hand in materials (13(1)(10)); `urged` says what came of it, `history` shows both."""
    from verifier.paperwork import urge_materials

    with open_the_office(workspace) as (office, settings):
        found = urge_materials(
            office, class_number, by, what, day or find_today(settings), due, keep_files(settings, evidence)
        )
    show({"id": str(found), "class": class_number, "due_on": due.isoformat()}, as_json, f"{found}")


@supervision_app.command()
def urged(
    urging_id: Annotated[UUID, typer.Argument(metavar="ID", help="As `urge` printed it.")],
    outcome: Annotated[UrgingOutcome, typer.Argument(help="delivered, missing, poor or withdrawn.")],
    by: By,
    why: Annotated[str, typer.Option("--why", help="What is missing or poor, or why it is withdrawn.")] = "",
    day: Day = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Record what came of an urging. Missing or poor after the day set: the next night proposes a violation; people decide."""
    from verifier.paperwork import settle_urging

    with open_the_office(workspace) as (office, settings):
        settle_urging(office, urging_id, outcome, by, day or find_today(settings), why)
    show({"id": str(urging_id), "outcome": outcome.value}, as_json, f"{urging_id}: {outcome.value}")
