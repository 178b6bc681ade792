"""All settings in one place: environment variables ``VERIFIER_*`` or a ``.env`` file, units in the names."""

from __future__ import annotations

import base64
import binascii
import os
import re
from datetime import time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from verifier.records.limits import Limits

_USER_INFO = re.compile(r"://[^/?#]*@")


class Settings(BaseSettings):
    """What can be set. Secrets are `SecretStr`: printing the settings shows stars."""

    model_config = SettingsConfigDict(
        env_prefix="VERIFIER_",
        env_file=".env",
        # Secrets as files, as containers mount them: <folder>/verifier_data_key. The environment comes first.
        secrets_dir=os.environ.get("VERIFIER_SECRETS_DIR"),
        extra="ignore",
        frozen=True,
    )

    workspace: Path = Field(
        default_factory=lambda: user_data_path("verifier"),
        description="Folder for the embedded database, evidence, reports and keys.",
    )
    database_url: str | None = Field(None, description="SQLAlchemy URL; default: SQLite in the workspace.")
    # A worker's process needs two (its job's, its lease's), a server process one a request that is at work (40 threads).
    database_connections: int = Field(
        15, ge=2, le=200, description="Connections a process may hold at once (PostgreSQL); docs/scale.md sums them up."
    )
    # Above the slowest page that was measured on 10^6 findings (benchmarks/plans.py) by a factor of ten; who waits longer has left.
    page_statement_s: float = Field(
        30.0, gt=0, description="How long one statement of a page or of the API may take (PostgreSQL)."
    )
    # Half of the limit of a job's step, so that a statement that never ends is told as such, and not as a killed process.
    job_statement_s: float = Field(
        1800.0, gt=0, description="How long one statement of the night, of a job or a command may take (PostgreSQL)."
    )
    search_statement_s: float = Field(
        600.0,
        gt=0,
        description="How long one statement of a search for a face that somebody asked for may take (PostgreSQL).",
    )
    evidence_url: str | None = Field(None, description="Folder or s3://bucket?endpoint=…; default: in the workspace.")
    evidence_access_key: SecretStr | None = None
    evidence_secret_key: SecretStr | None = None
    data_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 that seal ID numbers and embeddings; default: a key file in the workspace.",
    )
    former_data_keys: SecretStr | None = Field(
        None,
        description="Data keys of before, by commas: they open what they sealed until `verifier keys reseal` is done.",
    )
    timezone: str = Field("Asia/Shanghai", description="IANA zone in which times are shown and timetables are read.")
    language: Literal["zh_CN", "en"] = "zh_CN"
    policy: str = Field(
        "yiyang-2023-23",
        description="The regulation: a name in verifier/regulation/policies, or the path of a .toml file of one's own.",
    )

    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("verifier"), description="Where prepared model files are kept."
    )
    models_dir: Path | None = Field(
        None,
        description="A folder with model files and calibrations (calibration-<pack>.toml), searched before installed packages.",
    )
    face_pack: str = "opencv-zoo"
    people_pack: str | None = "yolox-nano"
    face_runtime: Literal["onnxruntime", "openvino", "auto"] = Field(
        "onnxruntime",
        description="What computes the face vectors; openvino is the extra of that name, auto takes it where it is installed.",
    )

    workers: int = Field(
        default_factory=lambda: len(os.sched_getaffinity(0)), ge=1, description="Processes that look at photos."
    )
    # Generous: 60 times what a 12-megapixel photo takes on one 2023 server core (benchmarks/photos.py).
    photo_timeout_s: float = Field(180.0, gt=0, description="A photo that takes longer is cut off as not_run.")
    # Twice the peak of a 50-megapixel photo (benchmarks/photos.py), so only hostile files meet it.
    photo_memory_mb: int = Field(6000, ge=1000, description="Address space one look may add; above it: not_run.")
    # A usual class's weeks and the time to decide on its cases; faces are to be kept no longer than their purpose needs.
    unknown_faces_days: int = Field(
        90,
        ge=1,
        description="How long faces that nobody could name are kept; those of undecided cases wait for the decision.",
    )
    face_index: Literal["memory", "pgvector"] = Field(
        "memory",
        description="Where faces are searched: memory, or pgvector (PostgreSQL; vectors are rotated, not encrypted there).",
    )
    stamp_authority_url: str | None = Field(
        None,
        description="Service that knows stamps' anti-counterfeit codes (verifier/asking_makers.py); default: nobody is asked.",
    )
    stamp_authority_token: SecretStr | None = Field(None, description="Bearer token for that service.")
    stamp_authority_timeout_s: float = Field(5.0, gt=0, description="How long one question about a code may take.")
    stamp_authority_total_s: float = Field(120.0, gt=0, description="How long all questions of one night may take.")
    camera_secrets_file: Path | None = Field(
        None, description="TOML or JSON with user and password of each camera, by its id or host; readable to us alone."
    )
    camera_seconds: float = Field(6.0, gt=0, le=600, description="How long a camera is watched at each look.")
    camera_frames: int = Field(12, ge=2, le=256, description="Pictures that are kept of one look while it is judged.")
    cameras_at_once: int = Field(16, ge=1, le=200, description="Cameras that are decoded at the same time.")
    close_after_s: float = Field(0.0, ge=0, description="How long after its end a session is left open for uploads.")

    broker_url: SecretStr | None = Field(
        None,
        description="redis://… or amqp://… that carries Celery's messages; default: no broker, the night works by itself.",
    )

    night_at: time = Field(time(1, 30), description="When the workers' night begins, in the settings' time zone.")
    job_lease_s: float = Field(
        30.0, ge=2, le=3600, description="How long a worker may be silent before its job is given to another."
    )
    jobs_per_minute: dict[Literal["vision", "judge", "io"], Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description='Jobs of a queue begun a minute by all workers together, e.g. {"vision": 600}; default: as many as they can.',
    )
    # Models and one 12-megapixel photo take about 1 GB (benchmarks/photos.py); what grows beyond this leaks.
    worker_memory_mb: int = Field(
        2500, ge=500, description="A worker's process that holds more is replaced after its job."
    )
    # A tenth of what one disk or a gigabit network gives; 12 TB in a week.
    store_check_mb_per_s: float = Field(
        20.0, gt=0, description="How fast the weekly check reads the store, so that the office's work goes on beside."
    )

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    server_processes: int = Field(
        1, ge=1, le=64, description="Processes that serve the API and the pages, as many as cores."
    )
    login: Literal["required", "off"] = Field(
        "required", description="off: pages without login, read-only, on this machine's own addresses only (the demo)."
    )
    public_hosts: str = Field("", description="Host names under which other machines reach the pages, by commas.")
    tls_certificate: Path | None = Field(None, description="PEM chain; with tls_key the server speaks https itself.")
    tls_key: Path | None = None
    behind_proxy: bool = Field(
        False, description="A reverse proxy on this machine speaks https and passes requests on."
    )
    requests_per_minute: int = Field(1200, ge=1, description="What one client may ask; above it: 429 with Retry-After.")
    max_upload_mb: int = Field(64, ge=1, description="The largest file that may be handed in through the API.")
    max_direct_upload_mb: int = Field(
        4096, ge=1, le=5120, description="The largest file that may be uploaded straight to an S3 store."
    )
    webhook_private_addresses: bool = Field(
        False,
        description="Send webhooks to private addresses and over http too, for a receiver in the office's own network.",
    )
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is no IANA time zone such as Asia/Shanghai") from error
        return name

    @field_validator("workspace", "cache_dir", "models_dir", "camera_secrets_file")
    @classmethod
    def _absolute(cls, folder: Path | None) -> Path | None:
        return None if folder is None else folder.expanduser().absolute()

    @field_validator("evidence_url")
    @classmethod
    def _known_store(cls, url: str | None) -> str | None:
        if url is not None:
            # Here, not at the top: it brings the S3 client along, which most commands never need.
            from verifier.evidence.opening import check_store_url

            check_store_url(url)
        return url

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, url: SecretStr | None) -> SecretStr | None:
        # Other transports of Celery's (SQL tables, folders) lose a task with its worker.
        if url is not None and url.get_secret_value().partition("://")[0] not in ("redis", "rediss", "amqp", "amqps"):
            raise ValueError("no address such as redis://host:6379/0 or amqp://host//")
        return url

    @field_validator("stamp_authority_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("no address such as https://codes.example/ask")
        return url

    @field_validator("data_key")
    @classmethod
    def _whole_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            _decode_key(key)
        return key

    @field_validator("former_data_keys")
    @classmethod
    def _whole_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            _decode_keys(keys)
        return keys

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        if url is not None:
            try:
                kind = make_url(url).get_backend_name()
            except ArgumentError:
                # Its message may hold the url, and the url a password.
                raise ValueError("no database url such as sqlite:////srv/verifier.sqlite3") from None
            if kind not in ("sqlite", "postgresql"):
                raise ValueError(f"the database must be SQLite or PostgreSQL, not {kind}")
        return url

    @model_validator(mode="after")
    def _shared_key(self) -> Self:
        if self.former_data_keys is not None and self.data_key is None:
            raise ValueError("VERIFIER_FORMER_DATA_KEYS is set without VERIFIER_DATA_KEY: nothing says which key seals")
        if self.data_key is None and self.database_url and make_url(self.database_url).get_backend_name() != "sqlite":
            raise ValueError(
                "VERIFIER_DATA_KEY is missing: all machines that share a PostgreSQL database seal with one key "
                "(make one: head -c 32 /dev/urandom | base64)"
            )
        return self

    def shown(self, name: str) -> str:
        """One setting's value for people: secrets as stars, also those inside a url."""
        value = getattr(self, name)
        if isinstance(value, str) and "://" in value:
            return _USER_INFO.sub("://***@", value)
        return str(value)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which people read times."""
        return ZoneInfo(self.timezone)

    @property
    def database(self) -> str:
        """The database's URL, with the embedded default."""
        return self.database_url or f"sqlite:///{self.workspace / 'verifier.sqlite3'}"

    def limits_of(self, work: Literal["page", "job", "search"]) -> Limits:
        """What a process may ask of the database for this kind of work."""
        seconds = {"page": self.page_statement_s, "job": self.job_statement_s, "search": self.search_statement_s}
        return Limits(self.database_connections, seconds[work])

    @property
    def evidence(self) -> str:
        """The evidence store's URL, with the embedded default."""
        return self.evidence_url or str(self.workspace / "evidence")

    def data_key_bytes(self) -> tuple[bytes, ...] | None:
        """The keys from the environment, decoded, the newest first; None when the workspace's key file is to be used."""
        if self.data_key is None:
            return None
        former = _decode_keys(self.former_data_keys) if self.former_data_keys is not None else ()
        return (_decode_key(self.data_key), *former)


def _decode_key(secret: SecretStr) -> bytes:
    try:
        key = base64.b64decode(secret.get_secret_value(), validate=True)
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None
    if len(key) != 32:
        raise ValueError(f"decodes to {len(key)} bytes, 32 are wanted (make one: head -c 32 /dev/urandom | base64)")
    return key


def _decode_keys(secret: SecretStr) -> tuple[bytes, ...]:
    parts = secret.get_secret_value().split(",")
    return tuple(_decode_key(SecretStr(part.strip())) for part in parts if part.strip())
