"""How fast and how completely a face is found among 10⁴, 10⁵ and 10⁶: in memory, and with pgvector on a real PostgreSQL.

    python -m benchmarks.search [--sizes 10000 100000 1000000] [--hnsw-up-to 1000000]

Vectors are synthetic: unit vectors of 128 numbers from a fixed seed, spread around 200 centres so that cosines between people
have a mean of about 0.1 and a spread of about 0.09, as measured on real faces (models/calibration-opencv-zoo.toml). Each query is
somebody of the index at a cosine of about 0.6. This measures the search, not how well faces are recognised.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.services.postgres import fresh_database, run_postgres
from verifier.attendance.search import KnownFace, MemoryIndex
from verifier.records.database import Database, open_database
from verifier.records.face_index import HNSW_EF_CONSTRUCTION, HNSW_EF_SEARCH, HNSW_M, IndexedFace, VectorTable
from verifier.records.migrate import upgrade

DIMENSIONS, SEED, QUERIES, NEAREST = 128, 2023, 200, 10
GENUINE_COSINE = 0.6


def make_people(count: int) -> NDArray[np.float32]:
    """(count, 128) unit vectors: a common direction, a centre of 200, and what is the person's own."""
    dice = np.random.RandomState(SEED)
    common, centres = dice.standard_normal(DIMENSIONS), dice.standard_normal((200, DIMENSIONS))
    vectors = np.empty((count, DIMENSIONS), np.float32)
    for start in range(0, count, 50_000):
        part = slice(start, min(start + 50_000, count))
        own = dice.standard_normal((part.stop - part.start, DIMENSIONS))
        made = 0.37 * common + 0.3 * centres[dice.randint(200, size=len(own))] + own
        vectors[part] = made / np.linalg.norm(made, axis=1, keepdims=True)
    return vectors


def make_queries(people: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Another picture of some of them, and who they are."""
    dice = np.random.RandomState(SEED + 1)
    who = dice.choice(len(people), QUERIES, replace=False)
    noise = dice.standard_normal((QUERIES, DIMENSIONS))
    noise -= (noise * people[who]).sum(axis=1, keepdims=True) * people[who]
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    made = GENUINE_COSINE * people[who] + (1 - GENUINE_COSINE**2) ** 0.5 * noise
    return made.astype(np.float32), who


def measure(size: int, database: Database | None, hnsw: bool) -> dict[str, Any]:
    """One size: memory as the truth, then the table."""
    people = make_people(size)
    queries, who = make_queries(people)
    names = [f"{n:07d}" for n in range(size)]
    clock = time.perf_counter()
    memory = MemoryIndex(
        [KnownFace(name, name, vector, 40.0) for name, vector in zip(names, people, strict=True)], "bench"
    )
    row: dict[str, Any] = {"size": size, "memory": {"build_s": round(time.perf_counter() - clock, 2)}}
    clock = time.perf_counter()
    truth = memory.find_nearest(queries, "bench", NEAREST)
    row["memory"]["ms_a_query_of_200"] = round((time.perf_counter() - clock) * 1000 / QUERIES, 3)
    clock = time.perf_counter()
    memory.find_nearest(queries[:1], "bench", NEAREST)
    row["memory"]["ms_alone"] = round((time.perf_counter() - clock) * 1000, 2)
    keys = [[hit.key for hit in hits] for hits in truth]
    row["memory"]["right_person_first"] = round(
        float(np.mean([found[0] == names[n] for found, n in zip(keys, who, strict=True)])), 4
    )
    row["memory"]["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if database is None:
        return row
    table = VectorTable(database, "enrolled", f"bench {size}", DIMENSIONS)
    table.create()
    clock = time.perf_counter()
    # Not `fill`, which makes the index of a large table at once: filling and building are measured apart.
    table.make_hnsw = lambda: None  # type: ignore[method-assign]
    table.fill(IndexedFace(name, name, vector, 40.0) for name, vector in zip(names, people, strict=True))
    del table.make_hnsw  # type: ignore[attr-defined]
    row["pgvector"] = {"fill_s": round(time.perf_counter() - clock, 1)}
    print(f"{size}: filled, {row}", file=sys.stderr, flush=True)
    few = 50 if size <= 100_000 else 15
    row["pgvector"]["every_row"] = _ask(table, queries[:few], keys[:few], exact=True)
    print(f"{size}: every row compared, {row['pgvector']}", file=sys.stderr, flush=True)
    if hnsw:
        clock = time.perf_counter()
        table.make_hnsw()
        row["pgvector"]["hnsw_build_s"] = round(time.perf_counter() - clock, 1)
        print(f"{size}: built, {row['pgvector']}", file=sys.stderr, flush=True)
        row["pgvector"]["hnsw"] = _ask(table, queries, keys, exact=False)
    return row


def _ask(table: VectorTable, queries: NDArray[np.float32], keys: list[list[str]], *, exact: bool) -> dict[str, float]:
    table.nearest(queries[:3], NEAREST, exact=exact)
    clock = time.perf_counter()
    found = [[row[0] for row in rows] for rows in table.nearest(queries, NEAREST, exact=exact)]
    seconds = time.perf_counter() - clock
    return {
        "ms_a_query": round(seconds * 1000 / len(queries), 2),
        "recall_first": round(float(np.mean([a[:1] == b[:1] for a, b in zip(found, keys, strict=True)])), 4),
        "recall_10": round(
            float(np.mean([len(set(a) & set(b)) / NEAREST for a, b in zip(found, keys, strict=True)])), 4
        ),
        "same_answer": round(float(np.mean([a == b for a, b in zip(found, keys, strict=True)])), 4),
    }


def main() -> None:
    """Print one JSON object; progress goes to stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--hnsw-up-to", type=int, default=1_000_000)
    parser.add_argument("--memory-only", action="store_true", help="without PostgreSQL")
    given = parser.parse_args()
    if given.memory_only:
        print(json.dumps({"queries": QUERIES, "sizes": [measure(size, None, False) for size in given.sizes]}, indent=2))
        return
    settings = {"m": HNSW_M, "ef_construction": HNSW_EF_CONSTRUCTION, "ef_search": HNSW_EF_SEARCH}
    rows = []
    with run_postgres() as server:
        for size in given.sizes:
            with fresh_database(server) as url:
                upgrade(url)
                database = open_database(url, bytes(range(32)))
                rows.append(measure(size, database, size <= given.hnsw_up_to))
                database.close()
            print(json.dumps(rows[-1]), file=sys.stderr)
    print(json.dumps({"hnsw": settings, "queries": QUERIES, "sizes": rows}, indent=2))


if __name__ == "__main__":
    main()
