"""Write an empty, commented class folder for somebody to fill in by hand."""

from __future__ import annotations

import codecs
from importlib import resources
from pathlib import Path

from verifier.filing.entries import CLASS_TOML, FOLDERS, LEAVE_CSV, PHOTOS_CSV, README, ROSTER_CSV, SIGNINS_CSV

HEADINGS = {
    ROSTER_CSV: "学号,姓名,身份证号,联系电话",
    PHOTOS_CSV: "文件,上传时间,课次,视角",
    SIGNINS_CSV: "学号,签到时间,来源,设备,经度,纬度",
    LEAVE_CSV: "学号,课次,原因,批准人",
}


def write_template(folder: Path) -> tuple[Path, ...]:
    """Write class.toml, the tables with their headings, the picture folders and an explanation.

    `read_class_folder` can read what was written, and its faults tell what to fill in.

    Args:
        folder: Made where it is missing.
    Returns: what was written, files and folders.
    Raises:
        FileExistsError: something of it is already there; then nothing is written.
        NotADirectoryError: `folder` is a file.
    """
    texts = resources.files("verifier.filing") / "templates"
    contents = {CLASS_TOML: (texts / "class.toml").read_bytes(), README: (texts / "readme.txt").read_bytes()}
    # With a byte order mark, as Excel takes a file without one for GBK.
    contents |= {name: codecs.BOM_UTF8 + f"{line}\r\n".encode() for name, line in HEADINGS.items()}
    paths = [folder / name for name in (*contents, *FOLDERS)]
    there = [path.name for path in paths if path.exists() or path.is_symlink()]
    if there:
        raise FileExistsError(f"{folder} already holds {', '.join(there)}: nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        with (folder / name).open("xb") as file:
            file.write(data)
    for name in FOLDERS:
        (folder / name).mkdir()
    return tuple(paths)
