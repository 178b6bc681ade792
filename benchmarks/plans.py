"""How PostgreSQL answers what is asked all day, on tables of a million rows: which plan, how long, and whether an index serves it.

    python -m benchmarks.plans                   # about 10 minutes: 10^6 rows in each of the tables that grow
    python -m benchmarks.plans --rows 100000     # a tenth
    python -m benchmarks.plans --url postgresql+psycopg://…   # a database that stays: filled where it is empty, then asked

A few classes are judged as a night judges them (`tests/builders/city_concluded.py`) and then copied inside the database, each
copy with ids, digests and numbers of its own, until findings and faces have that many rows; jobs are made in the database too.
Then the API's and the pages' own addresses are asked, and what the jobs' queue and the night ask is called. Every statement that
reaches the database meanwhile is explained, and a sequential scan of a big table makes the command fail, unless the question is
about that whole table (`WHOLE`). Answers that the API would repeat are made anew. Statements above `SLOW_S` are printed.
"""

from __future__ import annotations

import argparse
import base64
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from starlette.testclient import TestClient

from api.server import create_app
from tests.builders.city_concluded import fill_concluded
from tests.builders.shared import PROJECT
from tests.services.postgres import fresh_database, run_postgres
from verifier.accounts import issue_key
from verifier.job_kinds import KINDS, Work, make_look_jobs
from verifier.job_metrics import JobCollector
from verifier.job_running import tell_workers
from verifier.logs import configure_logs
from verifier.nightly import Closing, close_class, read_class_to_judge
from verifier.records.job_queue import (
    claim_job,
    count_jobs,
    has_open_jobs,
    list_failed_jobs,
    prune_jobs,
    requeue_lost,
)
from verifier.records.migrate import upgrade
from verifier.settings import Settings

KEY = base64.b64encode(bytes(range(32))).decode()
STUDENTS, SESSIONS, BASE_CLASSES = 40, 30, 2
# Tables that are small in any city, and shared by the copies of a class; of some there are as many as a city has.
SHARED = frozenset({"user_account", "night"})
GROUPED = ("agency", "venue")
GROUPS = 200
SLOW_S = 0.3
PLANNING = ("effective_cache_size", "work_mem", "random_page_cost")
COPIED = (
    "training_class", "teacher", "student", "enrolment", "camera", "session", "evidence", "submission", "look", "sign_in", "run",
    "finding", "presence", "face_observation", "supervision_case", "case_support", "violation", "violation_support",
    "violation_session", "violation_evidence",
)  # fmt: skip
PHOTOS_OF_A_CLASS = ("training_class", "teacher", "session", "evidence", "submission", "look")
GROWING = (*COPIED, "job")
# These are about everything there is, whatever index there is:
WHOLE = {
    "the night: pictures nobody looked at": "once a night, all pictures against all looks: a changed version makes all new",
    "page /agencies": "sums over all sessions there are",
    "page /findings": "without days: all that ever failed, in order of the day",
    "page /findings?outcome=failed": "the same",
}
SHARED_REFERENCES = """
SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
WHERE c.contype = 'f' AND c.conrelid = CAST(:t AS regclass) AND CAST(CAST(c.confrelid AS regclass) AS text) = ANY(:shared)
"""
_FIRST_PHOTOS = "(SELECT sha256 FROM submission JOIN first_class f ON f.id = class_id)"
OF_FIRST = {
    "training_class": "WHERE o.id IN (SELECT id FROM first_class)",
    "session": "WHERE o.class_id IN (SELECT id FROM first_class)",
    "teacher": "WHERE o.class_id IN (SELECT id FROM first_class)",
    "submission": "WHERE o.class_id IN (SELECT id FROM first_class)",
    "evidence": f"WHERE o.sha256 IN {_FIRST_PHOTOS}", "look": f"WHERE o.sha256 IN {_FIRST_PHOTOS}",
}  # fmt: skip
CLASS, PAGE, JUDGED = "C00001-1", "C00001-1", "C00001"
BIG_FROM = 10  # a table with a tenth of the rows that were asked for is big
DAYS = 250  # over which the copies of a class are spread, as a year's teaching days
API_PATHS = (
    "/classes?limit=100", f"/classes/{CLASS}", f"/classes/{CLASS}/sessions?limit=10",
    f"/classes/{CLASS}/sessions/2024-03-05-am", f"/classes/{CLASS}/photos?limit=50", f"/classes/{CLASS}/findings?limit=100",
    f"/classes/{CLASS}/findings?outcome=failed", f"/classes/{CLASS}/students?limit=50", f"/classes/{CLASS}/presence",
    f"/classes/{CLASS}/filing", "/cases?limit=100", "/violations?limit=100", "/matters?limit=100", "/nights",
    "/audit?limit=100", "/agencies",
)  # fmt: skip
PAGES = (
    "/", "/review", "/cases", "/violations", "/classes", "/agencies", "/findings", "/findings?outcome=failed",
    f"/findings?number={PAGE}&outcome=all", "/findings?since=2024-03-05&until=2024-03-05", "/cameras",
    f"/classes/{PAGE}", f"/classes/{PAGE}/sessions/2024-03-05-am",
)  # fmt: skip


@dataclass(slots=True)
class Statement:
    """One statement that was sent, and what became of it."""

    sql: str
    parameters: Any
    execution_s: float = 0.0
    scans: list[str] = field(default_factory=list)
    top: str = ""


def main() -> None:
    """Fill, ask, explain, print; exit status 1 where a big table is scanned."""
    configure_logs(level="warning")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rows", type=int, default=1_000_000, help="In each of photos, looks, findings, faces and jobs."
    )
    parser.add_argument("--only", default="", help="Questions whose name holds this.")
    parser.add_argument("--verbose", action="store_true", help="Print every plan whole.")
    parser.add_argument("--url", default="", help="A PostgreSQL database that stays; filled where it holds no class.")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="plans-"))
        url = options.url or stack.enter_context(fresh_database(stack.enter_context(run_postgres())))
        upgrade(url)
        settings = Settings(
            workspace=Path(folder), data_key=KEY, database_url=url, login="off", requests_per_minute=10**8
        )
        plan_as_compose(url)
        work = Work(settings)
        with work.database.engine.begin() as tx:
            is_filled = _count(tx, "training_class") > 0
        if not is_filled:
            fill(work, options.rows)
        _, key = issue_key(
            work.database, f"city-{time.time():.0f}", ["read", "evidence", "filing", "admin"], by="local:benchmark"
        )
        told = count_rows(work.database.engine)
        print(", ".join(f"{n:,} {t}" for t, n in told.items()), flush=True)
        options.big = {table for table, number in told.items() if number * BIG_FROM >= options.rows}
        bad = sum(ask(work, name, question, options) for name, question in list_questions(work, settings, key))
        work.close()
    if bad:
        sys.exit(f"{bad} questions scan a big table")


def plan_as_compose(url: str) -> None:
    """Let the server weigh plans as that of ``docker/compose.yaml`` does."""
    compose = (PROJECT / "docker" / "compose.yaml").read_text(encoding="utf-8")
    engine, name = create_engine(url), make_url(url).database
    with engine.begin() as tx:
        for setting in PLANNING:
            (value,) = re.findall(rf"{setting}=([\w.]+)", compose)
            tx.execute(text(f"ALTER DATABASE {name} SET {setting} = '{value}'"))
    engine.dispose()


def fill(work: Work, rows: int) -> None:
    """Judge a few classes and copy them."""
    began, engine = time.monotonic(), work.database.engine
    fill_concluded(work.database, work.settings, BASE_CLASSES, STUDENTS, SESSIONS)
    copy_groups(engine)
    copy_classes(engine, COPIED, rows)
    copy_classes(engine, PHOTOS_OF_A_CLASS, rows)
    add_jobs_by_sql(engine, rows)
    print(f"filled in {time.monotonic() - began:.0f} s", flush=True)


def copy_groups(engine: Engine) -> None:
    """As many agencies and venues as a city has; the copies of the classes are spread over them."""
    with engine.begin() as tx:
        for table in GROUPED:
            names = [name for name, _ in _list_columns(tx, table)]
            values = ", ".join(
                f"md5(o.{name}::text || g)::uuid" if name in ("id", "agency_id")
                else f"o.{name} || '-' || g" if name in ("name", "code") else f"o.{name}"
                for name in names
            )  # fmt: skip
            tx.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} o, generate_series(1, {GROUPS}) g"
                )
            )


def _list_columns(tx: Connection, table: str) -> list[tuple[str, str]]:
    query = text("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = :t")
    return [(name, kind) for name, kind in tx.execute(query, {"t": table})]


def copy_classes(engine: Engine, tables: Sequence[str], rows: int) -> None:
    """Copy the first classes as often as it takes, inside the database: ids, digests and numbers of copy k follow from the
    original's and k, its days lie k days later within a year. Called again with fewer tables it goes on counting.
    """
    first = "SELECT id FROM training_class WHERE number ~ '^C[0-9]+$'"
    with engine.begin() as tx:
        tx.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers and foreign keys meanwhile
        tx.execute(text("SET LOCAL synchronous_commit = off"))
        done = (tx.scalar(text("SELECT count(*) FROM training_class")) or 0) // BASE_CLASSES - 1
        judged = min(_count(tx, each) for each in ("finding", "face_observation"))
        copies = -(-rows // (judged if "finding" in tables else _count(tx, "submission") // (done + 1)))
        tx.execute(text(f"CREATE TEMP TABLE first_class ON COMMIT DROP AS {first}"))
        for table in tables:
            columns = _list_columns(tx, table)
            shared, grouped = (
                set(tx.scalars(text(SHARED_REFERENCES), {"t": table, "shared": sorted(each)}))
                for each in (SHARED, GROUPED)
            )
            names = ", ".join(name for name, _ in columns)
            values = ", ".join(
                f"o.{name}" if name in shared
                else f"md5(o.{name}::text || (k % {GROUPS} + 1))::uuid" if name in grouped
                else _copied(table, name, kind, done > 0)
                for name, kind in columns
            )  # fmt: skip
            only = OF_FIRST.get(table, "") if done else ""
            tx.execute(
                text(
                    f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} o, generate_series({done + 1}, {copies}) k {only}"
                )
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _count(tx: Connection, table: str) -> int:
    return tx.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def _copied(table: str, name: str, kind: str, lean: bool) -> str:
    if kind == "uuid":
        return f"md5(o.{name}::text || k)::uuid"
    if name == "sha256":
        return "encode(sha256((o.sha256 || k)::bytea), 'hex')"
    if table == "look" and name == "body" and lean:
        return "'{}'"
    if table in ("session", "submission", "sign_in") and name not in ("recorded_at", "dropped_at"):
        if kind == "date":
            return f"o.{name} + k % {DAYS}"
        if kind.startswith("timestamp"):
            return f"o.{name} + (k % {DAYS}) * interval '1 day'"
    return f"o.{name} || '-' || k" if name in ("number", "dedup_key", "id_number_index") else f"o.{name}"


def add_jobs_by_sql(engine: Engine, rows: int) -> None:
    """Jobs of a month that ended, a night's that wait, and some that workers have just now."""
    with engine.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO night (id, last_day, state, started_at, versions, counts, step, plan) VALUES"
                " (md5('night')::uuid, '2024-03-05', 'running', now(), '{}', '{}', 1, '{\"priority\": 0}')"
            )
        )
        for states, count in (("done", rows), ("failed", rows // 10_000), ("queued", rows // 200), ("running", 8)):
            tx.execute(
                text(
                    "INSERT INTO job (id, kind, key, night_id, state, attempt, priority, payload, created_at, finished_at,"
                    " lease_until, lease_owner)"
                    " SELECT md5(:state || n)::uuid, 'look', 'look:' || :state || n, CASE WHEN n % 2000 < 600 OR :open"
                    " THEN md5('night')::uuid END, :state, 1, 0, jsonb_build_object('sha256', md5('x' || n)),"
                    " now() - n * interval '2 seconds', CASE WHEN :open THEN NULL ELSE now() - n * interval '2 seconds' END,"
                    " CASE WHEN :state = 'running' THEN now() + interval '1 minute' END, 'elsewhere:1:1'"
                    " FROM generate_series(1, :count) n"
                ),
                {"state": states, "count": count, "open": states in ("queued", "running")},
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE job"))


def count_rows(engine: Engine) -> dict[str, int]:
    """Rows of each big table."""
    with engine.begin() as tx:
        return {table: _count(tx, table) for table in GROWING}


def list_questions(work: Work, settings: Settings, key: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is asked all day, by name."""
    app = create_app(settings)
    # The same engine, so that what is sent is seen.
    app.state.shared.database = work.database
    app.state.source._database = work.database
    client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=True)
    headers = {"Authorization": f"Bearer {key}"}

    def get(path: str) -> Callable[[], None]:
        def send() -> None:
            answer = client.get(path, headers=headers if path.startswith("/api") else {})
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code} {answer.text[:300]}")

        return send

    for path in API_PATHS:
        yield f"API {path}", get(f"/api/v1{path}")
    for path in PAGES:
        yield f"page {path}", get(path)
    yield from _list_queue_questions(work)
    yield from _list_night_questions(work)


def _list_queue_questions(work: Work) -> Iterator[tuple[str, Callable[[], Any]]]:
    database = work.database

    def within(question: Callable[[Any], Any]) -> Callable[[], Any]:
        def send() -> Any:
            with database.transaction() as tx:
                return question(tx)

        return send

    with database.reading() as tx:
        night = tx.scalar(text("SELECT id FROM night LIMIT 1"))
        waiting = tx.scalar(text("SELECT id FROM job WHERE state = 'queued' LIMIT 1"))
    night_id, job_id = night, waiting
    yield "jobs: tell the workers", lambda: tell_workers(work, lambda _: None, lambda _: 0)
    yield "jobs: claim one", within(lambda tx: claim_job(tx, job_id, "me", timedelta(seconds=30)))
    yield "jobs: of dead workers", within(lambda tx: requeue_lost(tx, KINDS.keys()))
    yield "jobs: is the step over", within(lambda tx: has_open_jobs(tx, night_id))
    yield "jobs: count the open", within(count_jobs)
    yield "jobs: given up", within(list_failed_jobs)
    yield "jobs: forget old ones", within(lambda tx: prune_jobs(tx, KINDS.keys(), timedelta(days=60)))
    yield "jobs: metrics", lambda: list(JobCollector(work).collect())


def _list_night_questions(work: Work) -> Iterator[tuple[str, Callable[[], Any]]]:
    def pictures() -> None:
        with work.database.reading() as tx:
            make_look_jobs(tx, work)

    def read() -> None:
        with work.database.reading() as tx:
            read_class_to_judge(tx, CLASS, work.tools)

    closing = Closing(date(2024, 3, 8), date(2024, 3, 9), datetime(2024, 3, 9, 1, tzinfo=UTC))
    yield "the night: pictures nobody looked at", pictures
    yield "the night: read a class", read
    yield "the night: close a class", lambda: close_class(work.settings, work.database, work.tools, JUDGED, closing)


def ask(work: Work, name: str, question: Callable[[], Any], options: argparse.Namespace) -> int:
    """Ask, explain each statement that was sent, print; tells 1 where a big table was scanned without need."""
    if options.only not in name:
        return 0
    try:
        question()  # warm: what is opened once is not measured
    except Exception as error:  # noqa: BLE001 - told, and the next question asked
        print(f"! {name}: {type(error).__name__}: {error}")
        return 1
    with work.database.engine.begin() as tx:
        tx.execute(text("UPDATE write_count SET writes = writes + 1"))
    with _listening(work.database.engine) as sent:
        began = time.perf_counter()
        question()
        wall_ms = (time.perf_counter() - began) * 1000
    for each in sent:
        explain(work.database.engine, each, options)
    slowest = max(sent, key=lambda each: each.execution_s, default=Statement("", None))
    scans = sorted({scan for each in sent for scan in each.scans})
    excused = WHOLE.get(name, "") if scans else ""
    said = ("scans " + ", ".join(scans) + (f" ({excused})" if excused else "")) if scans else slowest.top
    mark = "!" if scans and not excused else " "
    print(
        f"{mark} {name:52} {len(sent):4} statements  {wall_ms:8.1f} ms  slowest {slowest.execution_s * 1000:8.1f} ms  {said}"
    )
    for each in sent:
        if each.scans or each.execution_s > SLOW_S:
            print(f"      {each.execution_s * 1000:.1f} ms {' '.join(each.sql.split())[:1500]}")
    sys.stdout.flush()
    return int(bool(scans) and not excused)


@contextmanager
def _listening(engine: Engine) -> Iterator[list[Statement]]:
    sent: dict[str, Statement] = {}

    def before(_c: Any, _cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        context.began = time.perf_counter()
        if not many and sql.lstrip()[:6].upper() in ("SELECT", "UPDATE", "DELETE") and sql not in sent:
            sent[sql] = Statement(sql, parameters)

    def after(_c: Any, _cursor: Any, sql: str, _parameters: Any, context: Any, _many: bool) -> None:
        if sql in sent:
            sent[sql].execution_s = max(sent[sql].execution_s, time.perf_counter() - context.began)

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    found: list[Statement] = []
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)
        found += sent.values()


def explain(engine: Engine, statement: Statement, options: argparse.Namespace) -> None:
    """The plan of one statement, without running it."""
    with engine.connect() as connection:
        answer = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement.sql}", statement.parameters).scalar_one()
    plan = answer[0]["Plan"]
    statement.top = _name(plan)
    statement.scans = [
        _name(node) for node in _walk(plan) if node["Node Type"] == "Seq Scan" and node["Relation Name"] in options.big
    ]
    if options.verbose:
        for node in _walk(plan):
            print(f"        {_name(node)}")


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _walk(child)


def _name(node: dict[str, Any]) -> str:
    over = node.get("Index Name") or node.get("Relation Name")
    return f"{node['Node Type']}{f' {over}' if over else ''}"


if __name__ == "__main__":
    main()
