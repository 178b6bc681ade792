"""``verifier worker``, ``verifier beat`` and ``verifier jobs``: the work of many processes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from verifier.cli_accounts import local_actor, open_records, plain_values
from verifier.cli_options import AsJson, Workspace, load_settings, print_json
from verifier.settings import Settings

if TYPE_CHECKING:
    from verifier.nightly import Night

jobs_app = typer.Typer(no_args_is_help=True, help="What workers have to do, how far a night is, and what they gave up.")


def worker(
    queues: Annotated[str, typer.Option("--queues", help="Of vision, judge and io, by commas.")] = "vision,judge,io",
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Jobs at a time. [default: VERIFIER_WORKERS]")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Do jobs that wait in the database, told of by the broker (VERIFIER_BROKER_URL). As many as wanted, on any machine."""
    from verifier.job_running import QUEUES
    from verifier.worker import run_worker

    settings = load_settings(workspace)
    wanted = [name.strip() for name in queues.split(",") if name.strip()]
    if not wanted or not set(wanted) <= set(QUEUES):
        raise typer.BadParameter(f"--queues {queues!r}: choose of {', '.join(QUEUES)}")
    run_worker(settings, wanted, processes or settings.workers)


def beat(
    metrics_port: Annotated[
        int | None, typer.Option(help="Tell Prometheus of the jobs at this port, without login.")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Start the night at VERIFIER_NIGHT_AT and keep the jobs going. A second one beside it does no harm."""
    from verifier.job_kinds import Work
    from verifier.job_metrics import serve_metrics
    from verifier.worker import run_beat

    settings = load_settings(workspace)
    if metrics_port is not None:
        serve_metrics(Work(settings), metrics_port)
    run_beat(settings)


def run_any_night(settings: Settings, day: date | None, since: date | None) -> Night:
    """The night in this process; where a broker is set, through the workers."""
    from verifier.nightly import run_night

    if settings.broker_url is None:
        return run_night(settings, day=day, since=since)
    from verifier.job_kinds import Work
    from verifier.night_graph import run_shared_night
    from verifier.records.jobs import ON_DEMAND
    from verifier.worker import make_app, send_waiting

    # The workers take the same steps; before their other work, as somebody waits for it.
    work, celery = Work(settings), make_app(settings)
    return run_shared_night(work, lambda: send_waiting(celery, work), day, since, ON_DEMAND)


@jobs_app.command("list")
def jobs_list(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Jobs that wait or run, the night they belong to, and the last ones that were given up."""
    from verifier.night_graph import STEPS
    from verifier.records.job_queue import count_jobs, list_failed_jobs
    from verifier.records.nights import find_shared_night

    with open_records(workspace) as (database, _), database.reading() as tx:
        waiting, failed, night = count_jobs(tx), list_failed_jobs(tx), find_shared_night(tx)
    at = None if night is None or night.step is None else f"{night.step + 1} of {len(STEPS)}"
    if as_json:
        rows = [{"kind": kind, "state": state, "jobs": number} for (kind, state), number in sorted(waiting.items())]
        told = None if night is None else {"id": str(night.id), "last_day": night.last_day.isoformat(), "step": at}
        print_json({"night": told, "jobs": rows, "given_up": [plain_values(asdict(each)) for each in failed]})
        return
    console = Console()
    console.print("no night runs" if night is None else f"night of {night.last_day}: step {at}")
    table = Table("kind", "state", "jobs")
    for (kind, state), number in sorted(waiting.items()):
        table.add_row(kind, state, str(number))
    console.print(table)
    for each in failed:
        console.print(f"given up: {each.kind} {each.id} after {each.attempt} attempts: {each.error}", markup=False)


@jobs_app.command("ask")
def jobs_ask(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="look, watch, class_papers, cameras, sweep, store_check.")
    ],
    class_number: Annotated[str | None, typer.Option("--class", metavar="CLASS", help="The class's number.")] = None,
    camera: Annotated[str | None, typer.Option("--camera", metavar="ID", help="The camera's id in the filing.")] = None,
    evidence: Annotated[str | None, typer.Option("--evidence", metavar="SHA256", help="The picture's digest.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until it has ended; exit status 1 where it was not done.")
    ] = False,
    workspace: Workspace = None,
) -> None:
    """Have workers do one job now, before the night's: look at a picture, at a camera, write a class's report and archive."""
    from verifier.asking_jobs import WronglyAskedError, ask_for, wait_for
    from verifier.job_kinds import Work
    from verifier.worker import make_app, send_waiting

    work = Work(load_settings(workspace))
    celery = make_app(work.settings)
    given = {"class": class_number, "camera": camera, "evidence": evidence}
    try:
        job_id = ask_for(work, kind, {name: value for name, value in given.items() if value}, local_actor())
    except WronglyAskedError as error:
        raise typer.BadParameter(str(error)) from None
    send_waiting(celery, work)
    if not wait:
        print(job_id)
        return
    job = wait_for(work, job_id)
    print_json({"id": str(job.id), "state": job.state, "result": job.result, "error": job.error})
    if job.state != "done":
        raise typer.Exit(1)


@jobs_app.command("cancel-night")
def jobs_cancel_night(workspace: Workspace = None) -> None:
    """End the night that workers do now; what it has done stays, and the next night does the rest."""
    from verifier.job_kinds import Work
    from verifier.night_graph import cancel_night

    cancelled = cancel_night(Work(load_settings(workspace)))
    print("no night runs" if cancelled is None else f"the night was ended; {cancelled} jobs were open")


@jobs_app.command("start-night")
def jobs_start_night(workspace: Workspace = None) -> None:
    """Begin the night now instead of at its time, and return at once. One that runs already goes on."""
    from verifier.job_kinds import Work
    from verifier.night_graph import begin_night
    from verifier.worker import make_app, send_waiting

    work = Work(load_settings(workspace))
    app = make_app(work.settings)
    print(begin_night(work))
    send_waiting(app, work)
