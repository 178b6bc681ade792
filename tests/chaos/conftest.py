"""The demo's night, as the other tests of the night have it."""

from tests.verifier.conftest import demo_imported, demo_night

__all__ = ["demo_imported", "demo_night"]
