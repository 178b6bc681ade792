"""Signed origins, with manifests that are signed here: intact, changed afterwards, damaged, absent."""

from __future__ import annotations

from importlib.machinery import ModuleSpec

import pytest

from tests.builders.looks import a_context, a_look
from tests.builders.photos import a_photo_file
from tests.builders.signed import signed
from verifier.finding import Finding, Outcome
from verifier.observation import ManifestState
from verifier.photo import read_provenance as reader
from verifier.photo.provenance import check
from verifier.photo.read_provenance import read_provenance

pytest.importorskip("c2pa", reason="the extra “provenance” is not installed")


def judge(data: bytes, kind: str = "jpeg") -> Finding:
    return check(a_look(provenance=read_provenance(data, kind)), a_context())


@pytest.fixture(scope="module")
def intact() -> bytes:
    return signed(a_photo_file())


def test_an_intact_manifest_passes_and_says_that_nobody_vouches_for_the_signer(intact: bytes) -> None:
    seen = read_provenance(intact, "jpeg")
    assert seen.state is ManifestState.INTACT
    assert seen.signer == "Test maker / Camera 1"
    assert seen.generator == "Test camera"
    assert seen.source_types == ("digitalCapture",)
    found = judge(intact)
    assert found.outcome is Outcome.PASSED
    assert "其身份未经担保" in str(found.reason)


def test_an_intact_manifest_of_a_png_is_read_too() -> None:
    assert judge(signed(a_photo_file("PNG"), mime_type="image/png"), "png").outcome is Outcome.PASSED


def test_a_byte_changed_after_signing_is_remarked(intact: bytes) -> None:
    changed = bytearray(intact)
    changed[-300] ^= 0x10
    found = judge(bytes(changed))
    assert found.outcome is Outcome.UNSURE
    assert found.measured["state"] == "changed"
    assert "assertion.dataHash.mismatch" in str(found.reason)


def test_an_intact_manifest_that_says_generated_fails() -> None:
    found = judge(signed(a_photo_file(), "trainedAlgorithmicMedia"))
    assert found.outcome is Outcome.FAILED
    assert "人工智能" in str(found.reason)


def test_absence_means_unknown_and_never_forged() -> None:
    found = judge(a_photo_file())
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert "来源未知" in str(found.reason)
    assert check(a_look(), a_context()).outcome is Outcome.NOT_APPLICABLE


def test_a_file_of_the_word_alone_has_no_manifest() -> None:
    assert judge(a_photo_file(comment=b"jumb c2pa")).outcome is Outcome.NOT_APPLICABLE


def test_without_the_extra_only_a_file_with_a_manifest_hears_of_it(
    intact: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nothing(name: str) -> ModuleSpec | None:  # noqa: ARG001
        return None

    monkeypatch.setattr(reader, "find_spec", find_nothing)
    assert "c2pa-python" in str(judge(intact).reason)
    assert judge(intact).outcome is Outcome.NOT_APPLICABLE
    assert "c2pa-python" not in str(judge(a_photo_file()).reason)


def test_a_damaged_manifest_is_neither_a_crash_nor_a_failure(intact: bytes) -> None:
    start, seen = intact.index(b"jumb"), set()
    for offset in range(0, 6000, 97):
        damaged = intact[: start + offset] + b"\xa5\x5a\xff" + intact[start + offset + 3 :]
        found = judge(damaged)
        seen.add(read_provenance(damaged, "jpeg").state)
        assert found.outcome in (Outcome.UNSURE, Outcome.NOT_APPLICABLE)
    assert seen <= {ManifestState.BROKEN, ManifestState.CHANGED, ManifestState.ABSENT}
    assert judge(intact[: start + 400]).outcome is Outcome.NOT_APPLICABLE
