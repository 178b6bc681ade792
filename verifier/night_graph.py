"""The night as a graph of jobs for many workers: a step begins when all jobs of the step before have ended, however they ended.

So the night ends with a report whatever fails: a picture that nobody could look at is `not_run` in it, a class that could not be
judged is named with the reason. All of it is rows; any worker may move the night on, and any may be killed while it does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy.orm import Session as Tx

from verifier.job_kinds import Result, Work, answer_night, make_look_jobs
from verifier.nightly import ClosedClass, Night, open_closing, tell_not_judged
from verifier.one_at_a_time import AlreadyRunningError, hold_turn
from verifier.records.class_facts import list_agencies
from verifier.records.filing import list_numbers
from verifier.records.job_queue import (
    NewJob,
    add_jobs,
    cancel_open_jobs,
    count_jobs,
    has_open_jobs,
    read_night_jobs,
)
from verifier.records.jobs import NIGHTLY
from verifier.records.nights import (
    NightRecord,
    enter_step,
    find_shared_night,
    finish_night,
    read_night,
    start_night,
)

log = structlog.get_logger()
ASK_S = 1.0


def begin_night(
    work: Work, last_day: date | None = None, since: date | None = None, now: datetime | None = None,
    priority: int = NIGHTLY,
) -> UUID:  # fmt: skip
    """Begin a night, or tell the one that runs already: two beats, or a beat and a person, begin one.

    Args:
        last_day: The last day to close; yesterday in the settings' zone where None.
        priority: Of its jobs.
    Raises:
        AlreadyRunningError: a night in one process works on the same records.
    """
    started = now or datetime.now(UTC)
    day = last_day or (started.astimezone(work.settings.zone).date() - timedelta(days=1))
    plan = {"now": started.isoformat(), "priority": priority}
    with hold_turn(work.database, "night"), work.database.transaction() as tx:
        running = find_shared_night(tx)
        if running is not None:
            return running.id
        night_id = start_night(tx, since, day, work.tools.json_versions(), plan)
    log.info("night_began", night=str(night_id), day=day.isoformat())
    move_on(work)
    return night_id


def move_on(work: Work) -> None:
    """Enter the next step of the night that runs, if all jobs of its present one have ended; finish it after the last."""
    with work.database.reading() as tx:
        running = find_shared_night(tx)
        # Asked without a lock first: nearly always the answer is that there is work left.
        if running is None or has_open_jobs(tx, running.id):
            return
    with work.database.transaction() as tx:
        night = find_shared_night(tx, lock=True)
        if night is None or night.step is None or has_open_jobs(tx, night.id):
            return
        step = night.step
        while not has_open_jobs(tx, night.id):
            step += 1
            if step == len(STEPS):
                _finish(tx, night)
                return
            add_jobs(tx, STEPS[step](tx, work, night), night_id=night.id, priority=(night.plan or {})["priority"])
            enter_step(tx, night.id, step)
            log.info("night_step", night=str(night.id), step=name_step(step))


def _finish(tx: Tx, night: NightRecord) -> None:
    _, counts = gather_counts(tx, night)
    reports = read_night_jobs(tx, night.id, "report_night")
    error = next((f"no report was written: {job.error}" for job in reports if job.state != "done"), None)
    finish_night(tx, night.id, counts, error=error)
    log.info("night_done", night=str(night.id), day=night.last_day.isoformat(), error=error, **counts)


def gather_counts(tx: Tx, night: NightRecord) -> tuple[ClosedClass, Result]:
    """What closing the classes did, and the night's counts, from what its jobs left behind."""
    classes = ClosedClass()
    for job in read_night_jobs(tx, night.id, "close_class"):
        if job.state == "done" and job.result is not None:
            days = {date.fromisoformat(day) for day in job.result["days"]}
            classes.add(ClosedClass(job.result["closed"], days, list(job.result["not_closed"])))
        else:
            classes.not_closed.append(tell_not_judged(job.payload["class"], job.error or job.state))
    numbers = count_jobs(tx, night.id)
    city = next(iter(read_night_jobs(tx, night.id, "search_city", "done")), None)
    looks = {state: number for (kind, state), number in numbers.items() if kind == "look"}
    failed = sum(number for (_, state), number in numbers.items() if state == "failed")
    seconds = (datetime.now(UTC) - night.started_at).total_seconds()
    counts = {
        "looked": sum(looks.values()),
        "cut_off": looks.get("failed", 0),
        "recordings": sum(
            (job.result or {})["recordings"] for job in read_night_jobs(tx, night.id, "recordings", "done")
        ),
        "closed": classes.closed,
        "city": {key: city.result[key] for key in city.result if key != "seconds"}
        if city is not None and city.result is not None
        else None,
        "seconds": round(seconds, 3),
        "failed_jobs": failed,
    }
    return classes, counts


def run_shared_night(
    work: Work, send: Callable[[], object], day: date | None = None, since: date | None = None, priority: int = NIGHTLY
) -> Night:
    """Begin a night, wait until workers have done it, and tell what it did, as `verifier.nightly.run_night` does.

    Args:
        send: Tells the workers of queued jobs.
    Raises:
        AlreadyRunningError: another night runs.
    """
    with work.database.reading() as tx:
        if find_shared_night(tx) is not None:
            raise AlreadyRunningError(
                "another night is running on these records; `verifier jobs list` shows how far it is"
            )
    night_id = begin_night(work, day, since, priority=priority)
    send()
    while True:
        with work.database.reading() as tx:
            night = read_night(tx, night_id)
            if night.state != "running":
                classes, _ = gather_counts(tx, night)
                reports = read_night_jobs(tx, night_id, "report_night", "done")
                break
        time.sleep(ASK_S)
    if night.state != "finished":
        raise AlreadyRunningError(f"the night was {night.state}: {night.error or 'its jobs were cancelled'}")
    answer = answer_night(work, night.last_day, since, night.started_at, classes, night.counts)
    files = dict(reports[0].result or {}) if reports else {}
    return Night(answer, _path(files.get("html")), _path(files.get("xlsx")))


def cancel_night(work: Work) -> int | None:
    """End the night that runs; tells how many jobs were open, None where no night runs."""
    with work.database.transaction() as tx:
        night = find_shared_night(tx, lock=True)
        if night is None:
            return None
        cancelled = cancel_open_jobs(tx, night.id)
        finish_night(tx, night.id, gather_counts(tx, night)[1], error="cancelled")
    return cancelled


def _path(name: str | None) -> Path | None:
    # Written by a worker, maybe on another machine whose folder is not ours.
    return Path(name) if name is not None and Path(name).exists() else None


def _recordings(_tx: Tx, _work: Work, night: NightRecord) -> list[NewJob]:
    return [NewJob("recordings", str(night.id), {})]


def _look(tx: Tx, work: Work, _: NightRecord) -> list[NewJob]:
    return make_look_jobs(tx, work)


def _compare(_tx: Tx, _work: Work, night: NightRecord) -> list[NewJob]:
    return [NewJob("same_pictures", str(night.id), {}), NewJob("ask_codes", str(night.id), {})]


def _close_classes(tx: Tx, work: Work, night: NightRecord) -> list[NewJob]:
    now = datetime.fromisoformat((night.plan or {})["now"])
    closing = open_closing(tx, work.settings, night.last_day, now)
    payload = {
        "last_day": closing.last_day.isoformat(),
        "judged_on": closing.judged_on.isoformat(),
        "now": now.isoformat(),
    }
    return [NewJob("close_class", f"{night.id}:{number}", {"class": number, **payload}) for number in list_numbers(tx)]


def _judge_agencies(tx: Tx, _: Work, night: NightRecord) -> list[NewJob]:
    day = night.last_day.isoformat()
    return [
        NewJob("judge_agency", f"{night.id}:{code}", {"agency": code, "last_day": day}) for code in list_agencies(tx)
    ]


def _search_city(_tx: Tx, _work: Work, night: NightRecord) -> list[NewJob]:
    return [NewJob("search_city", str(night.id), {"now": (night.plan or {})["now"]})]


def _report(_tx: Tx, _work: Work, night: NightRecord) -> list[NewJob]:
    return [NewJob("report_night", str(night.id), {"night": str(night.id)})]


Step = Callable[[Tx, Work, NightRecord], list[NewJob]]
STEPS: tuple[Step, ...] = (_recordings, _look, _compare, _close_classes, _judge_agencies, _search_city, _report)


def name_step(place: int) -> str:
    """A step as logs and metrics name it."""
    return STEPS[place].__name__.removeprefix("_")
