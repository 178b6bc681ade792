"""What each kind of job does: thin over the same steps that a night in one process takes (`verifier.nightly`).

A job is given ids and days, reads the rows again, and does no harm when it is done twice or killed in between.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Literal
from uuid import UUID

from verifier.asking_makers import ask_about_new_codes
from verifier.city import close_city
from verifier.collecting import collect_rarely
from verifier.looking import cut_off_look, look_here, look_limits, open_evidence, start_looking_here
from verifier.night_reports import write_reports
from verifier.nightly import (
    ClosedClass,
    Closing,
    Tools,
    close_class,
    keep_look,
    list_new_pictures,
    make_answer,
    open_tools,
)
from verifier.records.database import Database, open_database
from verifier.records.job_queue import NewJob, add_jobs, list_open_keys, prune_jobs
from verifier.records.jobs import ON_DEMAND, JobRecord
from verifier.records.looks import arrived_pictures, missing_looks
from verifier.records.nights import read_night
from verifier.records.tables.base import utc_now
from verifier.same_pictures import find_same_pictures
from verifier.sanctioning import propose_for_agency
from verifier.settings import Settings

Queue = Literal["vision", "io", "judge"]
Result = dict[str, Any]
ARRIVED_WITHIN = timedelta(days=2)  # what is older and was not looked at waits for the night
KEPT_JOBS = timedelta(days=30)  # long enough to see what went wrong in the month that is being paid for
STEP_LIMIT_S = 3600.0
CHECK_LIMIT_S = 12 * 3600.0


class Work:
    """What one process needs for its jobs, opened when first asked for; never shared with a forked child."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._looking = False

    @cached_property
    def database(self) -> Database:
        """The records."""
        return open_database(self.settings.database, self.settings.data_key_bytes(), self.settings.limits_of("job"))

    @cached_property
    def tools(self) -> Tools:
        """Policy, calibration and versions."""
        return open_tools(self.settings)

    def start_looking(self) -> None:
        """Load the networks, once."""
        if not self._looking:
            start_looking_here(self.settings)
            self._looking = True

    def begin_child(self) -> None:
        """This process was forked: the connections that it was born with are its parent's, and left alone."""
        if "database" in self.__dict__:
            self.database.engine.dispose(close=False)
            del self.__dict__["database"]

    def close(self) -> None:
        """Give the connections back."""
        if "database" in self.__dict__:
            self.database.close()


class LookCutOff(RuntimeError):
    """A picture took too much; it is tried once more, since a neighbour may have starved it."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job.

    Attributes:
        queue: Which workers do it: ``vision`` (networks), ``judge`` (processor, no networks) or ``io``.
        run: Does it and tells what it did, JSON-ready.
        attempts: How often it is tried before it is given up. A worker may be killed for reasons that are not the job's; a picture
            that kills whoever looks at it costs that many processes.
        limit_s: A process that takes longer is killed.
        acknowledged_early: Its message is taken as done when it begins: RabbitMQ cuts a worker off that keeps one for half an hour.
            Its lease brings it back as well.
        give_up: Leaves behind what the records must say of a job that nobody could do.
    """

    queue: Queue
    run: Callable[[Work, JobRecord], Result]
    attempts: int = 5
    limit_s: float = STEP_LIMIT_S
    acknowledged_early: bool = False
    give_up: Callable[[Work, JobRecord, str], None] | None = None


def make_look_jobs(tx: Any, work: Work) -> list[NewJob]:
    """A job for each picture that is to be looked at. The same picture with the same versions and limits is the same job."""
    return name_look_jobs(work.settings, work.tools.looks_key, list_new_pictures(tx, work.settings, work.tools))


def name_look_jobs(settings: Settings, looks_key: str, digests: Iterable[str]) -> list[NewJob]:
    """The jobs of these pictures with these versions and limits."""
    how = hashlib.sha256(f"{looks_key} {look_limits(settings)}".encode()).hexdigest()[:16]
    return [NewJob("look", f"{sha256}:{how}", {"sha256": sha256}) for sha256 in digests]


def _look(work: Work, job: JobRecord) -> Result:
    sha256: str = job.payload["sha256"]
    with work.database.reading() as tx:
        wanted = missing_looks(tx, work.tools.looks_key, [sha256], limits=look_limits(work.settings))
    if not wanted:
        return {"cut_off": "", "already": True}
    work.start_looking()
    done = look_here(sha256, work.settings, work.tools.versions)
    # Once, as in one process.
    if done.cut_off and done.lasting and job.attempt == 1:
        raise LookCutOff(done.cut_off)
    keep_look(work.settings, work.database, work.tools, done)
    return {"cut_off": done.cut_off}


def _give_up_look(work: Work, job: JobRecord, why: str) -> None:
    keep_look(work.settings, work.database, work.tools, cut_off_look(job.payload["sha256"], why, work.tools.versions))


def _look_at_recordings(work: Work, _: JobRecord) -> Result:
    from verifier.recordings import look_at_recordings

    return {"recordings": look_at_recordings(work.settings, work.database, work.tools)}


def _find_same_pictures(work: Work, _: JobRecord) -> Result:
    return {"compared": find_same_pictures(work.database, work.tools.looks_key)}


def _ask_about_codes(work: Work, _: JobRecord) -> Result:
    return {"answered": ask_about_new_codes(work.settings, work.database, work.tools.looks_key)}


def _close_class(work: Work, job: JobRecord) -> Result:
    closing = Closing(
        date.fromisoformat(job.payload["last_day"]),
        date.fromisoformat(job.payload["judged_on"]),
        datetime.fromisoformat(job.payload["now"]),
    )
    with collect_rarely():
        found = close_class(work.settings, work.database, work.tools, job.payload["class"], closing)
    return {
        "closed": found.closed,
        "days": sorted(day.isoformat() for day in found.days),
        "not_closed": found.not_closed,
    }


def _judge_agency(work: Work, job: JobRecord) -> Result:
    with work.database.transaction() as tx:
        propose_for_agency(tx, job.payload["agency"], work.tools.policy, date.fromisoformat(job.payload["last_day"]))
    return {}


def _search_city(work: Work, job: JobRecord) -> Result:
    return close_city(work.settings, work.database, work.tools, datetime.fromisoformat(job.payload["now"])).to_json()


def _report_night(work: Work, job: JobRecord) -> Result:
    from verifier.night_graph import gather_counts

    night_id = UUID(job.payload["night"])
    with work.database.reading() as tx:
        night = read_night(tx, night_id)
        classes, counts = gather_counts(tx, night)
    answer = answer_night(work, night.last_day, night.first_day, night.started_at, classes, counts)
    html, xlsx = write_reports(work.settings, work.database, answer, night.last_day)
    return {"html": str(html), "xlsx": str(xlsx)}


def answer_night(
    work: Work, last_day: date, since: date | None, started: datetime, classes: ClosedClass, counts: Mapping[str, Any]
) -> dict[str, Any]:
    """The answer of a night that many workers did."""
    first_day = since or min(classes.days, default=last_day)
    return make_answer(work.database, work.settings, work.tools, first_day, last_day, classes, counts, started)


def _visit_cameras(work: Work, _: JobRecord) -> Result:
    from verifier.camera_schedule import visit_due_cameras

    answer = visit_due_cameras(work.settings)
    return {"visited": len(answer["cameras"]), "missed": len(answer["missed"])}


def _watch_camera(work: Work, job: JobRecord) -> Result:
    from verifier.camera_jobs import tell_look
    from verifier.watching import check_cameras

    return tell_look(check_cameras(work.settings, job.payload["class"], camera_id=job.payload["camera"]))


def _queue_arrivals(work: Work, _: JobRecord) -> Result:
    with work.database.transaction() as tx:
        # Asked first: what ends meanwhile is then not asked for again. A backlog is not written anew each minute.
        waiting = list_open_keys(tx, "look")
        arrived = arrived_pictures(tx, work.tools.looks_key, utc_now() - ARRIVED_WITHIN)
        jobs = [job for job in name_look_jobs(work.settings, work.tools.looks_key, arrived) if job.key not in waiting]
        add_jobs(tx, jobs, priority=ON_DEMAND)
    return {"pictures": len(jobs)}


def _sweep(work: Work, _: JobRecord) -> Result:
    from verifier.storing import sweep_store

    swept = sweep_store(work.database, open_evidence(work.settings), "beat")
    with work.database.transaction() as tx:
        pruned = prune_jobs(tx, KINDS.keys(), KEPT_JOBS)
    return {"removed": len(swept.removed), "leftovers": swept.leftovers, "jobs": pruned}


def _check_store(work: Work, _: JobRecord) -> Result:
    from verifier.storing import check_store, find_check_file

    return asdict(
        check_store(
            work.database,
            open_evidence(work.settings),
            find_check_file(work.settings.workspace),
            mb_per_s=work.settings.store_check_mb_per_s,
        )
    )


def _write_class_papers(work: Work, job: JobRecord) -> Result:
    from verifier.report import write_class_report

    return {"files": [str(path) for path in write_class_report(job.payload["class"], work.settings)]}


KINDS: Mapping[str, JobKind] = {
    "look": JobKind("vision", _look, limit_s=0.0, give_up=_give_up_look),
    "recordings": JobKind("vision", _look_at_recordings),
    "same_pictures": JobKind("judge", _find_same_pictures),
    "ask_codes": JobKind("io", _ask_about_codes),
    "close_class": JobKind("judge", _close_class),
    "judge_agency": JobKind("judge", _judge_agency),
    "search_city": JobKind("judge", _search_city),
    "report_night": JobKind("io", _report_night),
    "cameras": JobKind("vision", _visit_cameras, attempts=1),
    # Somebody waits for it, and asks again.
    "watch": JobKind("vision", _watch_camera, attempts=2),
    "arrivals": JobKind("io", _queue_arrivals, attempts=1),
    "sweep": JobKind("io", _sweep),
    # A check of a city's whole store takes days at that speed; killed, it goes on where it was.
    "store_check": JobKind("io", _check_store, attempts=1000, limit_s=CHECK_LIMIT_S, acknowledged_early=True),
    "class_papers": JobKind("io", _write_class_papers),
}


def limit_of(kind: str, settings: Settings) -> float:
    """Seconds after which a process that does such a job is killed: a look's own limit, and what stores it."""
    return KINDS[kind].limit_s or settings.photo_timeout_s + 30.0
