"""City-wide face search in PostgreSQL with pgvector: a derived table that may be dropped and filled again at any time.

Vectors cannot be searched encrypted. What stands in the table is rotated by a secret orthogonal matrix: all angles stay, so the
search is exact, and without the data key a vector is no template of the pack. That is no encryption: whoever holds the table and
some faces with their vectors can work the rotation out, and equal faces look equal without any key. So the table is off unless
VERIFIER_FACE_INDEX=pgvector, and then the disk under PostgreSQL must be encrypted: docs/decisions/0006.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from verifier.records.database import Database

# Up to here every row is compared: the answer is memory's. Measured by benchmarks/search.py on 10⁶ synthetic faces, with other work
# on the machine: every row 5.9 s a query and nobody missed; HNSW 0.17 s, and the right one first in 60 of 100 only, as vectors
# without much structure are hard for a graph. A person can wait some seconds, but must not be told "nobody" wrongly.
EXACT_UP_TO = 1_000_000
# Beyond, HNSW proposes, its candidates are compared, and "nobody" is not said (`VectorTable.exact`). With 1,000 candidates,
# pgvector's most, the right one came first in 200 of 200 among 10⁴, 188 among 10⁵, 121 among 10⁶. pgvector's defaults are m = 16
# and construction 64.
HNSW_M, HNSW_EF_CONSTRUCTION, HNSW_EF_SEARCH = 16, 64, 1000
_AT_ONCE = 5_000
# Memory of one row in the graph beside its vector: 2 m neighbours of 16 bytes on the lowest level and a share of the upper ones.
_GRAPH_BYTES = 2 * HNSW_M * 16 + 500
_MOST_GRAPH_MB = 4_000


class FaceIndexError(Exception):
    """The index cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class IndexedFace:
    """One row: as `attendance.search.KnownFace`."""

    key: str
    person: str
    vector: NDArray[np.float32]
    inter_eye_px: float


class VectorTable:
    """The faces of one kind and embedding contract under one data key. Rows of other contracts or keys are never seen."""

    def __init__(self, database: Database, kind: str, embedding_contract: str, dimensions: int) -> None:
        """Take an open database; nothing is made yet.

        Args:
            kind: What is searched together: ``enrolled`` or ``unknown``.

        Raises:
            FaceIndexError: it is no PostgreSQL.
        """
        if database.engine.dialect.name != "postgresql":
            raise FaceIndexError("VERIFIER_FACE_INDEX=pgvector needs a PostgreSQL database: leave it at memory")
        self.embedding_contract = embedding_contract
        self._engine = database.engine
        self._dimensions = dimensions
        key = database.vault.rotation_key
        self._kind = kind
        self._space = hashlib.sha256(key + f"{kind} {embedding_contract}".encode()).hexdigest()[:16]
        self._rotation = make_rotation(key, dimensions)

    def create(self) -> None:
        """Make the extension and the table where they are not there.

        Raises:
            FaceIndexError: the server has no pgvector, or the account may not create it.
        """
        try:
            with self._engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(7230231114)"))  # two workers that start at once
                connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
                connection.execute(
                    text(
                        "CREATE TABLE IF NOT EXISTS face_vector (kind text NOT NULL, space text NOT NULL, "
                        "key text NOT NULL, person text NOT NULL, "
                        "inter_eye_px double precision NOT NULL, digest bytea NOT NULL, rotated vector NOT NULL, "
                        "PRIMARY KEY (space, key))"
                    )
                )
        except DBAPIError as error:
            raise FaceIndexError(
                f"pgvector cannot be used: {error.orig}: have an administrator CREATE EXTENSION vector"
            ) from error

    def fill(self, faces: Iterable[IndexedFace]) -> tuple[int, int]:
        """Make the table hold exactly these faces of its kind; what is there unchanged is not written.

        Faces of the same kind by another contract or data key are removed, as nobody can search them any more.

        Returns: how many were written and how many removed.
        """
        wanted = {face.key: face for face in faces}
        for face in wanted.values():
            if face.vector.shape != (self._dimensions,):
                raise ValueError(f"a face of this index has {self._dimensions} numbers, not {face.vector.shape}")
        digests = {key: _digest(face) for key, face in wanted.items()}
        with self._engine.begin() as connection:
            rows = connection.execute(text("SELECT key, digest FROM face_vector WHERE space = :s"), {"s": self._space})
            there = {key: bytes(digest) for key, digest in rows}
            gone = sorted(there.keys() - wanted.keys())
            new = sorted(key for key in wanted if there.get(key) != digests[key])
            stale = connection.execute(
                text("DELETE FROM face_vector WHERE kind = :k AND space <> :s"), {"k": self._kind, "s": self._space}
            )
            for part in _in_parts(gone):
                connection.execute(
                    text("DELETE FROM face_vector WHERE space = :s AND key = ANY(:keys)"),
                    {"s": self._space, "keys": list(part)},
                )
            for part in _in_parts(new):
                self._write(connection, [wanted[key] for key in part], digests)
        if len(wanted) > EXACT_UP_TO:
            self.make_hnsw()
        return len(new), len(gone) + stale.rowcount

    def make_hnsw(self) -> None:
        """Make the HNSW index of this contract where it is not there; the table can be read meanwhile, not written.

        One process does it within memory that holds the whole graph: without, pgvector goes on on the disk, many times slower, and
        several would need as much shared memory, which a container rarely has.
        """
        graph_mb = self.size * (4 * self._dimensions + _GRAPH_BYTES) // 1_000_000 + 64
        with self._engine.begin() as connection:
            connection.execute(text(f"SET LOCAL maintenance_work_mem = '{min(graph_mb, _MOST_GRAPH_MB)}MB'"))
            connection.execute(text("SET LOCAL max_parallel_maintenance_workers = 0"))
            # Names and numbers of our own; an index's condition takes no parameters.
            connection.execute(
                text(
                    f"CREATE INDEX IF NOT EXISTS ix_face_vector_{self._space} ON face_vector USING hnsw "
                    f"((rotated::vector({self._dimensions})) vector_ip_ops) "
                    f"WITH (m = {HNSW_M}, ef_construction = {HNSW_EF_CONSTRUCTION}) WHERE space = '{self._space}'"
                )
            )

    @property
    def size(self) -> int:
        """How many faces of its contract the table holds."""
        with self._engine.connect() as connection:
            return int(
                connection.scalar(text("SELECT count(*) FROM face_vector WHERE space = :s"), {"s": self._space}) or 0
            )

    @property
    def exact(self) -> bool:
        """Whether every row is compared; otherwise the nearest one may be missed."""
        return self.size <= EXACT_UP_TO

    def count_persons(self) -> int:
        """How many people those are."""
        query = "SELECT count(DISTINCT person) FROM face_vector WHERE space = :s"
        with self._engine.connect() as connection:
            return int(connection.scalar(text(query), {"s": self._space}) or 0)

    def nearest(
        self, vectors: NDArray[np.float32], count: int, *, exact: bool | None = None
    ) -> list[list[tuple[str, str, float, float]]]:
        """(key, person, dot product, inter_eye_px) of the nearest faces of each of (n, d) vectors, the most similar first.

        Args:
            exact: Compare every row, or the candidates of HNSW; by the table's size where None.
        """
        exact = self.exact if exact is None else exact
        with self._engine.begin() as connection:
            connection.execute(text(f"SET LOCAL enable_indexscan = {'off' if exact else 'on'}"))
            connection.execute(text(f"SET LOCAL hnsw.ef_search = {HNSW_EF_SEARCH}"))
            if not exact:
                connection.execute(text("SET LOCAL enable_seqscan = off"))
            return [self._nearest(connection, vector, count) for vector in vectors]

    def _nearest(
        self, connection: Connection, vector: NDArray[np.float32], count: int
    ) -> list[tuple[str, str, float, float]]:
        turned = self._rotation @ vector.astype(np.float64)
        rows = connection.execute(
            text(
                "SELECT key, person, inter_eye_px, rotated::text FROM face_vector "
                f"WHERE space = '{self._space}' "
                f"ORDER BY rotated::vector({self._dimensions}) <#> CAST(:v AS vector) LIMIT :n"
            ),
            # More than asked for, so that rounding in float4 cannot push the last one out.
            {"v": _as_text(turned), "n": count + 8},
        )
        # Compared again in float64: the order and the numbers are those of the search in memory.
        found = [
            (key, person, float(np.array(rotated[1:-1].split(","), np.float64) @ turned), float(size))
            for key, person, size, rotated in rows
        ]
        return sorted(found, key=lambda each: (-each[2], each[0]))[:count]

    def _write(self, connection: Connection, faces: Sequence[IndexedFace], digests: dict[str, bytes]) -> None:
        """Write them in one go: COPY takes a fifth of the time of single inserts, and a city has a million faces."""
        turned = np.stack([face.vector for face in faces]).astype(np.float64) @ self._rotation.T
        columns = "kind, space, key, person, inter_eye_px, digest, rotated"
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE IF NOT EXISTS face_vector_new (LIKE face_vector INCLUDING DEFAULTS) ON COMMIT DROP"
            )
            with cursor.copy(f"COPY face_vector_new ({columns}) FROM STDIN") as copy:
                for face, vector in zip(faces, turned, strict=True):
                    size = float(face.inter_eye_px)
                    copy.write_row(
                        (self._kind, self._space, face.key, face.person, size, digests[face.key], _as_text(vector))
                    )
            cursor.execute(
                f"INSERT INTO face_vector ({columns}) SELECT {columns} FROM face_vector_new "
                "ON CONFLICT (space, key) DO UPDATE SET person = excluded.person, inter_eye_px = excluded.inter_eye_px, "
                "digest = excluded.digest, rotated = excluded.rotated"
            )
            cursor.execute("TRUNCATE face_vector_new")


def make_rotation(key: bytes, dimensions: int) -> NDArray[np.float64]:
    """The (d, d) orthogonal matrix of a 32-byte key, evenly spread over all of them, the same on every machine.

    Drawn from AES-256 in counter mode instead of a library's generator, whose stream may change with its version.
    Source: Mezzadri 2007, "How to generate random matrices from the classical compact groups": QR of normal numbers, signs fixed.
    """
    count = dimensions * dimensions
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor().update(bytes(16 * count))
    words = np.frombuffer(stream, "<u8").reshape(2, count)
    first, second = (words.astype(np.float64) + 0.5) / 2.0**64
    normal = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)
    orthogonal, upper = np.linalg.qr(normal.reshape(dimensions, dimensions))
    return np.asarray(orthogonal * np.sign(np.diag(upper)), np.float64)


def _digest(face: IndexedFace) -> bytes:
    content = f"{face.person} {face.inter_eye_px!r} ".encode() + face.vector.astype("<f4").tobytes()
    return hashlib.sha256(content).digest()[:16]


def _as_text(vector: NDArray[np.float64]) -> str:
    return "[" + ",".join(f"{value:.9g}" for value in vector.astype(np.float32)) + "]"


def _in_parts(values: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
