"""``verifier supervise …``: the office's work from the command line. Reads its input, calls one use case, shows the answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.console import Console

from verifier.cli_options import AsJson, Workspace, load_settings, parse_day, print_json
from verifier.settings import Settings

supervision_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""The office's own work: inspect, follow up, record, decide, warn, sanction.

First register yourself: **verifier supervise person li 李检查员**. Then **verifier supervise list** shows what waits, with ids;
**verifier supervise due** what the office owes each class. Each command may be repeated: the same again changes nothing.

The software proposes, people decide: whatever costs money or the qualification takes two different people.""",
)

By = Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who does it; see `verifier supervise person`.")]
Why = Annotated[str, typer.Option("--why", help="The reason; it is kept with the decision.")]
ClassNumber = Annotated[str, typer.Argument(metavar="CLASS", help="The class's filing number.")]


def _parse_moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time such as 2023-06-12T09:30") from error


def _option(name: str, parser: Callable[[str], Any], metavar: str, text: str) -> Any:
    return typer.Option(name, parser=parser, metavar=metavar, help=text)


Day = Annotated[date | None, _option("--day", parse_day, "YYYY-MM-DD", "The day. [default: today]")]
At = Annotated[
    datetime, _option("--at", _parse_moment, "YYYY-MM-DDTHH:MM", "When; without an offset in VERIFIER_TIMEZONE.")
]
Files = Annotated[
    list[Path] | None, typer.Option("--evidence", metavar="FILE", help="A file to keep; may be repeated.")
]


@contextmanager
def _office(workspace: Path | None) -> Iterator[tuple[Any, Settings]]:
    """The office, open. What may not be done becomes one clear line and exit status 1."""
    from verifier.records.decisions import DecisionError
    from verifier.records.errors import PlanError
    from verifier.records.office import RefusedError
    from verifier.regulation.decisions import DecisionRefusedError
    from verifier.supervising import open_office

    settings = load_settings(workspace)
    try:
        with open_office(settings) as office:
            yield office, settings
    except (RefusedError, DecisionRefusedError) as error:
        print(f"verifier: {error.sentence}", file=sys.stderr)
        raise typer.Exit(1) from error
    except (DecisionError, PlanError) as error:
        print(f"verifier: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _keep(settings: Settings, files: Sequence[Path] | None) -> tuple[str, ...]:
    """Put files into the evidence store; gives their digests."""
    from verifier.looking import open_evidence

    if not files:
        return ()
    store = open_evidence(settings)
    digests = []
    for path in files:
        with path.open("rb") as source:
            digests.append(store.put(source))
    return tuple(digests)


def _local(moment: datetime, settings: Settings) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=settings.zone)


def _today(settings: Settings) -> date:
    return datetime.now(settings.zone).date()


def _show(answer: dict[str, Any], as_json: bool, *lines: str) -> None:
    if as_json:
        print_json(answer)
    else:
        for line in lines:
            Console().print(line, markup=False, highlight=False, soft_wrap=True)


@supervision_app.command()
def person(
    login: Annotated[str, typer.Argument(help="A short name without spaces, as `li`.")],
    name: Annotated[str, typer.Argument(help="The full name, as it stands under documents.")],
    role: Annotated[str, typer.Option(help="inspector, chief or admin.")] = "inspector",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Register somebody of the office, so that records can name who did what. The account has no password: it opens no page."""
    from verifier.records.office import save_person

    with _office(workspace) as (office, _), office.database.transaction() as tx:
        save_person(tx, login, name, role)
    _show({"login": login.lower(), "name": name, "role": role}, as_json, f"{login.lower()}  {name}  {role}")


@supervision_app.command()
def interest(
    login: Annotated[str, typer.Argument(help="The inspector.")],
    agency: Annotated[str, typer.Argument(help="The agency's unified social credit code.")],
    since: Annotated[date, _option("--from", parse_day, "YYYY-MM-DD", "First day.")],
    until: Annotated[date | None, _option("--to", parse_day, "YYYY-MM-DD", "Last day. [default: it lasts]")] = None,
    note: Annotated[str, typer.Option(help="What the interest is.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Declare an inspector's interest in an agency (Art. 14(4)): while it lasts, `inspect` refuses them there."""
    from verifier.records.office import save_interest

    with _office(workspace) as (office, _), office.database.transaction() as tx:
        found = save_interest(tx, login, agency, since, until, note)
    _show({"id": str(found)}, as_json, f"{login}: {agency} {since} – {until or '…'}")


@supervision_app.command()
def inspect(
    form: Annotated[
        Path, typer.Argument(metavar="FORM.toml", help="The filled form; --example prints an empty one.")
    ] = Path(),
    example: Annotated[bool, typer.Option("--example", help="Print an empty form to fill in.")] = False,
    evidence: Files = None,
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
    with _office(workspace) as (office, settings):
        visit = read_visit(form, settings.zone, _keep(settings, evidence))
        found = record_inspection(office, visit)
    _show({"id": str(found), "class": visit.class_number}, as_json, f"{found}")


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
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Record an off-site supervision besides the daily photos (Art. 10: at least two a class)."""
    from verifier.supervising import record_off_site

    with _office(workspace) as (office, settings):
        kept = _keep(settings, [evidence] if evidence else [])
        moment = _local(at, settings)
        found = record_off_site(office, class_number, kind, moment, by, result, kept[0] if kept else None)
    _show({"id": str(found)}, as_json, f"{found}")


@supervision_app.command("draw-followups")
def draw_followups(
    class_number: ClassNumber,
    seed: Annotated[str, typer.Option(help="Words or digits agreed beforehand, e.g. a lottery number. They are kept.")],
    by: By,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Draw at least 20 % of the roster to be followed up (Art. 11). The same seed gives the same students, on any machine."""
    from verifier.supervising import draw_follow_ups

    with _office(workspace) as (office, _):
        draw_id, draw = draw_follow_ups(office, class_number, seed, by)
    answer = {
        "id": str(draw_id), "class": class_number, "seed": draw.seed, "students": list(draw.chosen),
        "roster": draw.pool_size, "roster_sha256": draw.pool_sha256,
    }  # fmt: skip
    _show(answer, as_json, f"{draw_id}", *draw.chosen)


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

    with _office(workspace) as (office, settings):
        kept = _keep(settings, [recording] if recording else [])
        call = CallAnswer(student, _local(at, settings), by, outcome, answer, not in_person, kept[0] if kept else "")
        found = record_call(office, class_number, draw, call)
    _show({"id": str(found)}, as_json, f"{student}: {outcome}")


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
    """Record what only a person can establish, e.g. 13(1)(6), (9), (10), 13(2)(1), 13(3)(2) to (7), 13(4).

    About a class, the next night proposes a violation; about an agency, a sanction is proposed at once. People decide on either.
    """
    from verifier.supervising import record_breach

    if (class_number is None) == (not agency):
        raise typer.BadParameter("name either --class or --agency")
    with _office(workspace) as (office, settings):
        found = record_breach(
            office, rule, day or _today(settings), by, note, class_number=class_number, agency_code=agency,
            evidence=_keep(settings, evidence),
        )  # fmt: skip
    _show({"id": str(found)}, as_json, f"{found}")


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
    with _office(workspace) as (office, _):
        state = decide_matter(office, matter, Verdict(verdict), by, why)
    _show({"id": str(matter), "state": state.value}, as_json, f"{matter}: {state.value}")


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

    with _office(workspace) as (office, _):
        state = withdraw_decision(office, decision, by, why)
    _show({"decision": str(decision), "state": state.value}, as_json, f"{state.value}")


@supervision_app.command()
def notice(
    class_number: ClassNumber,
    violations: Annotated[list[UUID], typer.Argument(help="Ids of confirmed violations; all go into one notice.")],
    by: By,
    found_on: Annotated[date, _option("--found-on", parse_day, "YYYY-MM-DD", "When it was found.")],
    supervision: Annotated[list[str], typer.Option(help="How: 现场监管, 非现场监管, 跟踪回访; may be repeated.")],
    day: Day = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Issue a rectification notice (Annex 4), that is one written warning. Its number follows the year's last without a gap."""
    from verifier.supervising import issue_notice

    with _office(workspace) as (office, settings):
        issued = issue_notice(
            office, class_number, violations, by, day or _today(settings), found_on=found_on, supervision=supervision
        )
    _show(
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

    with _office(workspace) as (office, _):
        voided = void_issued_notice(office, number, by, why)
    _show({"number": voided.number, "voided": voided.void_reason}, as_json, f"{voided.number}: {voided.void_reason}")


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
    with _office(workspace) as (office, _):
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
    _show(answer, as_json, f"{found.kind} {found.rule}: {found.state}", *lines)


@supervision_app.command("list")
def list_(
    class_number: Annotated[
        str | None, typer.Argument(metavar="[CLASS]", help="One class; all where left out.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Cases, violations, notices and sanctions with the ids that the other commands take."""
    from verifier.class_standing import list_matters

    with _office(workspace) as (office, settings), office.database.reading() as tx:
        answer = list_matters(tx, office.policy, class_number, settings.language)
    lines = [
        f"{each['id']}  {each['class']}  {each['kind']}  {each['state']}  {each['reason']}"
        for each in (*answer["cases"], *answer["violations"])
    ]
    lines += [f"{each['number']}  {each['class']}  {each['voided'] or ''}" for each in answer["notices"]]
    lines += [f"{each['id']}  {each['kind']}  {each['article']}  {each['state']}" for each in answer["sanctions"]]
    _show(answer, as_json, *lines)


@supervision_app.command()
def due(
    class_number: Annotated[
        str | None, typer.Argument(metavar="[CLASS]", help="One class; all where left out.")
    ] = None,
    day: Day = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """What the office owes each class and what is overdue (Art. 9 to 11), and the days by which something must be done."""
    from verifier.class_standing import describe_due, view_due

    with _office(workspace) as (office, settings), office.database.reading() as tx:
        found = view_due(tx, office.policy, day or _today(settings), class_number)
        answer = [describe_due(each, settings.language) for each in found]
    lines = [
        f"{each['class']}  {one.get('state', '')}  {one['due_on'] or '—'}  {one['article']}  {one['reason']}"
        for each in answer
        for one in (*each["duties"], *each["deadlines"])
    ]
    _show({"classes": answer}, as_json, *lines)


@supervision_app.command()
def subsidy(class_number: ClassNumber, day: Day = None, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Every condition of the class's subsidy with its clause: fulfilled, not fulfilled, or open. People pay or refuse."""
    from verifier.class_standing import describe_subsidy, read_subsidy_view

    with _office(workspace) as (office, settings), office.database.reading() as tx:
        _, view = read_subsidy_view(tx, settings, class_number, day or _today(settings))
        answer = describe_subsidy(view, settings.language)
    lines = [f"{each['state']:14}{each['article']:10}{' '.join(each['reasons'])}" for each in answer["conditions"]]
    _show(answer, as_json, f"{class_number}: {answer['state']}", *lines)
