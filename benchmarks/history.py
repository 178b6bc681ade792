"""Three months of one agency with twelve classes through every rung of the ladder, and every night run again.

    python -m benchmarks.history

The classes and what happens in them are made from a seed (`tests/builders/history.py`): one is flawless, in others students stay
away, photos are missing, one phone signs for five, strangers sit in the places, storage of our own is down. An office inspects,
calls, decides two days after each proposal, issues notices, and signs sanctions, all in real records (SQLite). Then every night
is run again, and every class judged anew without the key that says it stands: the records must not change.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from tests.builders.history import FIRST_DAY, STORIES, a_history
from tests.builders.office import an_office, file_class, judge_again, run_night
from tests.verifier.test_three_months import END, Bureau, codes
from verifier.records.dump import dump_records
from verifier.records.notices import read_notices, read_sanctions


def read_digest(bureau: Bureau) -> str:
    """One digest of everything in the records."""
    with bureau.office.database.reading() as tx:
        return hashlib.sha256(repr(dump_records(tx)).encode()).hexdigest()[:16]


def main() -> None:
    """Play the three months, show who ended where, and run everything again."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        bureau = Bureau(an_office(Path(folder)), a_history())
        for facts in bureau.history.complete:
            file_class(bureau.office, facts)
        days = [FIRST_DAY + timedelta(days=each) for each in range((END - FIRST_DAY).days + 1)]
        for day in days:
            bureau.work(day)
            bureau.written[day] = run_night(bureau.office, bureau.history, day)
            bureau.decide(day)
        print(f"{len(days)} nights over {len(STORIES)} classes in {time.perf_counter() - began:.0f} s")
        for index, story in STORIES.items():
            print(f"  {story}: {', '.join(codes(bureau, index)) or 'nothing confirmed'}")
        with bureau.office.database.reading() as tx:
            for notice in read_notices(tx):
                print(f"  {notice.issued_on} {notice.number} to {notice.class_number}")
            for sanction in read_sanctions(tx):
                print(f"  {sanction.rule} {sanction.kind} {sanction.class_number or 'the agency'}: {sanction.state}")
        before = read_digest(bureau)
        written = sum(run_night(bureau.office, bureau.history, day, today=END) for day in days)
        print(f"every night again: {written} classes written; records {before} before, {read_digest(bureau)} after")
        changes = [
            change for number in STORIES for change in judge_again(bureau.office, bureau.history.facts_on(number, END))
        ]
        print(f"every class judged anew: {len(changes)} violations would change")
        bureau.office.database.close()


if __name__ == "__main__":
    main()
