"""Looking at a whole photo with the real networks, and what a crashing reader costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

import verifier.photo.look as looking
from tests.builders.looks import a_context
from tests.builders.photos import BROKEN_FILES, a_photo_file, an_exif
from tests.builders.plan import a_digest
from tests.builders.stamps import a_stamped_picture
from verifier.finding import Outcome
from verifier.observation import DecodeFault
from verifier.photo import check_photo
from verifier.photo.look import look_at_photo
from verifier.photo.look_json import look_from_json, look_to_json, stack_embeddings
from verifier.vision.nets import Nets, open_nets


@pytest.fixture(scope="module")
def nets(tmp_path_factory: pytest.TempPathFactory) -> Nets:
    folder: Path = tmp_path_factory.mktemp("packs")
    return open_nets(folder, people_pack=None)


def a_real_photo() -> bytes:
    """One person that scikit-image ships, stamped, with EXIF."""
    person = Image.fromarray(astronaut()).resize((1024, 1024))
    stamped, _ = a_stamped_picture(person, "5 labelled rows")
    return a_photo_file(exif=an_exif(make="Apple"), picture=stamped, quality=92)


def test_every_part_of_a_real_photo_is_read_once(nets: Nets) -> None:
    look = look_at_photo(a_real_photo(), a_digest(), nets)
    assert look.not_read == {}
    assert look.decoded.fault is None
    assert look.camera is not None
    assert look.camera.make == "Apple"
    assert look.stamp is not None
    assert look.stamp.longitude is not None
    assert look.faces is not None
    assert [face.readable for face in look.faces] == [True]
    assert look.people is not None
    assert look.people.count == 1
    assert look.embedding_contract == nets.embedding_contract
    assert {"code", "faces", "text"} <= set(look.versions)
    parts = {"camera", "faces", "people", "stamps", "quality", "fingerprint"}
    parts |= {"history", "compression", "recapture", "provenance"}
    assert set(look.seconds) == {"picture", *parts}
    assert all(getattr(look, part) is not None for part in parts)


def test_the_same_bytes_give_the_same_look_also_after_storing(nets: Nets) -> None:
    first, second = (look_at_photo(a_real_photo(), a_digest(), nets) for _ in range(2))
    assert look_to_json(first) | {"seconds": {}} == look_to_json(second) | {"seconds": {}}
    embeddings = stack_embeddings(first)
    assert np.array_equal(embeddings, stack_embeddings(second))
    back = look_from_json(look_to_json(first), embeddings)
    assert look_to_json(back) == look_to_json(first)
    assert back.stamps == first.stamps


@pytest.mark.parametrize(
    "part",
    ["stamps", "camera", "quality", "fingerprint", "faces", "history", "compression", "recapture", "provenance"],
)
def test_a_crashing_reader_costs_its_own_part_only(nets: Nets, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = {"stamps": "read_stamps", "faces": "find_faces"}.get(part, f"read_{part}")

    def crash(*_: object) -> None:
        raise MemoryError("by a test")

    monkeypatch.setattr(looking, reader, crash)
    look = look_at_photo(a_photo_file(), a_digest(), nets)
    lost = {part, "people"} if part == "faces" else {part}
    assert set(look.not_read) == lost
    assert "MemoryError" in look.not_read[part]
    assert getattr(look, part) is None
    found = check_photo(look, a_context())
    assert any(finding.outcome is Outcome.NOT_RUN for finding in found)


def test_no_memory_to_decode_is_our_fault_and_not_the_photos(nets: Nets, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(looking, "decode_photo", crash)
    look = look_at_photo(a_photo_file(), a_digest(), nets)
    assert set(look.not_read) == {"picture"}
    assert {finding.outcome for finding in check_photo(look, a_context())} == {Outcome.NOT_RUN}


def test_a_broken_photo_is_looked_at_without_the_networks(nets: Nets) -> None:
    look = look_at_photo(BROKEN_FILES["truncated.jpg"](), a_digest(), nets)
    assert look.decoded.fault is DecodeFault.TRUNCATED
    assert (look.faces, look.stamps, look.not_read) == (None, None, {})
