"""A small sound class folder on disk; keywords change what the test is about.

write_class_folder(tmp_path / "class")                                     three students, two sessions, two photos, no fault
write_class_folder(folder, replace={"hours = 4": "hours = 5"})             another class.toml, word by word
write_class_folder(folder, files={"leave.csv": "学号,课次\\n…"})            a file more, or another content
write_class_folder(folder, files={"roster.csv": None})                     a file less
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

CLASS_TOML = """\
[agency]
name = "益阳市示范职业培训学校"
code = "52430900MJJ000001X"

[class]
number = "YY-2023-0071"
project_type = "skills"
occupation = "中式面点师"
level = "初级"
term = 3
planned_hours = 8
filed_on = 2023-05-29
approved_on = 2023-06-02
supervisor = "李老师"

[venue]
name = "本部二楼 203 教室"
address = "湖南省益阳市赫山区桃花仑西路788号"
longitude = 112.355129
latitude = 28.570066
frame = "gcj02"
radius_m = 300

[[teacher]]
number = "T01"
name = "王老师"

[[session]]
id = "2023-06-12-am"
date = 2023-06-12
period = "morning"
starts = 08:30:00
ends = 11:50:00
hours = 4
teacher = "T01"

[[session]]
id = "2023-06-12-pm"
date = 2023-06-12
period = "afternoon"
starts = 14:00:00
ends = 17:20:00
hours = 4
teacher = "T01"
kind = "practice"
"""
ROSTER = """\
学号,姓名,身份证号,联系电话
S01,张三,430903199001010016,13700000001
S02,李四,430903199202020026,13700000002
S03,王五,430903199303030039,13700000003
"""
PHOTOS_CSV = """\
文件,上传时间,课次,视角
a.jpg,2023-06-12 09:15:00,2023-06-12-am,前
b.jpg,2023-06-12T09:16:00+08:00,2023-06-12-am,back
"""


def a_picture(seed: int = 0, size_wh: tuple[int, int] = (64, 48), form: str = "JPEG") -> bytes:
    """A small picture of noise that differs from every other seed's; nobody is in it."""
    source = random.Random(seed)
    small = Image.frombytes("RGB", (8, 6), source.randbytes(8 * 6 * 3))
    out = io.BytesIO()
    small.resize(size_wh, Image.Resampling.BICUBIC).save(out, form)
    return out.getvalue()


def write_class_folder(
    folder: Path,
    *,
    replace: Mapping[str, str] | None = None,
    append: str = "",
    files: Mapping[str, str | bytes | None] | None = None,
) -> Path:
    """Write the folder and return it.

    Args:
        folder: Made where it is missing.
        replace: Words of class.toml and what stands there instead; each must occur.
        append: More lines for class.toml.
        files: Path inside the folder → content; text is written as UTF-8, None takes the file away.
    """
    toml = CLASS_TOML
    for old in replace or {}:
        assert old in toml, f"{old!r} is not in the builder's class.toml"
    if replace:  # all at once, so that two words can be swapped
        toml = re.sub("|".join(map(re.escape, replace)), lambda found: replace[found.group()], toml)
    contents: dict[str, str | bytes | None] = {
        "class.toml": toml + append,
        "roster.csv": ROSTER,
        "photos.csv": PHOTOS_CSV,
        "signins.csv": "学号,签到时间,来源\nS01,2023-06-12 08:21,paper\n",
        "leave.csv": "学号,课次,原因,批准人\nS03,2023-06-12-pm,生病,李老师\n",
        "photos/a.jpg": a_picture(1),
        "photos/b.jpg": a_picture(2),
        "teachers/T01.jpg": a_picture(3),
        "faces/S01.jpg": a_picture(11),
        "faces/S02.jpg": a_picture(12),
        "faces/S03.jpg": a_picture(13),
    }
    contents |= files or {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        if content is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
