"""Programs whose work is to change pictures, by the names that they write into files.

Not among them: cameras, watermark and chat apps, galleries that only turn pictures, and toolkits that many programs share (Adobe's
XMP Core also writes for phones). Such a name tells who saved the file last, not what was changed.
Sources: JPEGsnoop's list of editors by EXIF Software (Calvin Hass, 2.0), the CreatorTool values in ExifTool's sample files, and the
makers' own documentation, 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAMES = (
    r"Adobe (?:Photoshop|Lightroom|Fireworks|ImageReady|Firefly)", r"Photoshop(?: Express)?\b", r"Lightroom", r"\bGIMP\b",
    r"Snapseed", r"PicsArt", r"MeituXiuXiu", r"美图秀秀", r"\bXingtu\b", r"醒图", r"Pixelmator", r"Affinity Photo",
    r"Paint\.NET", r"PhotoScape", r"\bCanva\b", r"Polarr", r"\bVSCO", r"\bFotor\b", r"Pixlr", r"Photopea", r"ACDSee",
    r"Paint ?Shop", r"Corel P(?:aint|hoto)", r"Luminar", r"Capture One", r"\bKrita\b", r"Microsoft Photo Editor",
    r"Facetune", r"\bRemini\b", r"PhotoDirector", r"光影魔术手", r"黄油相机",
    r"Midjourney", r"Stable Diffusion", r"ComfyUI", r"DALL[·-]?E",
)  # fmt: skip
EDITORS = re.compile("|".join(_NAMES), re.IGNORECASE)
# Rewrites metadata and nothing else: dates and places can be set with it.
METADATA_EDITORS = re.compile(r"Image::ExifTool|\bExifTool\b|\bexiv2\b", re.IGNORECASE)


def find_editors(programs: Iterable[str]) -> tuple[str, ...]:
    """Those of the programs that change pictures."""
    return tuple(name for name in programs if EDITORS.search(name))


def find_metadata_editors(programs: Iterable[str]) -> tuple[str, ...]:
    """Those of the programs that rewrite metadata."""
    return tuple(name for name in programs if METADATA_EDITORS.search(name))
