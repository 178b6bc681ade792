"""Where the development pictures lie, if they are there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def shared_data() -> Path:
    """The folder of real pictures beside the project; skips the test where it is absent."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the development pictures (../shared/data) are not on this machine")
    return folder
